"""Runs one cell of the table: one way to look, one fold."""

from dualstream.pipeline.parts import Parts
from dualstream.training.config import TrainConfig
from experiments.training import train_and_score
from experiments.where_to_look.ways import Way

IMAGE_SIZE = (128, 128)


def run_cell(photos: Parts, way: Way, *, fold: int, epochs: int, preset: str) -> dict:
    """Trains one network on all folds but one, looking in one way, and scores it on that one.

    All ways have the same folds, initial weights and order of images, and the recipe of
    `dualstream.train`; they differ in nothing but what the network sees.

    Args:
      photos: the fold's photographs.
      way: how to look at them.
      fold: its number, which is also the seed.
      epochs: passes through the photographs to train on.
      preset: size of the network.

    Returns:
      As `train_and_score` does.
    """
    base = TrainConfig(preset=preset, image_size=IMAGE_SIZE, epochs=epochs, seed=fold)
    return train_and_score(way.config(base), photos, way.routine(base))

"""Runs one cell of the table: one way to look, one fold."""

import dataclasses
import tempfile

import keras

from dualstream.pipeline.parts import Parts
from dualstream.runtime import devices
from dualstream.training.config import TrainConfig
from dualstream.training.run import train
from dualstream.training.workdir import Workdir
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
      'one view' and 'several views' -> accuracy, as the network is, and balanced accuracy, with the
      priors divided out; the scores of predicting one class for all; how many photographs there
      were; seconds that the training and its scoring took.
    """
    keras.utils.clear_session()
    base = TrainConfig(preset=preset, image_size=IMAGE_SIZE, epochs=epochs, seed=fold)
    config = way.config(base)
    with (tempfile.TemporaryDirectory() as scratch,
          Workdir(scratch, dataclasses.asdict(config), resume=False) as workdir):
        trained = train(config, photos=photos, place=devices.place(), workdir=workdir,
                        routine=way.routine(base), verbose=0)

    def scores(by_prior):
        return {'accuracy': by_prior['data'].accuracy,
                'balanced_accuracy': by_prior['uniform'].balanced_accuracy}

    several = {} if trained.scores is trained.one_view else {
        'several views': scores(trained.scores)}
    test = trained.one_view['data']
    return {'one view': scores(trained.one_view), **several,
            'trivial': {'accuracy': test.trivial_accuracy,
                        'balanced_accuracy': 1 / len(test.per_class_recall)},
            'training_pictures': photos.count('train'), 'held_out_pictures': photos.count('test'),
            'training_seconds': trained.seconds}

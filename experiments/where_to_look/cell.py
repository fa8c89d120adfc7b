"""Runs one cell of the table: one way to look, one fold."""

import dataclasses
import pathlib

from dualstream.training.config import TrainConfig
from experiments.grouped_folds import read_folds
from experiments.training import train_and_score
from experiments.where_to_look.ways import Way


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is to be run.

    Attributes:
      dataset, data_dir, manual_dir: as `prepare` takes them.
      way: how to look at the photographs.
      fold: the part that is held out; also the seed.
      folds: how many parts there are.
      preset: size of the network.
      epochs: passes through the photographs to train on.
      image_size: height and width of the images in pixels.
    """

    dataset: str
    data_dir: str | None
    manual_dir: str | None
    way: Way
    fold: int
    folds: int
    preset: str
    epochs: int
    image_size: int

    def kept(self, folder: pathlib.Path) -> pathlib.Path:
        """The file of the finished cell."""
        return folder / '-'.join([
            self.dataset.strip('/').replace('/', '-'), self.preset,
            self.way.name.replace(' ', '_'), f'fold{self.fold}of{self.folds}',
            f'{self.image_size}pixels', f'{self.epochs}epochs.json'])


def run_cell(cell: Cell) -> dict:
    """Trains one network on all folds but one, looking in one way, and scores it on that one.

    All ways have the same folds, initial weights and order of images, and the recipe of
    `dualstream.train`; they differ in nothing but what the network sees.

    Returns:
      What `train_and_score` does, and what was trained on what.
    """
    folds, duplicates = read_folds(cell.dataset, cell.data_dir, cell.manual_dir, cell.folds)
    photos = folds[cell.fold]
    base = TrainConfig(preset=cell.preset, image_size=(cell.image_size, cell.image_size),
                       epochs=cell.epochs, seed=cell.fold)
    return {'dataset': photos.builder.info.full_name, 'synthetic': photos.synthetic,
            'near_duplicates': duplicates, 'way': cell.way.name, 'fold': cell.fold,
            'folds': cell.folds, 'preset': cell.preset, 'epochs': cell.epochs,
            'image_size': list(base.image_size),
            **train_and_score(cell.way.config(base), photos, cell.way.routine(base))}

"""Runs one cell of the table: a training of one length, one fold."""

import dataclasses
import functools
import pathlib

import keras

from dualstream.runtime.choices import FRAME, WHOLE, WINDOW
from dualstream.training.config import Recipe, TrainConfig
from dualstream.training.run import count_epochs
from experiments.grouped_folds import read_folds
from experiments.other_networks import build_other
from experiments.training import train_and_score


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is to be run.

    Attributes:
      dataset, data_dir, manual_dir: as `prepare` takes them.
      fold: the part that is held out; also the seed.
      folds: how many parts there are.
      share: of the default length, greater than 0.
      other: the network in the place of the default one, a key of OTHERS.
      epochs: passes through the photographs to train on; None: the share of the default's.
    """

    dataset: str
    data_dir: str | None
    manual_dir: str | None
    fold: int
    folds: int
    share: float
    other: str | None = None
    epochs: int | None = None

    def kept(self, folder: pathlib.Path) -> pathlib.Path:
        """The file of the finished cell."""
        name = self.dataset.strip('/').replace('/', '-')
        other = f'-{self.other}-{self.epochs}epochs' if self.other else ''
        return folder / f'{name}-fold{self.fold}of{self.folds}-share{self.share:g}{other}.json'


def run_cell(cell: Cell) -> dict:
    """Trains as by default on all folds but one, and scores on that one, from three views too.

    Another network than the default one differs in nothing but the number of epochs.

    Returns:
      What `train_and_score` does, and what was trained on what.
    """
    folds, duplicates = read_folds(cell.dataset, cell.data_dir, cell.manual_dir, cell.folds)
    photos = folds[cell.fold]
    config = TrainConfig(seed=cell.fold, recipe=Recipe(views=(WINDOW, FRAME, WHOLE)))
    epochs = cell.epochs or max(
        1, round(cell.share * count_epochs(config, photos.count('train'))))
    config = dataclasses.replace(config, epochs=epochs)
    made = train_and_score(config, photos, build=cell.other and functools.partial(
        _build_other, cell.other))
    return {'dataset': photos.builder.info.full_name, 'synthetic': photos.synthetic,
            'fold': cell.fold, 'folds': cell.folds, 'share': cell.share, 'epochs': epochs,
            'network': cell.other or config.preset, 'image_size': list(config.image_size),
            'near_duplicates': duplicates, 'seconds': made.pop('training_seconds'), **made}


def _build_other(other: str, preset: str, **shape) -> keras.Model:
    del preset
    return build_other(other, **shape)

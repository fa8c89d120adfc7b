"""Runs one cell of the table: a training of one length, one fold."""

import dataclasses
import functools
import json
import pathlib

from dualstream.pipeline import prepare
from dualstream.runtime.choices import FRAME, WHOLE, WINDOW
from dualstream.training.config import Recipe, TrainConfig
from dualstream.training.run import count_epochs
from experiments.cells import once
from experiments.grouped_folds import grouped_folds
from experiments.training import train_and_score


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is to be run.

    Attributes:
      dataset, data_dir, manual_dir: as `prepare` takes them.
      fold: the part that is held out; also the seed.
      folds: how many parts there are.
      share: of the default length, greater than 0.
    """

    dataset: str
    data_dir: str | None
    manual_dir: str | None
    fold: int
    folds: int
    share: float

    def kept(self, folder: pathlib.Path) -> pathlib.Path:
        """The file of the finished cell."""
        name = self.dataset.strip('/').replace('/', '-')
        return folder / f'{name}-fold{self.fold}of{self.folds}-share{self.share:g}.json'

    def read(self, folder: pathlib.Path) -> dict:
        """Reads what the finished cell says, as one row of results.json."""
        return json.loads(self.kept(folder).read_text())


def finish_cell(cell: Cell, folder: pathlib.Path) -> None:
    """Runs a cell and keeps its result in a folder."""
    once(cell.kept(folder), lambda: run_cell(cell))


def run_cell(cell: Cell) -> dict:
    """Trains as by default on all folds but one, and scores on that one, from three views too.

    Returns:
      What `train_and_score` does, and what was trained on what.
    """
    folds, duplicates = _folds(cell.dataset, cell.data_dir, cell.manual_dir, cell.folds)
    photos = folds[cell.fold]
    config = TrainConfig(seed=cell.fold, recipe=Recipe(views=(WINDOW, FRAME, WHOLE)))
    epochs = max(1, round(cell.share * count_epochs(config, photos.count('train'))))
    config = dataclasses.replace(config, epochs=epochs)
    made = train_and_score(config, photos)
    return {'dataset': photos.builder.info.full_name, 'synthetic': photos.synthetic,
            'fold': cell.fold, 'folds': cell.folds, 'share': cell.share, 'epochs': epochs,
            'preset': config.preset, 'image_size': list(config.image_size),
            'near_duplicates': duplicates, 'seconds': made.pop('training_seconds'), **made}


@functools.cache
def _folds(dataset: str, data_dir: str | None, manual_dir: str | None, folds: int):
    return grouped_folds(prepare(dataset, data_dir, manual_dir), folds)

"""Runs one cell of the table: a training of one length, one fold."""

import dataclasses
import functools
import json
import pathlib
import tempfile

import keras

from dualstream.pipeline import prepare
from dualstream.runtime import devices
from dualstream.runtime.choices import FRAME, WHOLE, WINDOW
from dualstream.training.config import Recipe, TrainConfig
from dualstream.training.run import count_epochs, train
from dualstream.training.workdir import Workdir
from experiments.cells import once
from experiments.grouped_folds import grouped_folds


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
      'one view' and 'several views' -> accuracy, as the network is, and balanced accuracy, with the
      priors divided out; the scores of predicting one class for all; the numbers of photographs,
      epochs and seconds, those of scoring included.
    """
    keras.utils.clear_session()
    folds, duplicates = _folds(cell.dataset, cell.data_dir, cell.manual_dir, cell.folds)
    photos = folds[cell.fold]
    config = TrainConfig(seed=cell.fold, recipe=Recipe(views=(WINDOW, FRAME, WHOLE)))
    epochs = max(1, round(cell.share * count_epochs(config, photos.count('train'))))
    config = dataclasses.replace(config, epochs=epochs)
    with (tempfile.TemporaryDirectory() as scratch,
          Workdir(scratch, dataclasses.asdict(config), resume=False) as workdir):
        trained = train(
            config, photos=photos, place=devices.place(), workdir=workdir, verbose=0)

    def scores(by_prior):
        return {'accuracy': by_prior['data'].accuracy,
                'balanced_accuracy': by_prior['uniform'].balanced_accuracy}

    test = trained.one_view['data']
    return {'dataset': photos.builder.info.full_name, 'synthetic': photos.synthetic,
            'fold': cell.fold, 'folds': cell.folds, 'share': cell.share, 'epochs': epochs,
            'preset': config.preset, 'image_size': list(config.image_size),
            'near_duplicates': duplicates,
            'one view': scores(trained.one_view), 'several views': scores(trained.scores),
            'trivial': {'accuracy': test.trivial_accuracy,
                        'balanced_accuracy': 1 / len(test.per_class_recall)},
            'training_pictures': photos.count('train'), 'held_out_pictures': photos.count('test'),
            'seconds': trained.seconds}


@functools.cache
def _folds(dataset: str, data_dir: str | None, manual_dir: str | None, folds: int):
    return grouped_folds(prepare(dataset, data_dir, manual_dir), folds)

"""Runs the trainings: one on each source, and one on each fold from each start."""

import dataclasses
import functools
import pathlib

import keras
import numpy as np

from dualstream.datasets.near_duplicates import are_near, hash_photos
from dualstream.network import build
from dualstream.pipeline import prepare
from dualstream.pipeline.parts import everything
from dualstream.runtime.atomic import writing
from dualstream.training.initial_weights import take_weights
from experiments.streams.cell import (
    BATCH_SIZE,
    fit_network,
    read_frames,
    score_network,
    short_name,
)
from experiments.streams.frames import IMAGE_SIZE

PRESET = 'nano'
NOTHING = 'nothing'


@dataclasses.dataclass(frozen=True)
class Start:
    """A training on a source.

    Attributes:
      source: a TFDS set, or a folder with one folder per class.
      dataset: the set to do well on, which the training must not see.
      steps: of the training, about; it ends with a whole epoch.
    """

    source: str
    dataset: str
    steps: int

    @property
    def name(self) -> str:
        return short_name(self.source)

    def kept(self, folder: pathlib.Path) -> pathlib.Path:
        """The file that says how the training went; it is written after that of the network."""
        return folder / f'{self.name}-for-{short_name(self.dataset)}-{self.steps}steps.json'

    def network(self, folder: pathlib.Path) -> pathlib.Path:
        return self.kept(folder).with_suffix('.keras')


@dataclasses.dataclass(frozen=True)
class Cell:
    """A training on all folds of the data set but one.

    Attributes:
      dataset: a TFDS set, or a folder with one folder per class.
      start: whose weights it starts from, if not None.
      fold: the part that is held out; also the seed.
      folds: how many parts there are.
      epochs: passes through the photographs to train on.
    """

    dataset: str
    start: Start | None
    fold: int
    folds: int
    epochs: int

    def kept(self, folder: pathlib.Path) -> pathlib.Path:
        """The file of the finished cell."""
        start = f'{self.start.name}-{self.start.steps}steps' if self.start else NOTHING
        return folder / (f'{short_name(self.dataset)}-from-{start}-fold{self.fold}of{self.folds}-'
                         f'{self.epochs}epochs.json')

    def row(self, source: dict | None, finished: dict) -> dict:
        """Makes a row of results.json of the cell, the result of its start and its own."""
        return {'dataset': short_name(self.dataset),
                'start': self.start.name if self.start else NOTHING, 'source': source,
                'fold': self.fold, 'folds': self.folds, 'epochs': self.epochs, **finished}


def run_start(start: Start, folder: pathlib.Path, folders: dict) -> dict:
    """Trains on all photographs of a source that are not in the data set, and keeps the network.

    Args:
      start: what is to be trained.
      folder: for the networks.
      folders: data_dir and manual_dir, as `prepare` takes them.

    Returns:
      How the training went, what tables say of the source, and 'left_out', how many of its
      photographs are near-duplicates of the data set's.
    """
    frames = read_frames(start.source, **folders)
    near = are_near(frames.hashes, _hashes(start.dataset, **folders))
    keras.utils.clear_session()
    places = np.flatnonzero(~near)
    network = build(PRESET, IMAGE_SIZE, len(frames.label_names))
    epochs = max(1, round(start.steps / (len(places) // BATCH_SIZE)))
    trained = fit_network(network, frames, places, epochs=epochs, seed=0)
    with writing(start.network(folder)) as path:
        network.save(path)
    return {**frames.facts, 'left_out': int(near.sum()), 'epochs': epochs, **trained}


@functools.cache
def _hashes(source: str, data_dir: str | None, manual_dir: str | None) -> np.ndarray:
    return hash_photos(everything(prepare(source, data_dir, manual_dir)), 'all')


def run_cell(cell: Cell, folder: pathlib.Path, folders: dict) -> dict:
    """Trains on all folds but one, and scores on that one.

    Args:
      cell: what is to be run.
      folder: of the starts' networks.
      folders: data_dir and manual_dir, as `prepare` takes them.

    Returns:
      The scores, how the training went, and what tables say of the set.
    """
    frames = read_frames(cell.dataset, **folders)
    keras.utils.clear_session()
    train, test = frames.split(cell.fold, cell.folds)
    network = build(PRESET, IMAGE_SIZE, len(frames.label_names), seed=cell.fold)
    if cell.start:
        take_weights(network, str(cell.start.network(folder)))
    trained = fit_network(network, frames, train, epochs=cell.epochs, seed=cell.fold)
    return {**score_network(network, frames, train=train, test=test), **trained, **frames.facts}

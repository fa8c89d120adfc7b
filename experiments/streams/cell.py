"""Runs one cell of the table: one network, one fold."""

import dataclasses
import functools
import pathlib
import time

import keras
import numpy as np

from dualstream.evaluation.lights import changed_light
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.scores import Scores
from dualstream.network import multiply_adds
from dualstream.pipeline import prepare
from dualstream.runtime.errors import UserError
from dualstream.training import recipe
from experiments.streams import frames as photographs
from experiments.streams.frames import IMAGE_SIZE, Frames, training_batches, views
from experiments.streams.variants import build

BATCH_SIZE = 16
LEARNING_RATE = 5e-3


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is to be run: one network on one fold of one source.

    Attributes:
      source: a TFDS set, or a folder with one folder per class.
      equal: what is equal between the networks, 'multiply-adds' or 'time'.
      fold: the part that is held out.
      folds: how many parts there are.
      name: of the network.
      epochs: passes through the photographs to train on.
      step_milliseconds: of the network, as measured beside the others.
    """

    source: str
    equal: str
    fold: int
    folds: int
    name: str
    epochs: int
    step_milliseconds: float

    @property
    def file_name(self) -> str:
        return (f'{short_name(self.source)}-{self.name.replace(" ", "_")}-fold{self.fold}of'
                f'{self.folds}-{self.epochs}epochs.json')

    def row(self, finished: dict) -> dict:
        """Makes a row of results.json of the cell and its result."""
        return {**dataclasses.asdict(self), 'source': short_name(self.source), **finished}


def result_of(cell: Cell, folders: dict) -> dict:
    """Runs a cell.

    Args:
      cell: what is to be run.
      folders: data_dir and manual_dir, as `prepare` takes them.

    Returns:
      What `run_cell` does, and what tables say of the set.
    """
    frames = read_frames(cell.source, **folders)
    return {**run_cell(frames, cell.name, fold=cell.fold, folds=cell.folds, epochs=cell.epochs),
            **frames.facts}


@functools.cache
def read_frames(source: str, data_dir: str | None, manual_dir: str | None) -> Frames:
    """Reads the photographs of a source once in each process; the arguments are `prepare`'s."""
    return photographs.read_frames(prepare(source, data_dir, manual_dir))


def short_name(source: str) -> str:
    """The name of a source in tables and files: a folder's own, or the set's."""
    folder = pathlib.Path(source)
    return folder.name if folder.is_dir() else source.replace('/', '-')


def check_names(sources: list[str]) -> None:
    """Refuses sources that tables and files would call alike.

    Raises:
      UserError: two have the same short name.
    """
    names = [short_name(source) for source in sources]
    alike = [source for source, name in zip(sources, names) if names.count(name) > 1]
    if alike:
        raise UserError(f'sets must have different names; got {" and ".join(alike)}')


def run_cell(frames: Frames, name: str, *, fold: int, folds: int, epochs: int) -> dict:
    """Trains one network on all folds but one, and scores it on that one.

    All networks have the same folds, recipe, order of photographs, windows and turns.

    Args:
      frames: all photographs.
      name: of the network, in VARIANTS.
      fold: its number, which is also the seed.
      folds: how many there are.
      epochs: passes through the photographs to train on.

    Returns:
      Scores of several views and of one; those of one view in each changed light; parameters,
      multiply-adds, and how long the training took.
    """
    keras.utils.clear_session()
    train, test = frames.split(fold, folds)
    network = build(name, IMAGE_SIZE, len(frames.label_names), seed=fold)
    trained = fit_network(network, frames, train, epochs=epochs, seed=fold)
    return {
        **score_network(network, frames, train=train, test=test), **trained,
        'parameters': network.count_params(), 'multiply_adds': multiply_adds(network),
    }


def fit_network(
    network: keras.Model, frames: Frames, places: np.ndarray, *, epochs: int, seed: int
) -> dict[str, float]:
    """Trains a network on random windows of photographs.

    Args:
      network: not compiled.
      frames: of the set.
      places: of the photographs to train on.
      epochs: passes through them.
      seed: of their order and windows.

    Returns:
      The accuracy in the last epoch, and how long the training took.
    """
    steps = len(places) // BATCH_SIZE
    recipe.compile_network(network, LEARNING_RATE, steps * epochs)
    batches = training_batches(
        frames, places, batch_size=BATCH_SIZE, steps=steps * epochs, seed=seed)
    started = time.perf_counter()
    history = network.fit(
        batches, epochs=epochs, steps_per_epoch=steps, verbose=0, shuffle=False).history
    return {'training_accuracy': history['accuracy'][-1],
            'training_seconds': time.perf_counter() - started}


def score_network(
    network: keras.Model, frames: Frames, *, train: np.ndarray, test: np.ndarray
) -> dict[str, dict]:
    """Scores a network on photographs that were held out.

    Args:
      network: trained.
      frames: of the set.
      train: the places of the photographs that it was trained on, for the classes' shares.
      test: the places of those that were held out.

    Returns:
      Scores of several views and of one, and those of one view in each changed light.
    """
    classes = len(frames.label_names)
    shares = np.bincount(frames.labels[train], minlength=classes) / len(train)

    def scores(probabilities):
        predictions = Predictions(frames.label_names, frames.labels[test], probabilities)
        return {'accuracy': Scores.of(predictions).accuracy,
                'balanced_accuracy':
                    Scores.of(predictions.with_uniform_prior(shares)).balanced_accuracy}

    seen = np.float32(views(frames, test)) / 255
    by_view = [network.predict(view, batch_size=64, verbose=0) for view in seen]
    return {
        'several_views': scores(np.mean(by_view, axis=0)), 'one_view': scores(by_view[0]),
        'changed_light': {light: scores(network.predict(images, batch_size=64, verbose=0))
                          for light, images in changed_light(seen[0]).items()},
    }

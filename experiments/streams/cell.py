"""Runs one cell of the table: one network, one fold."""

import time

import keras
import numpy as np

from dualstream.evaluation.lights import changed_light
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.scores import Scores
from dualstream.network import multiply_adds
from dualstream.training import recipe
from experiments.streams.frames import IMAGE_SIZE, Frames, training_batches, views
from experiments.streams.variants import build

BATCH_SIZE = 16
LEARNING_RATE = 2e-3


def run_cell(frames: Frames, name: str, *, fold: int, folds: int, epochs: int) -> dict:
    """Trains one network on all folds but one, and scores it on that one.

    All networks have the same folds, recipe, order of photographs, windows and turns.

    Args:
      frames: all photographs.
      name: of the network, in VARIANTS or OTHERS.
      fold: its number, which is also the seed.
      folds: how many there are.
      epochs: passes through the photographs to train on.

    Returns:
      Scores of several views and of one; those of one view in each changed light; parameters,
      multiply-adds, and how long the training took.
    """
    keras.utils.clear_session()
    train, test = frames.split(fold, folds)
    classes = len(frames.label_names)
    network = build(name, IMAGE_SIZE, classes, seed=fold)
    steps = len(train) // BATCH_SIZE
    recipe.compile_network(network, LEARNING_RATE, steps * epochs)
    batches = training_batches(
        frames, train, batch_size=BATCH_SIZE, steps=steps * epochs, seed=fold)
    started = time.perf_counter()
    history = network.fit(
        batches, epochs=epochs, steps_per_epoch=steps, verbose=0, shuffle=False).history
    seconds = time.perf_counter() - started

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
        'training_accuracy': history['accuracy'][-1],
        'parameters': network.count_params(), 'multiply_adds': multiply_adds(network),
        'training_seconds': seconds,
    }

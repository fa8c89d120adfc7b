"""Runs one cell of the table: one network, one fold, one seed."""

import dataclasses

import keras
import numpy as np
import sklearn.metrics
import sklearn.model_selection
import tensorflow as tf

from dualstream.evaluation.lights import changed_light
from dualstream.network import DualStreamConfig, dual_stream, multiply_adds
from dualstream.pipeline.augment import turn_and_flip
from dualstream.training import recipe
from experiments.streams.photographs import Windows

BATCH_SIZE = 16
LEARNING_RATE = 2e-3
FOLDS = 3


def run_cell(windows: Windows, config: DualStreamConfig, seed: int, epochs: int) -> dict:
    """Trains one network on two thirds of the windows and scores it on the third that `seed` says.

    All networks have the same folds, order of images and rotations.

    Args:
      windows: of all photographs.
      config: the network's; `seed` replaces its own.
      seed: of the fold, the weights, the order and the rotations.
      epochs: passes through the images to train on.

    Returns:
      Balanced accuracy on the held-out images, the same under each changed light, and the
      network's parameters and multiply-adds.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    folds = sklearn.model_selection.StratifiedKFold(FOLDS, shuffle=True, random_state=seed // FOLDS)
    train, test = list(folds.split(windows.images, windows.labels))[seed % FOLDS]
    network = dual_stream(dataclasses.replace(config, seed=seed))
    steps = len(train) // BATCH_SIZE
    recipe.compile_network(network, LEARNING_RATE, steps * epochs)
    network.fit(
        _batches(windows, train, seed, epochs), epochs=epochs, steps_per_epoch=steps, verbose=0,
        shuffle=False,
        class_weight=recipe.class_weights(
            np.bincount(windows.labels[train], minlength=config.classes)))

    held_out = np.float32(windows.images[test]) / 255
    return {
        'balanced_accuracy': _score(network, held_out, windows.labels[test]),
        'changed_light': {name: _score(network, images, windows.labels[test])
                          for name, images in changed_light(held_out).items()},
        'parameters': network.count_params(), 'multiply_adds': multiply_adds(network),
    }


def _batches(windows, chosen, seed, epochs):
    def to_image(index, image, label):
        image = tf.cast(image, tf.float32) / 255
        return turn_and_flip(image, tf.stack([tf.constant(seed, tf.int64), index])), label

    pictures = tf.data.Dataset.from_tensor_slices(
        (windows.images[chosen], windows.labels[chosen])).shuffle(len(chosen), seed)
    endless = pictures.repeat(epochs + 1).enumerate().map(
        lambda index, pair: to_image(index, *pair), tf.data.AUTOTUNE)
    return endless.batch(BATCH_SIZE, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _score(network, images, labels) -> float:
    said = network.predict(images, batch_size=64, verbose=0).argmax(axis=1)
    return float(sklearn.metrics.balanced_accuracy_score(labels, said))

"""Experiments are commands with flags of their own; here they are imported side by side."""

import importlib

import keras
import pytest
from absl import flags


@pytest.fixture(scope='session')
def load():
    """Imports an experiment's module and takes its flags back, whose names others have, too.

    What a test needs of them it sets in the module.
    """
    def load(name):
        module = importlib.import_module(name)
        for flag in list(flags.FLAGS.flags_by_module_dict().get(module.__name__, [])):
            delattr(flags.FLAGS, flag.name)
        return module

    return load


@pytest.fixture(scope='session')
def small_network():
    """Makes a compiled network of five classes that is traced in no time, for an image size."""
    def small_network(image_size):
        model = keras.Sequential([
            keras.Input([*image_size, 3]), keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(), keras.layers.Dense(5, 'softmax')])
        model.compile('sgd', 'sparse_categorical_crossentropy')
        return model

    return small_network

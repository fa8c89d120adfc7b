"""Predictions of a data set: every example once, in order, and nothing is kept afterwards."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from dualstream.evaluation import predictions

CLASSES = ['red', 'green', 'blue']


@pytest.fixture
def network():
    """Gives the mean colour of an image as its probabilities."""
    return keras.Sequential([keras.Input([4, 4, 3]), keras.layers.GlobalAveragePooling2D()])


def images_of(shape):
    images = np.random.default_rng(0).random(shape).astype(np.float32)
    return images / images.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize('batch_size', [1, 3, 4, 7, 9])
def test_every_example_is_predicted_once_and_in_order(network, batch_size):
    images, labels = images_of([7, 4, 4, 3]), np.arange(7) % 3
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)
    made = predictions.predict(network, batches, CLASSES)
    np.testing.assert_array_equal(made.labels, labels)
    np.testing.assert_allclose(made.probabilities, images.mean(axis=(1, 2)), atol=1e-6)


def test_probabilities_of_views_are_averaged(network):
    views, labels = images_of([5, 2, 4, 4, 3]), np.arange(5) % 3
    batches = tf.data.Dataset.from_tensor_slices((views, labels)).batch(2)
    made = predictions.predict(network, batches, CLASSES)
    np.testing.assert_allclose(made.probabilities, views.mean(axis=(1, 2, 3)), atol=1e-6)


def test_no_batch_is_kept(network, monkeypatch):
    """Keras keeps the first two batches of a generator for ever on TensorFlow."""
    made = []

    def resize(array, shape):
        resized = np.array(array)
        made.append(weakref.ref(resized))
        return resized

    images, labels = images_of([12, 4, 4, 3]), np.arange(12) % 3
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)
    with monkeypatch.context() as patch:
        patch.setattr(predictions.np, 'resize', resize)
        predictions.predict(network, batches, CLASSES)
    gc.collect()
    assert len(made) == 3 and not any(reference() is not None for reference in made)

"""Scores: of several windows a picture, the mean of what each would say alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dualstream.evaluation.scores import Scores

NAMES = ['cbb', 'cmd', 'healthy']


@pytest.fixture(scope='module')
def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input([4, 5, 3]), keras.layers.Flatten(), keras.layers.Dense(3, 'softmax')])


@pytest.fixture(scope='module')
def pictures():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 6, 4, 5, 3)).astype(np.float32), rng.integers(0, 3, 20)


def test_several_windows_score_as_the_mean_of_single_predictions(network, pictures):
    images, labels = pictures
    scores = Scores.of(
        network, tf.data.Dataset.from_tensor_slices(pictures).batch(8), NAMES)
    mean = np.mean([network.predict(images[:, window], verbose=0) for window in range(6)], axis=0)
    confusion = np.zeros([3, 3], int)
    np.add.at(confusion, (labels, mean.argmax(axis=1)), 1)
    np.testing.assert_array_equal(scores.confusion, confusion)
    assert scores.cross_entropy == pytest.approx(
        -np.log(mean[np.arange(20), labels]).mean(), rel=1e-5)


def test_one_window_of_each_scores_as_no_windows(network, pictures):
    images, labels = pictures
    scores, same = (
        Scores.of(network, tf.data.Dataset.from_tensor_slices((some, labels)).batch(8), NAMES)
        for some in (images[:, 0], images[:, :1]))
    np.testing.assert_array_equal(scores.confusion, same.confusion)
    assert scores.cross_entropy == same.cross_entropy

"""Scores: counts of labels and predictions, and the mean over several windows of an example."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dualstream.evaluation.predictions import Predictions, predict
from dualstream.evaluation.scores import Scores
from dualstream.runtime.errors import UserError

NAMES = ['cbb', 'cmd', 'healthy']


@pytest.fixture(scope='module')
def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input([4, 5, 3]), keras.layers.Flatten(), keras.layers.Dense(3, 'softmax')])


@pytest.fixture(scope='module')
def examples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(20, 6, 4, 5, 3)).astype(np.float32), rng.integers(0, 3, 20)


def test_several_windows_score_as_the_mean_of_single_predictions(network, examples):
    images, labels = examples
    scores = Scores.of(predict(
        network, tf.data.Dataset.from_tensor_slices(examples).batch(8), NAMES))
    mean = np.mean([network.predict(images[:, window], verbose=0) for window in range(6)], axis=0)
    confusion = np.zeros([3, 3], int)
    np.add.at(confusion, (labels, mean.argmax(axis=1)), 1)
    np.testing.assert_array_equal(scores.confusion, confusion)
    assert scores.cross_entropy == pytest.approx(
        -np.log(mean[np.arange(20), labels]).mean(), rel=1e-5)


def test_one_window_of_each_scores_as_no_windows(network, examples):
    images, labels = examples
    scores, same = (
        Scores.of(predict(
            network, tf.data.Dataset.from_tensor_slices((some, labels)).batch(8), NAMES))
        for some in (images[:, 0], images[:, :1]))
    np.testing.assert_array_equal(scores.confusion, same.confusion)
    assert scores.cross_entropy == same.cross_entropy


def test_counts_are_of_labels_in_rows_and_predictions_in_columns():
    labels, predicted = [0, 0, 2, 2, 2], [0, 1, 2, 2, 0]
    images = np.eye(3, dtype=np.float32)[predicted].reshape([5, 1, 1, 3])
    echo = keras.Sequential([keras.Input([1, 1, 3]), keras.layers.Flatten()])
    scores = Scores.of(
        predict(echo, tf.data.Dataset.from_tensor_slices((images, labels)).batch(2), NAMES))
    assert scores.confusion.tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 2]]
    assert scores.confusion.dtype == np.int64
    assert scores.accuracy == 3 / 5
    assert scores.per_class_recall == {'cbb': 1 / 2, 'healthy': 2 / 3}
    assert scores.balanced_accuracy == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert scores.cross_entropy == pytest.approx(-2 * np.log(1e-12) / 5)


@pytest.mark.parametrize('label', [-1, 3])
def test_examples_without_a_label_are_refused(network, examples, label):
    images, labels = examples
    data = tf.data.Dataset.from_tensor_slices((images[:, 0], np.r_[labels[:-1], label]))
    with pytest.raises(UserError, match='1 of 20 examples have no label of the 3 classes'):
        predict(network, data.batch(8), NAMES)


def test_each_image_is_made_once_and_bars_are_for_terminals(network, examples, capfd):
    made = []

    def note(label):
        made.append(int(label))
        return label

    def noting(image, label):
        return image, tf.ensure_shape(tf.numpy_function(note, [label], tf.int64), [])

    images, labels = examples
    data = tf.data.Dataset.from_tensor_slices((images[:, 0], labels)).map(noting)
    predict(network, data.batch(8), NAMES)
    assert made == labels.tolist()
    assert capfd.readouterr().out == ''


def test_dividing_by_the_shares_makes_frequent_classes_less_likely():
    probabilities = np.float32([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]])
    shares = np.array([0.6, 0.3, 0.1])
    predictions = Predictions(NAMES, np.array([0, 2]), probabilities)
    divided = predictions.with_uniform_prior(shares)
    # After Bayes: a class's odds to another change by the ratio of their shares.
    odds = divided.probabilities[:, 0] / divided.probabilities[:, 2]
    np.testing.assert_allclose(odds, probabilities[:, 0] / probabilities[:, 2] / 6, rtol=1e-5)
    np.testing.assert_allclose(divided.probabilities.sum(axis=1), 1, rtol=1e-6)
    assert divided.probabilities.argmax(axis=1).tolist() == [2, 2]
    unseen = predictions.with_uniform_prior(np.array([0.5, 0.5, 0.0])).probabilities
    assert np.isfinite(unseen).all() and unseen[0].argmax() == 0
    assert Scores.of(predictions).trivial_accuracy == 0.5

"""Calibration: temperatures that are known, scikit-learn's, and the bins of confidence."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from dualstream.evaluation.calibration import (
    Reliability,
    brier_score,
    fit_temperature,
    set_temperature,
    with_temperature,
)
from dualstream.evaluation.predictions import Predictions

NAMES = ['cbb', 'cmd', 'healthy']


def drawn(temperature, count=4000, seed=0):
    """Predictions whose labels are drawn from the probabilities that a temperature gives."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (count, 3))
    powers = np.exp(logits)
    predictions = Predictions(NAMES, np.zeros(count, int), powers / powers.sum(1, keepdims=True))
    true = with_temperature(predictions, temperature).probabilities
    labels = (rng.random((count, 1)) > true.cumsum(1)).sum(1)
    return Predictions(NAMES, labels, predictions.probabilities)


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose logits are its inputs."""

    classes_ = np.arange(3)

    def fit(self, features, labels):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, features):
        return features.argmax(axis=1)

    def decision_function(self, features):
        return features


@pytest.mark.parametrize('temperature', [0.5, 1, 2, 4])
def test_a_temperature_is_found_as_scikit_learn_finds_it(temperature):
    predictions = drawn(temperature)
    found = fit_temperature(predictions)
    assert found == pytest.approx(temperature, rel=0.1)
    logits = np.log(predictions.probabilities)
    theirs = CalibratedClassifierCV(
        FrozenEstimator(Given()), method='temperature', ensemble=False).fit(
            logits, predictions.labels)
    np.testing.assert_allclose(
        with_temperature(predictions, found).probabilities, theirs.predict_proba(logits),
        atol=1e-3)


@given(temperature=st.floats(0.06, 19), seed=st.integers(0, 99))
def test_a_temperature_keeps_the_order_of_the_classes(temperature, seed):
    predictions = drawn(1, 20, seed)
    changed = with_temperature(predictions, temperature).probabilities
    np.testing.assert_allclose(changed.sum(axis=1), 1)
    np.testing.assert_array_equal(
        changed.argmax(axis=1), predictions.probabilities.argmax(axis=1))


def test_a_network_takes_the_temperature_into_its_weights():
    keras.utils.set_random_seed(0)
    network = keras.Sequential([
        keras.Input([4]), keras.layers.Dense(3, name='logits'), keras.layers.Softmax()])
    features = np.random.default_rng(0).normal(0, 3, (10, 4)).astype(np.float32)
    network.get_layer('logits').bias.assign([1, -2, 0.5])
    before = Predictions(NAMES, np.zeros(10, int), network.predict(features, verbose=0))
    set_temperature(network, 2.5)
    np.testing.assert_allclose(
        network.predict(features, verbose=0), with_temperature(before, 2.5).probabilities,
        atol=1e-6)


def test_without_examples_nothing_changes():
    assert fit_temperature(Predictions(NAMES, np.zeros(0, int), np.zeros([0, 3]))) == 1


def test_calibrated_predictions_have_a_small_expected_error_and_others_a_large_one():
    fitting = Reliability.of(with_temperature(drawn(3), 3))
    confident = Reliability.of(drawn(3))
    assert fitting.expected_error < 0.03 < 0.1 < confident.expected_error
    assert fitting.count.sum() == 4000 and np.ptp(fitting.count) <= 1
    assert (np.diff(fitting.confidence) >= 0).all()
    assert len(Reliability.of(drawn(1, 4)).count) == 4


def test_the_brier_score_of_certainty_and_of_ignorance():
    labels = np.array([0, 1, 2])
    assert brier_score(Predictions(NAMES, labels, np.eye(3))) == 0
    assert brier_score(Predictions(NAMES, labels, np.eye(3)[[1, 2, 0]])) == 2
    assert brier_score(Predictions(NAMES, labels, np.full([3, 3], 1 / 3))) == pytest.approx(2 / 3)

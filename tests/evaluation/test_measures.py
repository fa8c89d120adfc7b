"""Measures and comparisons against scikit-learn, SciPy and cases whose answer is known."""

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstream.evaluation.comparison import compare
from dualstream.evaluation.intervals import bootstrap_interval
from dualstream.evaluation.measures import (
    NAMES,
    constant_answer,
    estimate,
    estimate_recalls,
    measure,
)
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.selective import risk_area, risk_by_coverage

CLASSES = ['cbb', 'cbsd', 'cmd', 'healthy']


def drawn(count, seed=0, sharpness=1.5):
    """Predictions of labels drawn from them; of a class each, where the seed leaves it out."""
    rng = np.random.default_rng(seed)
    powers = np.exp(sharpness * rng.normal(size=(count, 4)))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    labels = (rng.random((count, 1)) > probabilities.cumsum(axis=1)[:, :3]).sum(axis=1)
    return Predictions(CLASSES, labels, np.float32(probabilities))


@settings(max_examples=15)
@given(count=st.integers(1, 60), seed=st.integers(0, 1000))
def test_measures_are_those_of_scikit_learn(count, seed):
    predictions = drawn(count, seed)
    labels, probabilities = predictions.labels, predictions.probabilities.astype(float)
    predicted, present = probabilities.argmax(axis=1), np.unique(labels)
    ours = measure(predictions)
    assert set(ours) == set(NAMES)
    assert ours['accuracy'] == pytest.approx(sklearn.metrics.accuracy_score(labels, predicted))
    recalls = sklearn.metrics.recall_score(
        labels, predicted, labels=present, average=None, zero_division=0)
    assert ours['balanced_accuracy'] == pytest.approx(recalls.mean())
    assert [each.value for each in estimate_recalls(predictions).values()] == pytest.approx(recalls)
    assert ours['macro_f1'] == pytest.approx(sklearn.metrics.f1_score(
        labels, predicted, labels=present, average='macro', zero_division=0))
    rescaled = probabilities / probabilities.sum(axis=1, keepdims=True)
    assert ours['cross_entropy'] == pytest.approx(
        sklearn.metrics.log_loss(labels, rescaled, labels=range(4)), abs=1e-5)
    assert ours['brier'] == pytest.approx(sklearn.metrics.brier_score_loss(
        labels, rescaled, labels=range(4), scale_by_half=False), abs=1e-5)


@settings(max_examples=15)
@given(count=st.integers(2, 60), seed=st.integers(0, 1000))
def test_risk_is_the_share_of_wrong_answers_among_the_confident(count, seed):
    predictions = drawn(count, seed)
    confidence = predictions.probabilities.max(axis=1)
    wrong = predictions.probabilities.argmax(axis=1) != predictions.labels
    assert len(np.unique(confidence)) == count
    expected = [wrong[confidence >= threshold].mean() for threshold in sorted(confidence)[::-1]]
    np.testing.assert_allclose(risk_by_coverage(predictions), expected)


def test_equal_confidences_count_in_the_mean_over_their_orders():
    probabilities = np.float32([[0.9, 0.1], [0.8, 0.2], [0.8, 0.2], [0.6, 0.4]])
    risks = [risk_by_coverage(Predictions(['a', 'b'], np.array(labels), probabilities))
             for labels in ([0, 1, 0, 1], [0, 0, 1, 1])]
    np.testing.assert_array_equal(*risks)
    np.testing.assert_allclose(risks[0], [0, 0.25, 1 / 3, 0.5])


def test_the_area_is_least_where_the_wrong_ones_are_the_least_confident():
    labels = np.zeros(10, int)
    confidence = np.linspace(0.95, 0.6, 10)

    def area(wrong):
        first = np.where(wrong, 1 - confidence, confidence)
        return risk_area(Predictions(['a', 'b'], labels, np.stack([first, 1 - first], axis=1)))

    best, worst = area(np.arange(10) >= 7), area(np.arange(10) < 3)
    assert best == pytest.approx(np.mean([0] * 7 + [1 / 8, 2 / 9, 3 / 10]))
    assert best < 0.3 < worst


def test_no_constant_answer_is_better_than_the_shares():
    predictions = drawn(200)
    trivial = measure(constant_answer(predictions))
    assert trivial['accuracy'] == np.bincount(predictions.labels).max() / 200
    assert trivial['balanced_accuracy'] == 1 / 4
    assert trivial['calibration_error'] == pytest.approx(0, abs=1e-6)
    rng = np.random.default_rng(1)
    for shares in rng.dirichlet([1, 1, 1, 1], 20):
        other = measure(Predictions(
            CLASSES, predictions.labels, np.tile(shares, (200, 1))))
        assert other['accuracy'] <= trivial['accuracy']
        assert other['cross_entropy'] > trivial['cross_entropy']
        assert other['brier'] > trivial['brier']


def test_intervals_hold_the_value_and_widen_where_photographs_repeat():
    once, often = drawn(60), drawn(60).take(np.repeat(np.arange(60), 4))
    alone = estimate(often, np.arange(240), samples=100)
    grouped = estimate(often, np.repeat(np.arange(60), 4), samples=100)
    same = estimate(once, np.arange(60), samples=100)
    for name in ('accuracy', 'balanced_accuracy', 'macro_f1', 'cross_entropy', 'brier'):
        assert alone[name].low <= alone[name].value <= alone[name].high
        assert alone[name].high - alone[name].low < 0.7 * (grouped[name].high - grouped[name].low)
        assert (grouped[name].low, grouped[name].high) == pytest.approx(
            (same[name].low, same[name].high))
    assert alone['accuracy'].value == measure(often)['accuracy']


def test_a_comparison_counts_who_alone_is_right_and_is_more_certain_than_two_scores():
    labels = np.arange(200) % 4
    rng = np.random.default_rng(0)
    first = np.where(rng.random(200) < 0.7, labels, (labels + 1) % 4)
    second = np.where(rng.random(200) < 0.1, (labels + 2) % 4, first)
    one, other = (Predictions(CLASSES, labels, np.eye(4, dtype=np.float32)[each])
                  for each in (first, second))
    comparison = compare(one, other, np.arange(200), samples=300)
    right, other_right = first == labels, second == labels
    assert comparison.only_first == (right & ~other_right).sum() > 5
    assert comparison.only_second == (other_right & ~right).sum()
    assert comparison.accuracy.value == pytest.approx(right.mean() - other_right.mean())
    low, high = bootstrap_interval(lambda drawn: right[drawn].mean(), np.arange(200), samples=300)
    assert comparison.accuracy.high - comparison.accuracy.low < 0.6 * (high - low)
    assert comparison.accuracy.low > 0 and comparison.p_value < 0.05
    backwards = compare(other, one, np.arange(200), samples=300)
    assert backwards.balanced_accuracy.value == -comparison.balanced_accuracy.value
    assert backwards.p_value == comparison.p_value
    with pytest.raises(ValueError, match='same labels'):
        compare(one, drawn(200), np.arange(200))


def test_mcnemar_s_exact_test_is_twice_a_binomial_tail():
    labels = np.zeros(10, int)
    one, other = (Predictions(CLASSES, labels, np.eye(4, dtype=np.float32)[np.array(each)])
                  for each in ([0] * 8 + [1] * 2, [1] * 8 + [0] * 2))
    expected = 2 * scipy.stats.binom.cdf(2, 10, 0.5)
    assert compare(one, other, np.arange(10), samples=5).p_value == pytest.approx(expected)
    assert compare(one, one, np.arange(10), samples=5).p_value == 1

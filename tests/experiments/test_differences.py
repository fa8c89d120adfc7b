"""Intervals of differences: known answers, and how often they hold the truth."""

import numpy as np
import pytest
import scipy.stats

from experiments.differences import differences, in_words


def test_two_ways_are_a_paired_t_test_that_is_widened_for_shared_photographs():
    first, second = np.random.default_rng(0).random((2, 5))
    (mean, half), = differences({'a': first, 'b': second}, 'a', folds=5).values()
    low, high = scipy.stats.ttest_rel(second, first).confidence_interval(0.95)
    assert mean == pytest.approx(50 * (low + high))
    assert half == pytest.approx(50 * (high - low) * np.sqrt(1 + 5 / 4))


def test_all_intervals_together_hold_the_truth_as_often_as_they_say():
    rng, missed = np.random.default_rng(0), 0
    for _ in range(1000):
        # Folds differ by much more than ways do; as these are independent, nothing is shared.
        scores = rng.normal(size=(4, 3)) + 10 * rng.normal(size=3)
        found = differences(dict(zip('abcd', scores)), 'a', folds=10**9)
        missed += any(abs(mean) > half for mean, half in found.values())
    # Bonferroni's intervals are a little wider than they must be.
    assert 20 <= missed <= 60


def test_a_fold_that_is_harder_for_all_changes_no_difference():
    scores = np.random.default_rng(0).random((3, 4))
    plain, shifted = (differences(dict(zip('abc', each)), 'b', folds=4)
                      for each in (scores, scores + [0.1, 0, -0.2, 0]))
    assert set(plain) == {'a', 'c'}
    for name, values in plain.items():
        assert shifted[name] == pytest.approx(values)


def test_one_fold_has_no_interval():
    (mean, half), = differences({'a': [0.5], 'b': [0.75]}, 'a', folds=3).values()
    assert (mean, half) == (25, np.inf) and in_words(mean, half) == '+25.0'
    assert in_words(-1.04, 2) == '-1.0 (-3.0 to +1.0)'

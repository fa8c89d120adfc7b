"""Intervals hold the true value as often as they say, and examples of a group go together."""

import numpy as np
import pytest

from dualstream.evaluation.intervals import bootstrap_interval, wilson_interval


def test_wilson_s_interval_of_a_published_example_and_at_the_ends():
    # Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3: 81 of 263, and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson_interval(20, 20) == pytest.approx((0.8389, 1), abs=5e-5)


def test_most_intervals_hold_the_true_value():
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(100):
        values = rng.normal(3, 1, 60)
        low, high = bootstrap_interval(
            lambda drawn, values=values: values[drawn].mean(), np.arange(60), samples=200,
            seed=seed)
        held += low <= 3 <= high
    assert held >= 86  # of 100: 95% are expected, and fewer than 86 once in 10,000 times


def test_examples_of_a_group_are_drawn_together():
    values = np.repeat([0.0, 1.0], 50)
    together = np.repeat([5, 9], 50)

    def check(drawn):
        counts = np.bincount(drawn, minlength=100)
        assert np.ptp(counts[:50]) == np.ptp(counts[50:]) == 0 and counts.sum() == 100
        return values[drawn].mean()

    assert bootstrap_interval(check, together, samples=200) == (0, 1)
    low, high = bootstrap_interval(lambda drawn: values[drawn].mean(), np.arange(100), samples=200)
    assert 0.35 < low < high < 0.65


def test_a_statistic_that_is_never_finite_is_refused():
    with pytest.raises(ValueError, match='no finite number'):
        bootstrap_interval(lambda drawn: float('nan'), np.arange(3), samples=5)

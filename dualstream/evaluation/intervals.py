"""Intervals around scores: how far another sample of photographs might move them."""

from collections.abc import Callable

import numpy as np
import scipy.stats

CONFIDENCE = 0.95
"""The share of samples whose interval holds the true value."""


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """Computes the Wilson score interval of a share (Wilson 1927, Probable inference).

    Use it for an accuracy or a class's recall, also where few or all examples are right.

    Args:
      right: examples that are right, at most `count`.
      count: examples in all, at least 1.

    Returns:
      (lower, upper) in [0, 1], of 95% confidence.

    Example:

    >>> [round(bound, 3) for bound in wilson_interval(9, 10)]
    [0.596, 0.982]
    """
    interval = scipy.stats.binomtest(right, count).proportion_ci(CONFIDENCE, 'wilson')
    return float(interval.low), float(interval.high)


def bootstrap_interval(
    statistic: Callable[[np.ndarray], float], groups: np.ndarray, *, samples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Computes the interval of a statistic by drawing groups of examples anew, with replacement.

    Photographs of the same plant say less than as many of different plants. So whole groups are
    drawn (a cluster bootstrap; Efron and Tibshirani 1993, An introduction to the bootstrap).

    Args:
      statistic: gets the places of the drawn examples, int (n,), and gives a number; a sample for
        which it is not finite is left out.
      groups: int (examples,), the group of each example; different numbers for examples that have
        nothing to do with each other.
      samples: how many times to draw.
      seed: of the draws.

    Returns:
      (lower, upper), the percentiles of 95% confidence.

    Raises:
      ValueError: no sample gives a finite number.

    Example:

    >>> right = np.array([1] * 80 + [0] * 20)
    >>> low, high = bootstrap_interval(lambda drawn: right[drawn].mean(), np.arange(100))
    >>> 0.70 < low < 0.75 and 0.85 < high < 0.90
    True
    """
    return bootstrap_intervals(
        lambda drawn: {'statistic': statistic(drawn)}, groups, samples=samples,
        seed=seed)['statistic']


def bootstrap_intervals(
    statistics: Callable[[np.ndarray], dict[str, float]], groups: np.ndarray, *,
    samples: int = 2000, seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Computes the intervals of several statistics of the same draws; see `bootstrap_interval`.

    Args:
      statistics: gets the places of the drawn examples, int (n,), and gives numbers by name.
      groups: int (examples,), the group of each example.
      samples: how many times to draw.
      seed: of the draws.

    Returns:
      Name -> (lower, upper).

    Raises:
      ValueError: a statistic is finite for no sample.
    """
    _, group = np.unique(groups, return_inverse=True)
    sizes = np.bincount(group)
    members = np.argsort(group, kind='stable')  # group after group
    first = np.cumsum(sizes) - sizes
    rng = np.random.default_rng(seed)

    def draw() -> np.ndarray:
        drawn = rng.integers(0, len(sizes), len(sizes))
        before = np.cumsum(sizes[drawn]) - sizes[drawn]  # members drawn before each group
        within = np.arange(sizes[drawn].sum()) - np.repeat(before, sizes[drawn])
        return members[np.repeat(first[drawn], sizes[drawn]) + within]

    drawn = [statistics(draw()) for _ in range(samples)]
    return {name: _percentiles(name, np.array([each[name] for each in drawn]))
            for name in drawn[0]}


def _percentiles(name: str, values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError(f'{name} gives no finite number for any sample')
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)

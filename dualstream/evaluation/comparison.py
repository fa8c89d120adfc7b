"""Compares two networks on the same examples."""

import dataclasses

import numpy as np
import scipy.stats

from dualstream.evaluation.intervals import bootstrap_intervals
from dualstream.evaluation.measures import Estimate
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.scores import Scores


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How much better one network is than another.

    Attributes:
      accuracy, balanced_accuracy: differences, the first network's minus the other's, in [-1, 1].
      only_first, only_second: examples that only the one network gets right.
      p_value: of McNemar's exact test: how probable it is that the two numbers differ by so much,
        if either network is as likely as the other to be the one that is right.
    """

    accuracy: Estimate
    balanced_accuracy: Estimate
    only_first: int
    only_second: int
    p_value: float


def compare(
    first: Predictions, second: Predictions, groups: np.ndarray, *, samples: int = 2000
) -> Comparison:
    """Compares predictions of the same examples, in the same order.

    Use it in place of two intervals: what is difficult is difficult for both networks, so that
    their difference is more certain than either score. The test is McNemar's (1947, Note on the
    sampling error of the difference between correlated proportions), by the binomial distribution;
    it takes all examples to be independent, which near-duplicates are not.

    Args:
      first, second: of the same examples, with the same classes.
      groups: int (examples,), one number for photographs that show the same.
      samples: how many times the groups are drawn for the intervals.

    Raises:
      ValueError: the labels or the classes differ.

    Example:

    >>> labels = np.array([0, 0, 1, 1])
    >>> first, second = (Predictions(['cmd', 'cbb'], labels, np.eye(2, dtype=np.float32)[predicted])
    ...                  for predicted in ([0, 0, 1, 1], [0, 0, 1, 0]))
    >>> comparison = compare(first, second, np.arange(4))
    >>> comparison.accuracy.value, comparison.only_first, comparison.only_second
    (0.25, 1, 0)
    """
    if list(first.label_names) != list(second.label_names) or not np.array_equal(
            first.labels, second.labels):
        raise ValueError('first and second must be predictions of the same labels and classes')

    def differences(places: np.ndarray) -> dict[str, float]:
        one, other = Scores.of(first.take(places)), Scores.of(second.take(places))
        return {'accuracy': one.accuracy - other.accuracy,
                'balanced_accuracy': one.balanced_accuracy - other.balanced_accuracy}

    intervals = bootstrap_intervals(differences, groups, samples=samples)
    values = differences(np.arange(len(first.labels)))
    right, other_right = (each.probabilities.argmax(axis=1) == each.labels
                          for each in (first, second))
    only_first, only_second = int((right & ~other_right).sum()), int((other_right & ~right).sum())
    # Where both are right in the same examples there is nothing to test.
    p_value = float(scipy.stats.binomtest(
        only_first, only_first + only_second).pvalue) if only_first + only_second else 1.0
    return Comparison(**{name: Estimate(value, *intervals[name])
                         for name, value in values.items()},
                      only_first=only_first, only_second=only_second, p_value=p_value)

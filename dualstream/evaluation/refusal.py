"""Refusal: which photographs get no diagnosis, since they show no leaf or the network is unsure."""

import dataclasses
import math

import numpy as np

VERDICTS = ('diagnosis', 'unsure', 'not a leaf')
"""What is said of a photograph; only 'diagnosis' accepts it."""

_MOST_REFUSED = 0.02
_BY_COVERAGE = 0.01
_DIGITS = 4  # so that another order of sums, as on several hosts, gives the same thresholds


@dataclasses.dataclass(frozen=True)
class Refusal:
    """The thresholds below which a photograph gets no diagnosis.

    Attributes:
      min_coverage: the least coverage of a leaf, in [0, 1]: the share of the chosen window's pixels
        that the routine's mask covers, as `Routine.coverage` computes it.
      min_confidence: the least probability, in [0, 1], of the most probable class of a diagnosis.

    Raises:
      ValueError: a threshold is not in [0, 1].
    """

    min_coverage: float
    min_confidence: float

    def __post_init__(self):
        for name in ('min_coverage', 'min_confidence'):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise ValueError(f'{name} must be in [0, 1], got {value!r}')


def choose_refusal(coverages: np.ndarray, confidences: np.ndarray) -> Refusal:
    """Chooses thresholds that at least 98% of the leaves of a validation split lie above.

    Leaves alone are needed: what else people will photograph is not known when a network is
    trained. Each threshold is as high as it may be, since a higher one refuses more of what is not
    a leaf. The coverage may refuse 1% of the leaves; the confidence may refuse what is then left of
    the 2%. Both numbers of leaves are rounded down, so with fewer than 50 none is refused.

    Args:
      coverages: float (leaves,), in [0, 1].
      confidences: float (leaves,), in [0, 1], of the same leaves: the highest probability, of the
        network as it is saved.

    Returns:
      Both thresholds, rounded down to 4 digits; 0 where there are no leaves.

    Raises:
      ValueError: the arrays differ in shape.

    Example:

    >>> leaves = np.linspace(0.5, 1, 101)
    >>> choose_refusal(leaves, leaves[::-1])
    Refusal(min_coverage=0.505, min_confidence=0.505)
    """
    coverages, confidences = np.asarray(coverages, float), np.asarray(confidences, float)
    if coverages.shape != confidences.shape or coverages.ndim != 1:
        raise ValueError(f'coverages and confidences must be of the same leaves, got shapes '
                         f'{coverages.shape} and {confidences.shape}')
    if not coverages.size:
        return Refusal(0.0, 0.0)
    min_coverage = _threshold(coverages, int(_BY_COVERAGE * coverages.size))
    covered = confidences[coverages >= min_coverage]
    left = int(_MOST_REFUSED * coverages.size) - (coverages.size - covered.size)
    return Refusal(min_coverage, _threshold(covered, left))


def verdicts_of(
    coverages: np.ndarray, confidences: np.ndarray, refusal: Refusal
) -> np.ndarray:
    """Judges photographs: the coverage first, then the confidence.

    Args:
      coverages: float (...), in [0, 1].
      confidences: float (...), in [0, 1], the highest probability of each.
      refusal: the thresholds.

    Returns:
      str (...), each one of `VERDICTS`: 'not a leaf' where the coverage lies below its threshold,
      else 'unsure' where the confidence does, else 'diagnosis'.

    Example:

    >>> verdicts_of([0.9, 0.9, 0.1], [0.8, 0.3, 0.9], Refusal(0.5, 0.4)).tolist()
    ['diagnosis', 'unsure', 'not a leaf']
    """
    diagnosis, unsure, not_a_leaf = VERDICTS
    return np.where(
        np.asarray(coverages) < refusal.min_coverage, not_a_leaf,
        np.where(np.asarray(confidences) < refusal.min_confidence, unsure, diagnosis))


def _threshold(values: np.ndarray, refused: int) -> float:
    """The highest threshold with 4 digits that at most so many of the values lie below."""
    lowest = np.sort(values)[refused]
    return math.floor(lowest * 10 ** _DIGITS) / 10 ** _DIGITS

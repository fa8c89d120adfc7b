"""Differences between ways that were scored on the same folds, with their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.stats

HOW = (
    'They are in points, of the same folds, with 95% intervals that hold for all rows together '
    '(Bonferroni); an interval that contains 0 shows no difference. Their variance is what remains '
    'without the means of folds and rows, and is widened because folds share photographs to train '
    'on (Nadeau and Bengio 2003).')


def differences(
    scores: Mapping[str, Sequence[float]], reference: str, folds: int
) -> dict[str, tuple[float, float]]:
    """Compares all ways with one of them.

    Three folds tell little of the spread of one difference, but those of many ways tell it
    together: their scores without the means of each fold and each way are a randomised block
    design (Fisher 1935, The Design of Experiments), whose residual variance is pooled. Two folds
    of a cross-validation are not independent, as they are trained on many of the same photographs;
    Nadeau and Bengio (2003, Inference for the generalization error) therefore add the ratio of
    held-out to training photographs to 1 / folds in the variance of the mean.

    Args:
      scores: name -> in [0, 1], of the same folds in the same order.
      reference: the name of what the others are compared with.
      folds: how many parts the photographs were split into; at least as many as there are scores.

    Returns:
      Every other name -> (mean difference, half of its 95% interval), in points. With one score
      each the interval is infinite.

    Example:

    >>> compared = differences({'a': [0.5, 0.6, 0.7], 'b': [0.6, 0.71, 0.82]}, 'a', folds=3)
    >>> [round(number, 1) for number in compared['b']]
    [11.0, 3.9]
    """
    points = 100 * np.array(list(scores.values()))
    ways, scored = points.shape
    rest = points - points.mean(axis=0) - points.mean(axis=1, keepdims=True) + points.mean()
    freedom = (ways - 1) * (scored - 1)
    half = np.inf
    if freedom:
        variance = 2 * np.square(rest).sum() / freedom * (1 / scored + 1 / (folds - 1))
        half = np.sqrt(variance) * scipy.stats.t.ppf(1 - 0.05 / 2 / (ways - 1), freedom)
    base = np.mean(scores[reference])
    return {name: (float(100 * (np.mean(own) - base)), float(half))
            for name, own in scores.items() if name != reference}


def in_words(mean: float, half: float) -> str:
    """Writes a difference and its interval, such as +6.5 (+3.2 to +9.8)."""
    return f'{mean:+.1f}' + (
        f' ({mean - half:+.1f} to {mean + half:+.1f})' if np.isfinite(half) else '')

"""The columns of a table that compares ways by their scores in the same folds."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.cells import SCORES, percent
from experiments.differences import differences, in_words

COLUMNS = [column for title in SCORES.values() for column in (title, 'difference')]


def compare(
    scores: Mapping[str, Sequence[Mapping[str, float]]], base: str, folds: int
) -> dict[str, list[str]]:
    """Writes the scores of each way, with their spread, and the differences to one of the ways.

    Args:
      scores: name -> by fold, in the same order for all, scores in [0, 1] by the keys of SCORES.
      base: the name of what the others are compared with.
      folds: how many parts the photographs were split into; at least as many as there are scores.

    Returns:
      name -> a text for each of COLUMNS.

    Example:

    >>> right = [{'accuracy': score, 'balanced_accuracy': score} for score in (0.5, 0.6, 0.7)]
    >>> better = [{'accuracy': score, 'balanced_accuracy': score} for score in (0.6, 0.71, 0.82)]
    >>> compare({'a': right, 'b': better}, 'a', folds=3)['b'][:2]
    ['71.0% ± 11.0', '+11.0 (+7.1 to +14.9)']
    """
    rows = {name: [] for name in scores}
    for score in SCORES:
        own = {name: [each[score] for each in by_fold] for name, by_fold in scores.items()}
        against = differences(own, base, folds)
        for name, values in own.items():
            rows[name] += [percent(np.array(values)),
                           '' if name == base else in_words(*against[name])]
    return rows


def trivial(scores: Sequence[Mapping[str, float]]) -> list[str]:
    """Writes the scores of predicting one class for all, a text for each of COLUMNS."""
    return [column for score in SCORES
            for column in (percent(np.array([each[score] for each in scores])), '')]

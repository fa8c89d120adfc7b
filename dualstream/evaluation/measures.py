"""All measures of a classification by their names, with intervals."""

import dataclasses

import numpy as np

from dualstream.evaluation.calibration import Reliability, brier_score
from dualstream.evaluation.intervals import bootstrap_intervals, wilson_interval
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.scores import Scores
from dualstream.evaluation.selective import risk_area

NAMES = {
    'accuracy': 'accuracy', 'balanced_accuracy': 'balanced accuracy', 'macro_f1': 'macro-F1',
    'cross_entropy': 'negative log-likelihood / nats', 'brier': 'Brier score',
    'calibration_error': 'expected calibration error',
    'risk_area': 'area under risk against coverage'}
"""Name of each measure -> what it is called in text."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A measure and the ends of its interval of 95% confidence."""

    value: float
    low: float
    high: float


def measure(predictions: Predictions) -> dict[str, float]:
    """Computes all measures of predictions, by the keys of NAMES.

    Args:
      predictions: at least one.
    """
    scores = Scores.of(predictions)
    return {'accuracy': scores.accuracy, 'balanced_accuracy': scores.balanced_accuracy,
            'macro_f1': scores.macro_f1, 'cross_entropy': predictions.cross_entropy,
            'brier': brier_score(predictions),
            'calibration_error': Reliability.of(predictions).expected_error,
            'risk_area': risk_area(predictions)}


def estimate(
    predictions: Predictions, groups: np.ndarray, *, samples: int = 2000
) -> dict[str, Estimate]:
    """Computes all measures with intervals, from groups of examples drawn with replacement.

    Args:
      predictions: at least one.
      groups: int (examples,), one number for photographs that show the same.
      samples: how many times the groups are drawn.

    Returns:
      Key of NAMES -> estimate. The interval of the calibration error lies too high where examples
      are few, because drawing with replacement adds to the error.
    """
    intervals = bootstrap_intervals(
        lambda drawn: measure(predictions.take(drawn)), groups, samples=samples)
    return {name: Estimate(value, *intervals[name])
            for name, value in measure(predictions).items()}


def estimate_recalls(predictions: Predictions) -> dict[str, Estimate]:
    """Computes the recall of each class that has examples, with its Wilson interval."""
    confusion = Scores.of(predictions).confusion
    return {name: Estimate(int(row[label]) / int(row.sum()),
                           *wilson_interval(int(row[label]), int(row.sum())))
            for label, (name, row) in enumerate(zip(predictions.label_names, confusion))
            if row.sum()}


def constant_answer(predictions: Predictions) -> Predictions:
    """Gives the trivial answer to the same examples: their own classes' shares, for each of them.

    No answer that is the same for all examples has a smaller negative log-likelihood or Brier
    score, or a higher accuracy.
    """
    shares = np.bincount(predictions.labels, minlength=len(predictions.label_names))
    shares = shares / shares.sum()
    return dataclasses.replace(
        predictions, probabilities=np.tile(np.float32(shares), (len(predictions.labels), 1)))

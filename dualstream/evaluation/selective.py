"""Selective classification: what is gained by answering for the confident examples alone."""

import numpy as np

from dualstream.evaluation.predictions import Predictions


def risk_by_coverage(predictions: Predictions) -> np.ndarray:
    """Computes the share of wrong answers among the most confident examples, one, two, ... of them.

    Use it to choose how many photographs to leave to a person (Geifman and El-Yaniv 2017, Selective
    classification for deep neural networks). Examples of equal confidence count as answered in a
    random order.

    Args:
      predictions: at least one.

    Returns:
      float64 (examples,), in [0, 1]: of the most confident one, two, ... of the examples; the last
      is the share of wrong answers in all. The mean is the area under the curve of risk against
      coverage (AURC; Geifman, Uziel, El-Yaniv 2019, Bias-reduced uncertainty estimation).

    Example:

    >>> probabilities = np.float32([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]])
    >>> predictions = Predictions(['cmd', 'cbb'], np.array([0, 1, 1]), probabilities)
    >>> risk_by_coverage(predictions).round(3).tolist()  # of the first, with one more, of all
    [0.0, 0.5, 0.333]
    """
    wrong = predictions.probabilities.argmax(axis=1) != predictions.labels
    confidences, level = np.unique(-predictions.probabilities.max(axis=1), return_inverse=True)
    count = np.bincount(level)
    share = np.bincount(level, wrong) / count  # of wrong answers at each level of confidence
    return np.cumsum(np.repeat(share, count)) / np.arange(1, len(wrong) + 1)


def risk_area(predictions: Predictions) -> float:
    """Computes the area under the curve of risk against coverage, in [0, 1]; smaller is better.

    Confidence that says nothing scores the share of wrong answers.
    """
    return float(risk_by_coverage(predictions).mean())

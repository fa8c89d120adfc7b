"""Calibration: whether of the predictions made with 80% confidence 80% are right."""

import dataclasses

import keras
import numpy as np
import scipy.optimize

from dualstream.evaluation.predictions import LEAST_PROBABILITY, Predictions

_TEMPERATURES = (0.05, 20.0)
_DIGITS = 4  # so that another order of sums, as on several hosts, gives the same temperature


def fit_temperature(predictions: Predictions) -> float:
    """Finds the temperature that makes probabilities fit the labels best.

    Networks are mostly too confident. Dividing their logits by one temperature leaves the order of
    the classes, and so every accuracy, as it is (Guo, Pleiss, Sun, Weinberger 2017, On calibration
    of modern neural networks). Use it on examples that were not trained on.

    Args:
      predictions: of the validation split.

    Returns:
      The temperature with the least cross-entropy, in [0.05, 20]; above 1 where the network is too
      confident, 1 where there are no examples.

    Example:

    >>> over = np.float32([[0.99, 0.01]] * 4)  # right 3 times of 4
    >>> predictions = Predictions(['cmd', 'cbb'], np.array([0, 0, 0, 1]), over)
    >>> temperature = fit_temperature(predictions)
    >>> round(float(with_temperature(predictions, temperature).probabilities[0, 0]), 3)
    0.75
    """
    if not len(predictions.labels):
        return 1.0

    def cross_entropy(log_temperature: float) -> float:
        return with_temperature(predictions, np.exp(log_temperature)).cross_entropy

    found = scipy.optimize.minimize_scalar(
        cross_entropy, bounds=np.log(_TEMPERATURES), method='bounded', options={'xatol': 1e-6})
    return round(float(np.exp(found.x)), _DIGITS)


def with_temperature(predictions: Predictions, temperature: float) -> Predictions:
    """Divides the logits of predictions by a temperature; see `fit_temperature`.

    Args:
      predictions: of any examples.
      temperature: greater than 0; above 1 the probabilities come closer to each other.
    """
    probabilities = np.maximum(predictions.probabilities.astype(np.float64), LEAST_PROBABILITY)
    logits = np.log(probabilities) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return dataclasses.replace(
        predictions, probabilities=powers / powers.sum(axis=1, keepdims=True))


def set_temperature(network: keras.Model, temperature: float) -> None:
    """Divides a network's logits by a temperature, inside its last weights.

    So every format that the network is saved in gives calibrated probabilities.

    Args:
      network: with a layer `logits`, as `dual_stream` builds it.
      temperature: greater than 0.
    """
    layer = network.get_layer('logits')
    layer.set_weights([weight / temperature for weight in layer.get_weights()])


def brier_score(predictions: Predictions) -> float:
    """Computes the mean squared distance of the probabilities to the truth, in [0, 2].

    It is 0 for certainty that is always right; predicting 1 / n for each of n classes scores
    1 - 1 / n (Brier 1950, Verification of forecasts expressed in terms of probability).
    """
    truth = np.eye(len(predictions.label_names))[predictions.labels]
    return float(np.square(predictions.probabilities - truth).sum(axis=1).mean())


@dataclasses.dataclass(frozen=True)
class Reliability:
    """How confident predictions are and how often they are right, in bins of confidence.

    Attributes:
      confidence: float64 (bins,), the mean of the predicted class's probability.
      accuracy: float64 (bins,), the share that is right.
      count: int64 (bins,), how many examples there are, at least 1.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, predictions: Predictions, bins: int = 15) -> 'Reliability':
        """Sorts predictions into bins of equally many examples; equal confidences share a bin.

        Args:
          predictions: at least one.
          bins: how many at most; those without an example are left out.
        """
        confidence = predictions.probabilities.max(axis=1).astype(np.float64)
        right = predictions.probabilities.argmax(axis=1) == predictions.labels
        less_confident = np.searchsorted(np.sort(confidence), confidence)
        _, bin_of = np.unique(less_confident * bins // len(confidence), return_inverse=True)
        count = np.bincount(bin_of)
        return cls(np.bincount(bin_of, confidence) / count, np.bincount(bin_of, right) / count,
                   count)

    @property
    def expected_error(self) -> float:
        """The mean gap between confidence and accuracy, weighted by the bins' counts, in [0, 1].

        Known as expected calibration error with bins of equal mass. It is above 0 by chance alone
        where there are few examples.
        """
        gaps = np.abs(self.confidence - self.accuracy)
        return float(np.average(gaps, weights=self.count))

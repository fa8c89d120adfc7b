"""Scores of a classification with classes of unequal size: what is right, class by class."""

import dataclasses

import numpy as np

from dualstream.evaluation.predictions import Predictions


@dataclasses.dataclass(frozen=True)
class Scores:
    """How well predicted probabilities fit the labels.

    Attributes:
      label_names: the classes.
      confusion: int64 (classes, classes), the number of examples of the row's class for which the
        column's class was predicted.
      cross_entropy: the mean over the examples, in nats.
    """

    label_names: list[str]
    confusion: np.ndarray
    cross_entropy: float

    @classmethod
    def of(cls, predictions: Predictions) -> 'Scores':
        """Scores predictions; the class with the highest probability is the predicted one."""
        classes = len(predictions.label_names)
        pairs = predictions.labels * classes + predictions.probabilities.argmax(axis=1)
        confusion = np.bincount(pairs, minlength=classes**2).reshape([classes, classes])
        return cls(list(predictions.label_names), confusion, predictions.cross_entropy)

    @property
    def accuracy(self) -> float:
        """The share of all examples that is predicted correctly."""
        return float(self.confusion.trace() / self.confusion.sum())

    @property
    def per_class_recall(self) -> dict[str, float]:
        """The share of each class that is predicted correctly; only of classes with examples."""
        totals = self.confusion.sum(axis=1)
        return {name: float(self.confusion[index, index] / totals[index])
                for index, name in enumerate(self.label_names) if totals[index]}

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the recalls of the classes that have examples."""
        return float(np.mean(list(self.per_class_recall.values())))

    @property
    def macro_f1(self) -> float:
        """The mean over the classes that have examples of F1, in [0, 1].

        F1 is the harmonic mean of a class's recall and of its precision, the share of the
        predictions of it that are right.
        """
        examples, predicted = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        f1 = 2 * self.confusion.diagonal() / np.maximum(examples + predicted, 1)
        return float(f1[examples > 0].mean())

    @property
    def trivial_accuracy(self) -> float:
        """The accuracy of predicting the most frequent class for every example."""
        totals = self.confusion.sum(axis=1)
        return float(totals.max() / totals.sum())

"""Scores of an imbalanced classification: what is right, class by class."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Scores:
    """How well probabilities fit labels.

    Attributes:
      label_names: the classes.
      confusion: int64 (classes, classes), pictures of the class of the row that were taken for
        the class of the column.
      cross_entropy: mean, in nats.
    """

    label_names: list[str]
    confusion: np.ndarray
    cross_entropy: float

    @classmethod
    def of(
        cls, network: keras.Model, batches: tf.data.Dataset, label_names: list[str]
    ) -> 'Scores':
        """Scores a network on batches of (images, labels).

        Images are (batch, height, width, channels), or (batch, windows, height, width, channels):
        then a picture's probabilities are the mean of its windows'.
        """
        confusion = np.zeros([len(label_names)] * 2, np.int64)
        loss, batch = 0.0, 0
        for images, labels in batches.as_numpy_iterator():
            windows = images.shape[1] if images.ndim == 5 else 1
            each = images.reshape([-1, *images.shape[-3:]])
            # A last batch that is smaller is filled up, for accelerators want one size of it, and
            # several share one equally.
            batch = max(batch, len(each))
            filled = np.resize(each, [batch, *each.shape[1:]])
            probabilities = keras.ops.convert_to_numpy(network.predict_on_batch(filled))
            probabilities = probabilities[:len(each)].reshape([len(labels), windows, -1]).mean(1)
            np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
            of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
            loss -= np.log(np.maximum(of_label, 1e-12)).sum()
        return cls(label_names, confusion, float(loss / confusion.sum()))

    @property
    def accuracy(self) -> float:
        return float(self.confusion.trace() / self.confusion.sum())

    @property
    def per_class_recall(self) -> dict[str, float]:
        """The share found of each class that has pictures."""
        totals = self.confusion.sum(axis=1)
        return {name: float(self.confusion[index, index] / totals[index])
                for index, name in enumerate(self.label_names) if totals[index]}

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the recalls."""
        return float(np.mean(list(self.per_class_recall.values())))

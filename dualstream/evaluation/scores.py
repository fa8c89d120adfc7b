"""Scores of a classification with classes of unequal size: what is right, class by class."""

import dataclasses
import math
import sys
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from dualstream.runtime.cluster import Cluster
from dualstream.runtime.errors import UserError


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
    def of(
        cls, network: keras.Model, batches: tf.data.Dataset, label_names: list[str]
    ) -> 'Scores':
        """Scores a network on a data set; all devices that it was built for share each batch.

        Args:
          network: outputs probabilities (batch, classes).
          batches: (float32 (batch, height, width, 3), int (batch,)), as
            `make_evaluation_batches` makes them; or, for several windows of each example,
            (float32 (batch, windows, height, width, 3), int (batch,)): then an example's
            probabilities are the mean of its windows'.
          label_names: the classes.

        Raises:
          UserError: an example has no label, or one that is none of the classes.
        """
        labels, probabilities = _predict(network, batches)
        strange = labels[(labels < 0) | (labels >= len(label_names))]
        if strange.size:
            raise UserError(f'{strange.size} of {labels.size} examples have no label of the '
                            f'{len(label_names)} classes (such as {strange[0]}), so that they '
                            'cannot be scored')
        confusion = tf.math.confusion_matrix(
            labels, probabilities.argmax(axis=1), len(label_names), dtype=tf.int64)
        of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        cross_entropy = -np.log(np.maximum(of_label, 1e-12)).mean()
        return cls(label_names, confusion.numpy(), float(cross_entropy))

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


def _predict(
    network: keras.Model, batches: tf.data.Dataset
) -> tuple[np.ndarray, np.ndarray]:
    """Labels (examples,) and probabilities (examples, classes) of batches, each made only once."""
    labels, windows, images = [], [], []  # of each batch; the number of its images

    def filled_batches() -> Iterator[tuple[np.ndarray]]:
        size, devices = 0, _devices(network)
        for batch, batch_labels in batches.as_numpy_iterator():
            each = batch.reshape([-1, *batch.shape[-3:]])
            labels.append(batch_labels)
            windows.append(len(each) // len(batch_labels))
            images.append(len(each))
            # A smaller last batch is filled up: accelerators compile for one size, and several
            # devices need equal parts.
            size = max(size, math.ceil(len(each) / devices) * devices)
            yield (np.resize(each, [size, *each.shape[1:]]),)

    if Cluster.from_environment().hosts > 1:
        # Model.predict cannot collect what is on other hosts. Each host computes everything.
        outputs = [network.predict_on_batch(batch) for batch, in filled_batches()]
    else:
        steps = int(batches.cardinality())
        predicted = network.predict(filled_batches(), steps=steps if steps > 0 else None,
                                    verbose=1 if sys.stdout.isatty() else 0)
        outputs = np.split(predicted, len(images))
    of_windows = (np.asarray(output)[:count].reshape([-1, several, output.shape[-1]])
                  for output, count, several in zip(outputs, images, windows, strict=True))
    return np.concatenate(labels), np.concatenate([each.mean(axis=1) for each in of_windows])


def _devices(network: keras.Model) -> int:
    """How many devices share a batch."""
    if distribution := keras.distribution.distribution():
        return math.prod(distribution.device_mesh.shape)
    strategy = getattr(network, 'distribute_strategy', None)  # of TensorFlow's trainer alone
    return strategy.num_replicas_in_sync if strategy else 1

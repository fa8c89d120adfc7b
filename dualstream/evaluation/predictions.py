"""What a network predicts for the examples of a data set, and under which prior of the classes."""

import dataclasses
import math
import sys
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from dualstream.runtime.cluster import Cluster
from dualstream.runtime.errors import UserError

LEAST_PROBABILITY = 1e-12
"""What a probability is raised to before its logarithm is taken."""


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Labels and predicted probabilities of the same examples, in the order of the data set.

    Attributes:
      label_names: the classes.
      labels: int (examples,), numbers of classes.
      probabilities: float32 (examples, classes), in [0, 1]; each row's sum is 1.
    """

    label_names: Sequence[str]
    labels: np.ndarray
    probabilities: np.ndarray

    @property
    def cross_entropy(self) -> float:
        """The mean negative logarithm of the labels' probabilities, in nats."""
        rows = np.arange(len(self.labels))
        of_label = self.probabilities[rows, self.labels].astype(np.float64)
        return float(-np.log(np.maximum(of_label, LEAST_PROBABILITY)).mean())

    def with_uniform_prior(self, shares: np.ndarray) -> 'Predictions':
        """Divides the probabilities by the classes' shares in training, so that their sum is 1.

        A network that is trained on many examples of one class predicts that class too often for a
        data set in which all classes are equally frequent, or for one in which errors of all
        classes count equally (Menon et al. 2021, Long-tail learning via logit adjustment). Use it
        for balanced accuracy; leave the probabilities as they are where the classes come as often
        as in training.

        Args:
          shares: float (classes,), of the training examples, each at least 0; a class without
            examples, of which nothing was learned, is not raised.

        Example:

        >>> predicted = Predictions(['cmd', 'cbb'], np.array([1]), np.float32([[0.6, 0.4]]))
        >>> divided = predicted.with_uniform_prior(np.array([0.75, 0.25])).probabilities
        >>> [round(float(each), 3) for each in divided[0]]
        [0.333, 0.667]
        """
        return self.weighted(1 / np.where(np.asarray(shares) > 0, shares, 1))

    def weighted(self, weights: np.ndarray) -> 'Predictions':
        """Multiplies the probabilities of each class by its weight, so that their sum is 1.

        Args:
          weights: float (classes,), each greater than 0.
        """
        products = self.probabilities * weights
        products /= products.sum(axis=1, keepdims=True)
        return dataclasses.replace(self, probabilities=products.astype(np.float32))

    def in_order(self, label_names: Sequence[str]) -> 'Predictions':
        """Gives the same predictions with the classes in another order.

        Args:
          label_names: the same classes.
        """
        order = [list(self.label_names).index(name) for name in label_names]
        return Predictions(label_names, np.argsort(order)[self.labels],
                           self.probabilities[:, order])

    def take(self, places: np.ndarray) -> 'Predictions':
        """Takes some examples.

        Args:
          places: int (n,), positions in the order of the data set; one may come more than once.
        """
        return dataclasses.replace(
            self, labels=self.labels[places], probabilities=self.probabilities[places])


def predict(
    network: keras.Model, batches: tf.data.Dataset, label_names: Sequence[str]
) -> Predictions:
    """Predicts a data set; all devices that the network was built for share each batch.

    Args:
      network: outputs probabilities (batch, classes).
      batches: (float32 (batch, height, width, 3), int (batch,)), as `make_evaluation_batches`
        makes them; or, for several views of each example, (float32 (batch, views, height, width,
        3), int (batch,)): then an example's probabilities are the mean of its views'.
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
    return Predictions(label_names, labels, probabilities)


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

"""What a network predicts for the examples of a data set, and under which prior of the classes."""

import dataclasses
import math
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
import tqdm

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
    labels, probabilities = [], []
    size, devices = 0, _devices(network)
    steps = int(batches.cardinality())
    for batch, batch_labels in tqdm.tqdm(
            batches.as_numpy_iterator(), 'Predicting', steps if steps > 0 else None,
            unit=' batches', leave=False, disable=None):
        images = batch.reshape([-1, *batch.shape[-3:]])
        # A smaller last batch is filled up: accelerators compile for one size, and several devices
        # need equal parts.
        size = max(size, math.ceil(len(images) / devices) * devices)
        output = _predict_batch(network, np.resize(images, [size, *images.shape[1:]]))
        of_views = output[:len(images)].reshape([len(batch_labels), -1, output.shape[-1]])
        labels.append(batch_labels)
        probabilities.append(of_views.mean(axis=1))
    return np.concatenate(labels), np.concatenate(probabilities)


def _predict_batch(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Predicts a batch of which each device gets a part.

    `network.predict` with a generator of all batches would keep the first two of them for ever on
    TensorFlow (Keras 3.15), in every epoch of a training.
    """
    if _devices(network) > 1 and Cluster.from_environment().hosts == 1:
        # predict_on_batch does not share a batch. Of several hosts each computes everything, since
        # `predict` cannot collect what is on others.
        return network.predict(tf.data.Dataset.from_tensors((images,)), verbose=0)
    return np.asarray(network.predict_on_batch(images))


def _devices(network: keras.Model) -> int:
    """How many devices share a batch."""
    if distribution := keras.distribution.distribution():
        return math.prod(distribution.device_mesh.shape)
    strategy = getattr(network, 'distribute_strategy', None)  # of TensorFlow's trainer alone
    return strategy.num_replicas_in_sync if strategy else 1

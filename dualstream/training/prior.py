"""Which prior of the classes a network assumes: that of its training data, or a uniform one."""

import keras
import numpy as np


def learned_shares(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Computes the classes' shares that a training shows to the network.

    Args:
      counts: int (classes,), training examples of each class.
      weights: float (classes,), the weight of an example of each class in the loss.

    Returns:
      float64 (classes,); their sum is 1.

    Example:

    >>> learned_shares(np.array([30, 10]), np.array([1.0, 3.0])).tolist()
    [0.5, 0.5]
    """
    counted = np.asarray(counts, np.float64) * weights
    return counted / counted.sum()


def assume_uniform_prior(network: keras.Model, shares: np.ndarray) -> None:
    """Changes a trained network so that its probabilities assume equally frequent classes.

    The logarithm of each class's share is subtracted from its logit, which divides the
    probabilities by the shares (Menon et al. 2021, Long-tail learning via logit adjustment), as
    `Predictions.with_uniform_prior` does. Use it before a network is saved.

    Args:
      network: with a layer `logits`, as `dual_stream` builds it.
      shares: float (classes,), from `learned_shares`; a class without examples keeps its logit.
    """
    bias = network.get_layer('logits').bias
    bias.assign(keras.ops.convert_to_numpy(bias) - np.log(np.where(shares > 0, shares, 1)))

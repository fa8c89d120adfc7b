"""A data set some of whose labels are made wrong, to see whether that is found."""

import dataclasses

import numpy as np
import tensorflow as tf

from dualstream.pipeline.parts import Parts


def make_wrong(labels: np.ndarray, share: float, classes: int, *, seed: int) -> np.ndarray:
    """Gives some labels another class, each other class with equal probability.

    Args:
      labels: int (n,), the true ones.
      share: of them, how many to make wrong, in [0, 1]; rounded down.
      classes: how many there are.
      seed: of the choice.

    Returns:
      int64 (n,).
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(labels))[:int(share * len(labels))]
    wrong = labels.astype(np.int64)
    wrong[chosen] = (wrong[chosen] + rng.integers(1, classes, len(chosen))) % classes
    return wrong


@dataclasses.dataclass(frozen=True)
class WrongLabels(Parts):
    """Parts of a set, with other labels than those that are stored.

    Attributes:
      wrong_labels: int64 (photographs,), in the order of all splits.
    """

    wrong_labels: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))

    def read(self, purpose: str) -> tf.data.Dataset:
        labels = tf.constant(self.wrong_labels)
        return super().read(purpose).map(tf.autograph.experimental.do_not_convert(
            lambda example: example | {'label': labels[example['index']]}))

    def labels(self, purpose: str) -> np.ndarray:
        return self.wrong_labels[np.sort(self.parts[purpose])]

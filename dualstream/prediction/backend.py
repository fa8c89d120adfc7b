"""What each format of a trained network does: it answers about frames."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a network says of one frame.

    Attributes:
      probabilities: float32 (classes,), calibrated.
      window: int (4,), the window (y, x, height, width) that it looked at, in pixels of the frame.
      coverage: of the window, in [0, 1].
      verdict: one of `evaluation.refusal.VERDICTS`.
    """

    probabilities: np.ndarray
    window: np.ndarray
    coverage: float
    verdict: str


Frames = tf.data.Dataset | Iterable[tuple[int, np.ndarray, bytes]]
"""(int, uint8 (H, W, 3), bytes): thousands, as a data set; or a few, which needs no graph."""


class Backend(Protocol):
    """A trained network in one format, with the routine that it looks at photographs with.

    Attributes:
      label_names: the classes, in the order of the probabilities.
    """

    label_names: tuple[str, ...]

    def answers(self, frames: Frames) -> Iterator[tuple[int, Answer]]:
        """Answers about frames, in their order.

        Args:
          frames: a number for each frame; its pixels, upright sRGB; and the bytes that they were
            decoded from, b'' where it was turned or is an array.

        Yields:
          The number of a frame and the answer; of a data set, a frame that fails is left out.
        """

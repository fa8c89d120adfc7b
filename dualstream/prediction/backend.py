"""What each format of a trained network does: it answers about frames."""

import dataclasses
from collections.abc import Iterator
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


class Backend(Protocol):
    """A trained network in one format, with the routine that it looks at photographs with.

    Attributes:
      label_names: the classes, in the order of the probabilities.
    """

    label_names: tuple[str, ...]

    def answers(self, frames: tf.data.Dataset) -> Iterator[tuple[int, Answer]]:
        """Answers about frames, in their order.

        Args:
          frames: (int64, uint8 (H, W, 3), string): a number for each frame; its pixels, upright
            sRGB; and the bytes that they were decoded from, '' where it was turned or is an array.

        Yields:
          The number of a frame and the answer; a frame that fails is left out.
        """

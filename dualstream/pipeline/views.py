"""Views: several images of each photograph, whose predictions are averaged."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Views:
    """Makes several images of each photograph; in the place of a routine.

    Use it to evaluate: windows of different zooms, and the whole frame, show both marks of a few
    pixels and the habit of the leaf. `evaluation.predictions.predict` averages the probabilities of
    an example's views (after Krizhevsky et al. 2012, ImageNet Classification with Deep
    Convolutional Neural Networks, who average ten crops).

    Attributes:
      routines: makes an image each, of an example and a seed; all of one size.

    Example:
      >>> import tensorflow as tf
      >>> from dualstream import Routine
      >>> from dualstream.pipeline import Views
      >>> views = Views((Routine((32, 32)), Routine((32, 32), zoom=2.0)))
      >>> photo = tf.io.encode_jpeg(tf.zeros([90, 120, 3], tf.uint8))
      >>> views({'image': photo}, seed=(0, 1)).shape
      TensorShape([2, 32, 32, 3])
    """

    routines: tuple[Callable, ...]

    def __call__(self, example: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        """Makes the images of one example.

        Args:
          example: as a call of `Routine` takes it.
          seed: int (2,), of a stateless generator; the same for all views.

        Returns:
          float32 (views, height, width, 3), sRGB in [0, 1].
        """
        return tf.stack([routine(example, seed) for routine in self.routines])

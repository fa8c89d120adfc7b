"""Zoom: how many pixels of the frame become one pixel of the image.

At zoom 1 a window has the size of the image, and every detail is kept. At zoom 2 it is twice as
high and wide, and shows four times as much at half the detail. A range of zooms, (low, high), is
for training on random windows: objects are then seen at many sizes, as in random resized crops
(Szegedy et al. 2015, Going Deeper with Convolutions). A zoom of infinity stands for the largest
window of the image's proportions that fits into the frame.
"""

import tensorflow as tf

Zoom = float | tuple[float, float]
"""A zoom, or the lowest and the highest; each greater than 0, and infinity is allowed."""


_STEPS = 2**24
"""How many zooms can be drawn from a range."""


def check_zoom(zoom: Zoom) -> None:
    """Checks that a zoom is a positive number, or a range of two that ascend.

    Raises:
      ValueError: it is not; the message starts with 'zoom'.
    """
    bounds = zoom if isinstance(zoom, tuple) else (zoom,)
    numbers = all(isinstance(each, (int, float)) and each > 0 for each in bounds)
    if not numbers or len(bounds) > 2 or (len(bounds) == 2 and bounds[0] >= bounds[1]):
        raise ValueError(
            f'zoom must be a positive number, or a range (low, high) of two; got {zoom!r}')


def random_zoom(
    bounds: tuple[float, float], frame_size: tf.Tensor, target_size: tuple[int, int], *,
    seed: tf.Tensor,
) -> tf.Tensor:
    """Draws a zoom, such that it is as often between 1 and 2 as between 2 and 4.

    Use it to train on windows of random size.

    Args:
      bounds: (low, high). Where the largest window has a zoom below one of them, that zoom takes
        its place: no larger one is drawn and cut down.
      frame_size: int32 (2,), height and width of the frame in pixels.
      target_size: (height, width) in pixels of the image to make.
      seed: int (2,), of a stateless generator: the same seed gives the same zoom everywhere.

    Returns:
      float64, uniform in its logarithm.

    Example:
      >>> from dualstream.crop.zoom import random_zoom
      >>> 1 <= float(random_zoom((1, 4), (600, 800), (100, 100), seed=(0, 1))) <= 4
      True
    """
    low, high = _log_bounds(bounds, frame_size, target_size)
    # Integers: of the same seed, XLA draws other floating-point numbers than the host.
    drawn = tf.random.stateless_uniform([], seed, minval=0, maxval=_STEPS, dtype=tf.int32)
    return tf.exp(low + (high - low) * tf.cast(drawn, tf.float64) / _STEPS)


def middle_zoom(
    bounds: tuple[float, float], frame_size: tf.Tensor, target_size: tuple[int, int]
) -> tf.Tensor:
    """Computes the geometric mean of a range: half of what `random_zoom` draws is below it.

    Use it to evaluate and to predict after a training on random zooms.

    Args:
      bounds, frame_size, target_size: as `random_zoom` takes them.

    Returns:
      float64.

    Example:
      >>> import math
      >>> from dualstream.crop.zoom import middle_zoom
      >>> round(float(middle_zoom((1, 4), (600, 800), (100, 100))), 6)
      2.0
      >>> round(float(middle_zoom((1, math.inf), (900, 1600), (100, 100))), 6)
      3.0
    """
    low, high = _log_bounds(bounds, frame_size, target_size)
    return tf.exp((low + high) / 2)


def _log_bounds(bounds, frame_size, target_size):
    """Logarithms of the bounds, each at most that of the largest window's zoom: float64 (2,)."""
    # In float64, so that rounded sizes of windows are the same on every processor.
    largest = tf.reduce_min(tf.cast(frame_size, tf.float64) / tf.cast(target_size, tf.float64))
    return tf.unstack(tf.math.log(tf.minimum(tf.constant(bounds, tf.float64), largest)))

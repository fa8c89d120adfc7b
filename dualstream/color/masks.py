"""Masks: which pixels have a hue, saturation and value inside a range.

Two implementations of one definition. `cv_color_mask` reads like the textbook, in OpenCV, behind
`tf.py_function`; `tf_color_mask` is tensor ops alone, so it runs wherever the graph runs.

Both agree on every 8-bit colour, because the thresholds are whole degrees and whole per cents: then
each comparison, multiplied by its denominator, is between whole numbers (at most 91,800, exact in
float32), and a tolerance of less than one such step absorbs every rounding error.
"""

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class HsvRange:
    """A box in HSV space; both ends of each range belong to it.

    Attributes:
      hue: (lo, hi) in whole degrees of [0, 360]. lo > hi wraps through red: (340, 20).
      saturation: (lo, hi) in [0, 1], whole hundredths.
      value: (lo, hi) in [0, 1], whole hundredths.

    A gray pixel has hue 0 and saturation 0, as in OpenCV and scikit-image.

    Raises:
      ValueError: a bound outside its interval or between two whole steps, or an upside-down
        saturation or value range.
    """

    hue: tuple[int, int] = (35, 170)
    saturation: tuple[float, float] = (0.20, 1.0)
    value: tuple[float, float] = (0.12, 1.0)

    def __post_init__(self):
        for name, top, steps in (('hue', 360, 1), ('saturation', 1, 100), ('value', 1, 100)):
            bounds = getattr(self, name)
            if len(bounds) != 2 or not all(0 <= bound <= top for bound in bounds):
                raise ValueError(f'{name} must be (lo, hi) with both in [0, {top}], got {bounds}')
            if any(abs(bound * steps - round(bound * steps)) > 1e-6 for bound in bounds):
                unit = 'whole degrees' if name == 'hue' else 'whole hundredths'
                raise ValueError(f'{name} must be in {unit}, got {bounds}')
            if name != 'hue' and bounds[0] > bounds[1]:
                raise ValueError(f'{name} must be (lo, hi) with lo <= hi, got {bounds}')

    @property
    def wraps(self) -> bool:
        """Whether the hue range passes through red, from 360 degrees on to 0."""
        return self.hue[0] > self.hue[1]


LEAF = HsvRange()
"""Leaves from yellow-green to blue-green; soil is redder, sky bluer, straw and concrete paler."""


def tf_color_mask(image: tf.Tensor, hsv_range: HsvRange = LEAF) -> tf.Tensor:
    """The mask of an image by tensor ops, without a division.

    With d = max - min of a pixel's channels, hue = 60 * (difference of two channels) / d + a
    multiple of 120 degrees (Smith 1978, Color Gamut Transform Pairs). So lo <= hue is
    lo * d <= 60 * difference + ..., linear in d and one difference; saturation = d / max likewise.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB.
      hsv_range: the range to look for.

    Returns:
      bool (...): True where the pixel lies in the range; a NaN lies in none.

    Raises:
      ValueError: the image's dtype is neither uint8 nor floating, or it has not three channels.
    """
    red, green, blue = tf.unstack(_eight_bit_scale(image), axis=-1)
    top = tf.maximum(tf.maximum(red, green), blue)
    d = top - tf.minimum(tf.minimum(red, green), blue)
    sixth = tf.where(
        tf.equal(top, red), green - blue,
        tf.where(tf.equal(top, green), blue - red + 2 * d, red - green + 4 * d))
    degrees_d = 60 * tf.where(sixth < 0, sixth + 6 * d, sixth)  # hue * d
    # 0 <= lo * 0 would give gray every hue, and black every saturation; both have 0.
    hue_d = tf.where(tf.equal(d, 0), tf.ones_like(d), d)
    saturation_top = tf.where(tf.equal(top, 0), tf.ones_like(top), top)

    half_step = 0.5
    lo, hi = hsv_range.hue
    above = degrees_d > lo * hue_d - half_step
    below = degrees_d < hi * hue_d + half_step
    hue = above | below if hsv_range.wraps else above & below
    s_lo, s_hi = (round(100 * bound) for bound in hsv_range.saturation)
    v_lo, v_hi = (255 * round(100 * bound) for bound in hsv_range.value)
    saturation = ((100 * d > s_lo * saturation_top - half_step)
                  & (100 * d < s_hi * saturation_top + half_step))
    value = (100 * top > v_lo - half_step) & (100 * top < v_hi + half_step)
    return hue & saturation & value


def cv_color_mask(image: tf.Tensor, hsv_range: HsvRange = LEAF) -> tf.Tensor:
    """The mask of an image by OpenCV's cvtColor and inRange, behind `tf.py_function`.

    It holds Python's interpreter lock while it enters and leaves, and cannot be compiled by XLA
    nor run on an accelerator: that is what `tf_color_mask` is for. OpenCV's 8-bit HSV rounds the
    hue to 2 degrees; the float32 form used here does not.

    Args:
      image: uint8 (H, W, 3), or floating (H, W, 3) in [0, 1]; sRGB.
      hsv_range: the range to look for.

    Returns:
      bool (H, W): True where the pixel lies in the range; a NaN lies in none.

    Raises:
      ValueError: the image's dtype is neither uint8 nor floating, or it has not three channels.
    """
    import cv2  # here, and nowhere else in the package

    lo, hi = hsv_range.hue
    # Half of the smallest step that an 8-bit colour can make: 1/255 degree, 1/25500, 1/100.
    step = 0.5 * np.array([1 / 255, 1 / 25500, 1 / 100])
    low = np.array([lo, hsv_range.saturation[0], 255 * hsv_range.value[0]]) - step
    high = np.array([hi, hsv_range.saturation[1], 255 * hsv_range.value[1]]) + step

    def in_range(rgb: tf.Tensor) -> tf.Tensor:
        hsv = cv2.cvtColor(rgb.numpy(), cv2.COLOR_RGB2HSV)
        if not hsv_range.wraps:
            return cv2.inRange(hsv, low, high) > 0
        up_to_red = cv2.inRange(hsv, low, np.array([361, high[1], high[2]]))
        from_red = cv2.inRange(hsv, np.array([-1, low[1], low[2]]), high)
        return (up_to_red | from_red) > 0

    rgb = _eight_bit_scale(image)
    mask = tf.py_function(in_range, [rgb], tf.bool, name='cv_color_mask')
    return tf.ensure_shape(mask, rgb.shape[:-1])


def _eight_bit_scale(image: tf.Tensor) -> tf.Tensor:
    """float32 in [0, 255], in which 8-bit colours are whole numbers."""
    image = tf.convert_to_tensor(image)
    if image.shape.rank is not None and image.shape[-1] != 3:
        raise ValueError(f'image must have 3 channels, red, green, blue; got shape {image.shape}')
    if image.dtype == tf.uint8:
        return tf.cast(image, tf.float32)
    if image.dtype.is_floating:
        return 255 * tf.cast(image, tf.float32)
    raise ValueError(f'image must be uint8, or floating in [0, 1]; got {image.dtype.name}')

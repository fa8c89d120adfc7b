"""Masks: which pixels have a hue, saturation and value inside a range.

Two implementations of one definition. `cv_color_mask` reads like the textbook, in OpenCV, behind
`tf.py_function`; `tf_color_mask` is tensor ops alone, so it runs wherever the graph runs.

Both agree on every 8-bit colour, because the thresholds are whole degrees and whole per cents: then
each comparison, multiplied by its denominator, is between whole numbers. `tf_color_mask` compares
those, in 16 bits; where an image comes as floating point, a tolerance of half of one such step
absorbs every rounding error.
"""

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class HsvRange:
    """A box in HSV space; both ends of each range belong to it.

    Attributes:
      hue: (lo, hi) in whole degrees of [0, 360]. lo > hi wraps through red: (340, 20); 360 is
        red again, so (300, 360) has it, too.
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

    def hues_around(self, center: int) -> list[tuple[int, int]]:
        """The parts of the hue range within 60 degrees of a hue: (lo, hi), relative to it."""
        lo, hi = self.hue
        lo -= 360 * self.wraps
        turns = ((lo + turn - center, hi + turn - center) for turn in (-360, 0, 360))
        parts = [(max(lo, -60), min(hi, 60)) for lo, hi in turns]
        return [(lo, hi) for lo, hi in parts if lo <= hi]


LEAF = HsvRange()
"""Leaves from yellow-green to blue-green; soil is redder, sky bluer, straw and concrete paler."""


def tf_color_mask(image: tf.Tensor, hsv_range: HsvRange = LEAF) -> tf.Tensor:
    """The mask of an image by tensor ops, without a division.

    Within 60 degrees of the channel that is the greatest, hue is linear: with d = max - min, it is
    that channel's own hue plus 60 * (difference of the other two) / d (Smith 1978, Color Gamut
    Transform Pairs). So each bound on the hue is one on that difference, times d; saturation is
    d / max, likewise. What no colour can fail is not compared.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB.
      hsv_range: the range to look for.

    Returns:
      bool (...): True where the pixel lies in the range; a NaN lies in none.

    Raises:
      ValueError: the image's dtype is neither uint8 nor floating, or it has not three channels.
    """
    image = _checked(image)
    # Of 8 bits no product below exceeds 100 * 255, which 16 bits hold: half the work of 32.
    whole = image.dtype == tf.uint8
    channels = tf.cast(image, tf.int16) if whole else _eight_bit_scale(image)
    half_step = 0 if whole else 0.5
    red, green, blue = tf.unstack(channels, axis=-1)
    top = tf.maximum(tf.maximum(red, green), blue)
    d = top - tf.minimum(tf.minimum(red, green), blue)

    hue = tf.zeros_like(top, tf.bool)
    for center, peak, ahead, behind in (
            (0, red, green, blue), (120, green, blue, red), (240, blue, red, green)):
        for lo, hi in hsv_range.hues_around(center):
            part = tf.equal(top, peak)
            if lo > -60:
                part &= 60 * (ahead - behind) >= lo * d - half_step
            if hi < 60:
                part &= 60 * (ahead - behind) <= hi * d + half_step
            hue |= part

    s_lo, s_hi = (round(100 * bound) for bound in hsv_range.saturation)
    v_lo, v_hi = (255 * round(100 * bound) for bound in hsv_range.value)
    mask = hue
    if s_lo > 0 or not any(lo <= 0 <= hi for lo, hi in hsv_range.hues_around(0)):
        mask &= d > 0  # gray, which has hue 0 and saturation 0, passes every test times d
    if s_lo > 0:
        mask &= 100 * d >= s_lo * top - half_step
    if s_hi < 100:
        mask &= 100 * d <= s_hi * top + half_step
    if v_lo > 0:
        mask &= 100 * top >= v_lo - half_step
    if v_hi < 25500:
        mask &= 100 * top <= v_hi + half_step
    return mask


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
    lowest, red_again = [-1, *low[1:]], [hi % 360 + step[0], *high[1:]]

    def in_range(rgb: tf.Tensor) -> tf.Tensor:
        hsv = cv2.cvtColor(rgb.numpy(), cv2.COLOR_RGB2HSV)
        if lo <= hi < 360:
            return cv2.inRange(hsv, low, high) > 0
        up_to_red = cv2.inRange(hsv, low, np.array([361, *high[1:]]))
        from_red = cv2.inRange(hsv, np.array(lowest), np.array(red_again))
        return (up_to_red | from_red) > 0

    rgb = _eight_bit_scale(_checked(image))
    mask = tf.py_function(in_range, [rgb], tf.bool, name='cv_color_mask')
    return tf.ensure_shape(mask, rgb.shape[:-1])


def _checked(image: tf.Tensor) -> tf.Tensor:
    image = tf.convert_to_tensor(image)
    if image.shape.rank is not None and image.shape[-1] != 3:
        raise ValueError(f'image must have 3 channels, red, green, blue; got shape {image.shape}')
    if image.dtype != tf.uint8 and not image.dtype.is_floating:
        raise ValueError(f'image must be uint8, or floating in [0, 1]; got {image.dtype.name}')
    return image


def _eight_bit_scale(image: tf.Tensor) -> tf.Tensor:
    """float32 in [0, 255], in which 8-bit colours are whole numbers."""
    return tf.cast(image, tf.float32) * (1 if image.dtype == tf.uint8 else 255)

"""Masks: which pixels have a hue, saturation and value inside a range.

Two implementations of one definition, with the same results on every 8-bit colour:

- `tf_color_mask` is tensor ops alone. Use it everywhere: it runs wherever the graph runs.
- `cv_color_mask` reads like the textbook, in OpenCV, behind `tf.py_function`. Use it to check the
  other one, and to compare speeds.

They agree because the thresholds are whole degrees and whole hundredths: then each comparison,
multiplied by its denominator, is between whole numbers. `tf_color_mask` compares those, in 16 bits;
for floating-point images a tolerance of half of one such step absorbs every rounding error.

A range in CIE LCh has no such whole numbers: `tf_color_mask` compares it in float32, and where a
colour lies within a ten-thousandth of a bound, processors may decide differently.
"""

import numpy as np
import tensorflow as tf

from dualstream.color.lch_mask import lch_mask
from dualstream.color.ranges import LEAF, HsvRange, LchRange


def tf_color_mask(image: tf.Tensor, color_range: HsvRange | LchRange = LEAF) -> tf.Tensor:
    """Finds the pixels of an image whose colour lies in a range, by tensor ops.

    Use this one everywhere; `cv_color_mask` is there to compare with.

    Within 60 degrees of the channel that is the greatest, hue is linear: with d = max - min, it is
    that channel's own hue plus 60 * (difference of the other two) / d (Smith 1978, Color Gamut
    Transform Pairs). So each bound on the hue becomes a bound on that difference, times d, and each
    bound on the saturation d / max one on d: nothing is divided. Comparisons that always hold are
    skipped.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB. A 16-bit float stands for the
        nearest 8-bit colour, since it holds hardly more than that. For runtimes without 16-bit
        integers, such as LiteRT, also int32 (..., 3) in [0, 255].
      color_range: the colours to look for, in HSV or in CIE LCh.

    Returns:
      bool (...): True where the pixel lies in the range; a NaN lies in none.

    Raises:
      ValueError: the image's dtype is another, or it has not three channels.

    Example:
      >>> from dualstream import HsvRange, LchRange, tf_color_mask
      >>> image = [[[0.1, 0.6, 0.1], [0.5, 0.3, 0.1], [0.5, 0.5, 0.5]]]  # leaf, soil, stone
      >>> tf_color_mask(image).numpy()
      array([[ True, False, False]])
      >>> tf_color_mask(image, HsvRange(hue=(0, 40))).numpy()
      array([[False,  True, False]])
      >>> tf_color_mask(image, LchRange(hue=(110, 160))).numpy()
      array([[ True, False, False]])
    """
    image = _checked(image)
    if isinstance(color_range, LchRange):
        return lch_mask(_eight_bit_scale(image) / 255, color_range)
    # With 8-bit colours no product exceeds 100 * 255, which 16 bits hold: half the work of 32.
    whole = image.dtype.is_integer
    channels = _whole_numbers(image) if whole else _eight_bit_scale(image)
    half_step = 0 if whole else 0.5
    red, green, blue = tf.unstack(channels, axis=-1)
    top = tf.maximum(tf.maximum(red, green), blue)
    d = top - tf.minimum(tf.minimum(red, green), blue)

    hue = tf.zeros_like(top, tf.bool)
    for center, peak, ahead, behind in (
            (0, red, green, blue), (120, green, blue, red), (240, blue, red, green)):
        for lo, hi in color_range.hues_around(center):
            part = tf.equal(top, peak)
            if lo > -60:
                part &= 60 * (ahead - behind) >= lo * d - half_step
            if hi < 60:
                part &= 60 * (ahead - behind) <= hi * d + half_step
            hue |= part

    s_lo, s_hi = (round(100 * bound) for bound in color_range.saturation)
    v_lo, v_hi = (255 * round(100 * bound) for bound in color_range.value)
    mask = hue
    if s_lo > 0 or not any(lo <= 0 <= hi for lo, hi in color_range.hues_around(0)):
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
    """Finds the pixels of an image whose colour lies in a range, by OpenCV's cvtColor and inRange.

    Use it to check `tf_color_mask` and to compare speeds. Behind `tf.py_function`, it needs
    Python's interpreter lock to enter and leave, and neither XLA can compile it nor an accelerator
    run it. OpenCV's 8-bit HSV rounds the hue to 2 degrees; the float32 form used here does not.

    Args:
      image: uint8 (H, W, 3), or floating (H, W, 3) in [0, 1]; sRGB. A 16-bit float stands for the
        nearest 8-bit colour, since it holds hardly more than that.
      hsv_range: the colours to look for.

    Returns:
      bool (H, W): True where the pixel lies in the range; a NaN lies in none.

    Raises:
      ValueError: the image's dtype is neither uint8 nor floating, or it has not three channels; or
        the range is one in CIE LCh, in which OpenCV computes another result.

    Example:
      >>> import numpy as np
      >>> from dualstream import cv_color_mask
      >>> image = np.uint8([[[25, 150, 25], [130, 80, 25]]])  # leaf, soil
      >>> cv_color_mask(image).numpy()
      array([[ True, False]])
    """
    import cv2  # here, and nowhere else in the package

    if not isinstance(hsv_range, HsvRange):
        raise ValueError(f'cv_color_mask compares in HSV alone, got {hsv_range}')
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
    if image.dtype not in (tf.uint8, tf.int32) and not image.dtype.is_floating:
        raise ValueError(f'image must be uint8, or floating in [0, 1]; got {image.dtype.name}')
    return image


def _whole_numbers(image: tf.Tensor) -> tf.Tensor:
    return tf.cast(image, tf.int16) if image.dtype == tf.uint8 else image


def _eight_bit_scale(image: tf.Tensor) -> tf.Tensor:
    """float32 in [0, 255], in which 8-bit colours are whole numbers."""
    scaled = tf.cast(image, tf.float32) * (1 if image.dtype.is_integer else 255)
    # float16 and bfloat16 lie up to 0.498 away from the 8-bit colour that they were made from.
    return tf.round(scaled) if image.dtype in (tf.float16, tf.bfloat16) else scaled

"""The mask of an LchRange: comparisons in CIELAB, without an arctangent or a root of a chroma."""

import math

import tensorflow as tf

from dualstream.color.cielab import GRAY, lab_planes
from dualstream.color.ranges import LchRange
from dualstream.color.tensor_ops import tensorflow_ops


def lch_mask(image: tf.Tensor, lch_range: LchRange) -> tf.Tensor:
    """Finds the pixels whose lightness, chroma and hue lie in a range.

    A hue bound is a line through gray in the plane of a* and b*, and a pixel lies on one side of
    it: that is the sign of a sum of two products. `tf_color_mask` calls this.

    Args:
      image: float32 (..., 3), sRGB in [0, 1].
      lch_range: the colours to look for.

    Returns:
      bool (...): True where the pixel lies in the range; a NaN lies in none.
    """
    lightness, a, b = lab_planes(tensorflow_ops(), *tf.unstack(image, axis=-1))
    square = a * a + b * b
    mask = square >= lch_range.chroma[0] ** 2  # always compared, so that a NaN is outside
    if math.isfinite(lch_range.chroma[1]):
        mask &= square <= lch_range.chroma[1] ** 2
    if lch_range.lightness[0] > 0:
        mask &= lightness >= lch_range.lightness[0]
    if lch_range.lightness[1] < 100:
        mask &= lightness <= lch_range.lightness[1]
    if lch_range.width < 360:
        gray = square < GRAY**2
        mask &= tf.where(gray, lch_range.holds_hue(0), _in_hues(a, b, lch_range))
    return mask


def _in_hues(a: tf.Tensor, b: tf.Tensor, lch_range: LchRange) -> tf.Tensor:
    """Whether (a, b) lies counter-clockwise of the lower bound, and clockwise of the upper one."""
    (lo_x, lo_y), (hi_x, hi_y) = (
        (math.cos(math.radians(hue)), math.sin(math.radians(hue))) for hue in lch_range.hue)
    after, before = b * lo_x - a * lo_y >= 0, a * hi_y - b * hi_x >= 0
    if lch_range.width > 180:
        return after | before
    if lch_range.width == 0:  # the line alone, and of it the half that goes towards the hue
        return after & before & (a * lo_x + b * lo_y > 0)
    return after & before

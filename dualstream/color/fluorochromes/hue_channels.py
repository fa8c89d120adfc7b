"""A picture to channels by hue: each pixel belongs to the channel whose hue it has."""

import colorsys

import numpy as np
import tensorflow as tf

from dualstream.color.fluorochromes.intensities import join_intensities, split_intensities
from dualstream.color.fluorochromes.palettes import lookup_colors
from dualstream.color.masks import tf_color_mask
from dualstream.color.ranges import HsvRange


def hue_channels(picture: tf.Tensor, colors='rgb') -> tf.Tensor:
    """Recreates the channels of a merge by hue masks: for red and green, RFP and GFP.

    Each lookup colour owns the hues that are nearer to it than to the others; its channel is the
    pixel's value (the greatest of red, green and blue) where `tf_color_mask` finds such a hue, and
    0 elsewhere. So a pixel gives all its light to one channel. Use it where fluorochromes do not
    overlap, or to see what the usual way gives; `unmix` shares out the light where they do.

    Args:
      picture: uint8, uint16 or floating in [0, 1], (..., H, W, 3), sRGB; values outside [0, 1]
        count as 0 or 1, and a pixel with a NaN is in no channel.
      colors: at least two lookup colours with hues, as `lookup_colors` takes them.

    Returns:
      The dtype of picture, (..., H, W, channels). Gray pixels, which have no hue, are in none.

    Raises:
      ValueError: the picture has another dtype or not three channels, a colour is gray, or two have
        the same hue.

    Example:
      >>> import numpy as np
      >>> from dualstream import hue_channels
      >>> picture = np.uint8([[[200, 20, 0], [0, 90, 10], [200, 180, 0]]])
      >>> hue_channels(picture, ['red', 'green']).numpy().tolist()
      [[[200, 0], [0, 90], [200, 0]]]
    """
    picture = tf.convert_to_tensor(picture)
    ops, planes, dtype = split_intensities(picture, 'picture', channels=3)
    unit = tf.stack(planes, axis=-1)
    value = tf.reduce_max(unit, axis=-1)
    free = value > 0  # a hue on the bound of two ranges belongs to the first
    channels = []
    for hues in _nearest_hues(lookup_colors(colors)):
        mask = tf_color_mask(unit, HsvRange(hues, (0.01, 1.0), (0.0, 1.0))) & free
        channels.append(tf.where(mask, value, 0))
        free &= ~mask
    return join_intensities(ops, channels, dtype)


def _nearest_hues(table: np.ndarray) -> list[tuple[int, int]]:
    """For each colour, the whole degrees (lo, hi) that are nearer to it than to the others."""
    hues = _hues(table)
    ranges = []
    for number, hue in enumerate(hues):
        away = [(other - hue) % 360 for other in np.delete(hues, number)]
        lo, hi = hue - (360 - max(away)) / 2, hue + min(away) / 2
        ranges.append((round(lo) % 360, round(hi) % 360))
    return ranges


def _hues(table: np.ndarray) -> list[float]:
    if len(table) < 2 or not np.ptp(table, axis=1).all():
        raise ValueError('hue masks need at least two colors, and none of them gray')
    hues = [360 * colorsys.rgb_to_hsv(*color)[0] for color in table]
    if len({round(hue) for hue in hues}) < len(hues):
        raise ValueError(f'two colors have the same hue: {[round(hue) for hue in hues]} degrees')
    return hues

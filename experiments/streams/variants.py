"""The networks that are compared, each scaled until it costs as much as the reference."""

import bisect
import dataclasses
import functools

import keras
import numpy as np

from dualstream.network import PRESETS, DualStreamConfig, dual_stream, multiply_adds
from experiments.streams.front_ends import adapt_locally, drop_color, see_opponents

PRESET = 'nano'

REFERENCE = 'RGB in one stream'

_DEEP_HSV = {'slow': 'hsv', 'shrink': 2, 'depth_ratio': 2, 'hsv_areas': 4}
_ONE_STREAM = {'slow': 'none'}

VARIANTS = {
    REFERENCE: {**_ONE_STREAM, 'fast': 'rgb'},
    'two streams': {},
    'gray only': _ONE_STREAM,
    'RGB in both streams': {'slow': 'rgb', 'fast': 'rgb'},
    'RGB not adapted': {**_ONE_STREAM, 'fast': 'rgb', 'adapt': False},
    'RGB adapted locally': {**_ONE_STREAM, 'fast': 'rgb'},
    'luminance and chroma in one stream': {**_ONE_STREAM, 'fast': 'rgb'},
    'not adapted': {'adapt': False},
    'gray adapted locally': {},
    'deep HSV': _DEEP_HSV,
    'deep HSV not adapted': {**_DEEP_HSV, 'adapt': False},
    'HSV': {'slow': 'hsv'},
    'a and b beside lightness': {'slow': 'ab', 'fast': 'lightness'},
    'color at full size': {'shrink': 1},
    'color at half size': {'shrink': 2},
    'color without delay': {'delay': 0},
    'color later': {'delay': 2},
    'color merged three times': {'hsv_areas': 4},
    'color merged both ways': {'hsv_areas': 4, 'lateral': 'both'},
    'color merged at the end': {'hsv_areas': 4, 'lateral': 'none'},
    'color added': {'merge': 'add'},
    'without skips': {'skips': False},
    'with projections': {'shortcut': 'projection'},
    'color dropped at times': {},
}
"""Fields of `DualStreamConfig`, in place of the preset's."""

CHANGES = {
    'RGB adapted locally': adapt_locally,
    'gray adapted locally': adapt_locally,
    'luminance and chroma in one stream': see_opponents,
    'color dropped at times': drop_color,
}
"""What is changed in the network that the fields describe."""


def build(name: str, image_size: tuple[int, int], classes: int, *, seed: int) -> keras.Model:
    """Builds a network of VARIANTS.

    Args:
      name: a key of it.
      image_size: (height, width) in pixels.
      classes: of the network.
      seed: of the initial weights.
    """
    keras.utils.set_random_seed(seed)
    network = dual_stream(dataclasses.replace(matched(name, image_size, classes), seed=seed))
    return CHANGES[name](network) if name in CHANGES else network


@functools.cache
def matched(name: str, image_size: tuple[int, int], classes: int) -> DualStreamConfig:
    """Scales the widths of a variant, all by one factor, until it costs what the reference costs.

    Args:
      name: a key of VARIANTS.
      image_size: (height, width) in pixels.
      classes: of the network.
    """
    def variant(name):
        return dataclasses.replace(
            PRESETS[PRESET], image_size=image_size, classes=classes, **VARIANTS[name])

    reference, own = variant(REFERENCE), variant(name)
    if own == reference:
        return reference
    wanted = multiply_adds(dual_stream(reference))

    def scaled(factor):
        # In steps of 4 channels, finer than the presets' 16, so that the costs come close.
        widths = tuple(max(4, 4 * round(factor * width / 4)) for width in reference.widths)
        return dataclasses.replace(own, widths=widths)

    def cost(factor):
        return multiply_adds(dual_stream(scaled(factor)))

    factors = np.geomspace(0.4, 2.4, 40)
    above = bisect.bisect_left(factors, wanted, lo=1, hi=len(factors) - 1, key=cost)
    return scaled(min(factors[above - 1:above + 1],
                      key=lambda factor: abs(np.log(cost(factor) / wanted))))

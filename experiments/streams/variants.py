"""The networks that are compared, each scaled until it costs as much as the two streams."""

import dataclasses
import functools

import numpy as np

from dualstream.network import PRESETS, DualStreamConfig, dual_stream, multiply_adds

PRESET = 'nano'

VARIANTS = {
    'two streams': {},
    'gray only': {'slow': 'none'},
    'HSV only': {'fast': 'hsv', 'slow': 'none'},
    'RGB in one stream': {'fast': 'rgb', 'slow': 'none'},
    'RGB in both streams': {'fast': 'rgb', 'slow': 'rgb'},
    'lightness, and a and b': {'fast': 'lightness', 'slow': 'ab'},
    'no delay': {'delay': 0},
    'no skips': {'skips': False},
    'raw hue': {'hue': 'raw'},
}

COSTS = {
    'multiply-adds': multiply_adds,
    'parameters': lambda network: network.count_params(),
}


@functools.cache
def matched(name: str, cost: str, image_size: tuple[int, int], classes: int) -> DualStreamConfig:
    """Scales the widths of a variant until it costs as much as the two streams.

    Args:
      name: a key of VARIANTS.
      cost: a key of COSTS.
      image_size: (height, width) in pixels.
      classes: of the network.
    """
    whole = dataclasses.replace(PRESETS[PRESET], image_size=image_size, classes=classes)
    variant = dataclasses.replace(whole, **VARIANTS[name])
    if variant == whole:
        return whole
    wanted = COSTS[cost](dual_stream(whole))

    def scaled(factor):
        # In steps of 4 channels, finer than the presets' 16, so that the costs come close.
        widths = tuple(max(4, 4 * round(factor * width / 4)) for width in whole.widths)
        return dataclasses.replace(variant, widths=widths)

    candidates = {scaled(factor) for factor in np.geomspace(0.25, 2.4, 60)}
    return min(candidates, key=lambda config: abs(
        np.log(COSTS[cost](dual_stream(config)) / wanted)))

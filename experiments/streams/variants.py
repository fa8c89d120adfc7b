"""The networks that are compared, each scaled until it costs as much as the reference."""

import dataclasses
import functools

import keras
import numpy as np

from dualstream.network import PRESETS, DualStreamConfig, dual_stream, multiply_adds

PRESET = 'nano'

REFERENCE = 'two streams'

_LATE = {'shortcut': 'projection', 'slow': 'chroma', 'shrink': 4, 'depth_ratio': 1}
_GRAY = {'shortcut': 'projection', 'slow': 'none'}

VARIANTS = {
    REFERENCE: {},
    'with projections': {'shortcut': 'projection'},
    'shallow HSV': {'shortcut': 'projection', 'depth_ratio': 1},
    'shallow HSV at quarter size': {**_LATE, 'slow': 'hsv'},
    'shallow chroma at full size': {**_LATE, 'shrink': 1},
    'shallow chroma at half size': {**_LATE, 'shrink': 2},
    'shallow chroma': _LATE,
    'shallow chroma later': {**_LATE, 'delay': 2},
    'shallow chroma without delay': {**_LATE, 'delay': 0, 'shrink': 2},
    'thin shallow chroma': {**_LATE, 'channel_ratio': 0.25},
    'shallow chroma without skips': {**_LATE, 'skips': False},
    'shallow chroma added': {**_LATE, 'merge': 'add'},
    'shallow chroma with both laterals': {**_LATE, 'lateral': 'both'},
    'shallow chroma without laterals': {**_LATE, 'lateral': 'none'},
    'shallow chroma merged once': {**_LATE, 'hsv_areas': 1},
    'shallow a and b beside lightness': {**_LATE, 'slow': 'ab', 'fast': 'lightness'},
    'RGB in one stream': {**_GRAY, 'fast': 'rgb'},
    'RGB in both streams': {**_LATE, 'slow': 'rgb', 'fast': 'rgb'},
    'gray only': _GRAY,
}
"""Fields of `DualStreamConfig`, in place of the preset's."""

OTHERS = {
    'ResNet-18-like': {**_GRAY, 'fast': 'rgb', 'widths': (64, 128, 256, 512), 'depth': 2},
    'MobileNetV3Small': keras.applications.MobileNetV3Small,
    'EfficientNetB0': keras.applications.EfficientNetB0,
}
"""Networks that one would use instead, of their own size. The first has ResNet-18's areas, blocks
and projections (He et al. 2016) behind a first convolution that steps four pixels at once."""


def build(name: str, image_size: tuple[int, int], classes: int, *, seed: int) -> keras.Model:
    """Builds a network of VARIANTS or OTHERS.

    Args:
      name: a key of either.
      image_size: (height, width) in pixels.
      classes: of the network.
      seed: of the initial weights.
    """
    keras.utils.set_random_seed(seed)
    if name in VARIANTS:
        return dual_stream(dataclasses.replace(matched(name, image_size, classes), seed=seed))
    other = OTHERS[name]
    if isinstance(other, dict):
        return dual_stream(DualStreamConfig(
            image_size=image_size, classes=classes, seed=seed, **other))
    # Both of Keras's take pixels in [0, 255] and scale them themselves.
    pixels = keras.layers.Rescaling(255.0)(keras.Input((*image_size, 3)))
    return other(weights=None, input_tensor=pixels, classes=classes)


@functools.cache
def matched(name: str, image_size: tuple[int, int], classes: int) -> DualStreamConfig:
    """Scales the widths of a variant, all by one factor, until it costs what the reference costs.

    Args:
      name: a key of VARIANTS.
      image_size: (height, width) in pixels.
      classes: of the network.
    """
    reference = dataclasses.replace(PRESETS[PRESET], image_size=image_size, classes=classes)
    variant = dataclasses.replace(reference, **VARIANTS[name])
    if variant == reference:
        return reference
    wanted = multiply_adds(dual_stream(reference))

    def scaled(factor):
        # In steps of 4 channels, finer than the presets' 16, so that the costs come close.
        widths = tuple(max(4, 4 * round(factor * width / 4)) for width in reference.widths)
        return dataclasses.replace(variant, widths=widths)

    candidates = {scaled(factor) for factor in np.geomspace(0.4, 2.4, 40)}
    return min(candidates, key=lambda config: abs(
        np.log(multiply_adds(dual_stream(config)) / wanted)))

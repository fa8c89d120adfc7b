"""Layers that compute what each stream sees of a pixel.

In primates the lateral geniculate nucleus (LGN) keeps the pathways apart: its magnocellular layers
carry luminance and hardly any colour, its parvocellular layers carry colour. The layers here have
no weights. They take images float (..., H, W, 3), sRGB in [0, 1].
"""

import math

import keras
from keras import ops

_LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in luminance, after ITU-R BT.601: the Y that a JPEG file stores."""

_TINY = 1e-6
"""The least divisor: black has saturation 0 and gray has hue 0, and gradients stay finite."""

HUES = ('raw', 'circular')

FEEDS = ('luminance', 'hsv', 'lightness', 'ab', 'rgb')
"""What a stream can see: `luminance` and `hsv` as in primates; the others are for comparisons."""

_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
"""From linear sRGB to XYZ, with D65 as white, after IEC 61966-2-1."""

_WHITE = (0.95047, 1.0, 1.08883)


@keras.saving.register_keras_serializable(package='dualstream')
class Luminance(keras.layers.Layer):
    """Computes how bright each pixel is: (..., H, W, 3) to (..., H, W, 1), in [0, 1].

    It is JPEG's own Y, which the files hold at full resolution while they halve that of colour.

    Example:
      >>> import numpy as np
      >>> from dualstream.network import Luminance
      >>> green = np.float32([[[0, 1, 0]]])
      >>> round(float(Luminance()(green)[0, 0, 0]), 3)
      0.587
    """

    def __init__(self, **kwargs):
        # Without it, mixed precision would round the photograph before the sum, not after.
        super().__init__(autocast=False, **kwargs)

    def call(self, images):
        red, green, blue = _planes(images)
        luminance = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
        return ops.cast(ops.expand_dims(luminance, -1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


@keras.saving.register_keras_serializable(package='dualstream')
class HueSaturationValue(keras.layers.Layer):
    """Computes the colour of each pixel: (..., H, W, 3) to (..., H, W, 3 or 4).

    Computed in float32 under any precision, since hue is a difference divided by a difference, and
    bfloat16 keeps only 8 bits of each; only the result is rounded.

    Args:
      hue: `'raw'` gives (hue, saturation, value), each in [0, 1], hue in turns. It has a seam: two
        reds that look alike may lie at 0 and at 1. `'circular'` gives (saturation x cosine of hue,
        saturation x sine of hue, saturation, value), the first two in [-1, 1]. It has no seam, and
        a gray pixel, whose hue means nothing, gives 0 for the first two.

    Raises:
      ValueError: hue is neither.

    Example:
      >>> import numpy as np
      >>> from dualstream.network import HueSaturationValue
      >>> dark_green = np.float32([[[0, 0.5, 0]]])
      >>> hue, saturation, value = HueSaturationValue('raw')(dark_green)[0, 0]
      >>> round(360 * float(hue)), float(saturation), float(value)
      (120, 1.0, 0.5)
    """

    def __init__(self, hue: str = 'circular', **kwargs):
        if hue not in HUES:
            raise ValueError(f'hue must be one of {HUES}, got {hue!r}')
        super().__init__(autocast=False, **kwargs)
        self.hue = hue

    def call(self, images):
        red, green, blue = _planes(images)
        value = ops.maximum(ops.maximum(red, green), blue)
        chroma = value - ops.minimum(ops.minimum(red, green), blue)
        saturation = chroma / ops.maximum(value, _TINY)
        per_chroma = 1 / ops.maximum(chroma, _TINY)
        sixths = ops.where(
            ops.equal(value, red), (green - blue) * per_chroma,
            ops.where(ops.equal(value, green), 2 + (blue - red) * per_chroma,
                      4 + (red - green) * per_chroma))
        if self.hue == 'raw':
            turns = ops.where(sixths < 0, sixths + 6, sixths) / 6
            planes = [turns, saturation, value]
        else:
            angle = sixths * (math.pi / 3)
            planes = [saturation * ops.cos(angle), saturation * ops.sin(angle), saturation, value]
        return ops.cast(ops.moveaxis(ops.stack(planes), 0, -1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3 if self.hue == 'raw' else 4)

    def get_config(self):
        return {**super().get_config(), 'hue': self.hue}


@keras.saving.register_keras_serializable(package='dualstream')
class Lab(keras.layers.Layer):
    """Computes CIELAB of each pixel, under D65: (..., H, W, 3) to (..., H, W, 1 or 2).

    After CIE 015:2018, from sRGB after IEC 61966-2-1; computed in float32 under any precision.

    Args:
      part: `'lightness'` gives L* / 100, in [0, 1]; `'ab'` gives a* and b* over 110, which lie
        in [-1, 1] for all colours of sRGB.

    Raises:
      ValueError: part is neither.
    """

    def __init__(self, part: str, **kwargs):
        if part not in ('lightness', 'ab'):
            raise ValueError(f"part must be 'lightness' or 'ab', got {part!r}")
        super().__init__(autocast=False, **kwargs)
        self.part = part

    def call(self, images):
        red, green, blue = (_linear(plane) for plane in _planes(images))
        x, y, z = (_cube_root((shares[0] * red + shares[1] * green + shares[2] * blue) / white)
                   for shares, white in zip(_TO_XYZ, _WHITE))
        if self.part == 'lightness':
            planes = [1.16 * y - 0.16]
        else:
            planes = [500 / 110 * (x - y), 200 / 110 * (y - z)]
        return ops.cast(ops.moveaxis(ops.stack(planes), 0, -1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1 if self.part == 'lightness' else 2)

    def get_config(self):
        return {**super().get_config(), 'part': self.part}


def feed(images, what: str, *, hue: str, name: str):
    """Adds the layer that computes what one stream sees of the images.

    Args:
      images: float (batch, H, W, 3), sRGB in [0, 1].
      what: one of FEEDS.
      hue: one of HUES; only `'hsv'` needs it.
      name: of the layer.
    """
    if what == 'luminance':
        return Luminance(name=name)(images)
    if what == 'hsv':
        return HueSaturationValue(hue, name=name)(images)
    if what == 'rgb':
        return keras.layers.Identity(name=name)(images)
    return Lab(what, name=name)(images)


def _linear(plane):
    """sRGB's transfer curve undone. The greater one under the root keeps gradients finite."""
    root = ops.power((ops.maximum(plane, 0.04) + 0.055) / 1.055, 2.4)
    return ops.where(plane <= 0.04045, plane / 12.92, root)


def _cube_root(plane):
    """CIELAB's f: a cube root, straightened near black, where its slope would be infinite."""
    delta = 6 / 29
    root = ops.power(ops.maximum(plane, delta**3), 1 / 3)
    return ops.where(plane > delta**3, root, plane / (3 * delta**2) + 4 / 29)


def _planes(images):
    """Red, green and blue apart, each float32 (..., H, W).

    By way of a transposition: on a CPU, splitting and concatenating the last axis, three or four
    numbers at a time, takes as long as all the arithmetic in between.
    """
    return ops.unstack(ops.moveaxis(ops.cast(images, 'float32'), -1, 0), 3)

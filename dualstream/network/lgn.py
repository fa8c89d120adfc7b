"""Layers that compute what each stream sees.

In primates the lateral geniculate nucleus (LGN) keeps the pathways apart: its magnocellular layers
carry luminance and hardly any colour, its parvocellular layers carry colour. The layers here have
no weights. They take images float (..., H, W, 3), sRGB in [0, 1].
"""

import math

import keras
from keras import ops

from dualstream.color.cielab import lab_planes
from dualstream.color.hsv import sixths_saturation_value, within_turn
from dualstream.color.luma import LUMA

HUES = ('raw', 'circular')

FEEDS = ('luminance', 'hsv', 'chroma', 'lightness', 'ab', 'rgb')
"""What a stream can see: `luminance` and `hsv` as in primates; the others are for comparisons."""


_LEAST_SPREAD = 0.05
"""About how much a plane of one colour is divided by, so that its noise does not grow."""


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
        luminance = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
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
        sixths, saturation, value = sixths_saturation_value(ops, red, green, blue)
        if self.hue == 'raw':
            turns = within_turn(ops, sixths, 6) / 6
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
class Chroma(keras.layers.Layer):
    """Computes how colourful each pixel is, and in which hue: (..., H, W, 3) to (..., H, W, 2).

    The two numbers are chroma times the cosine of hue, and chroma times its sine, both in [-1, 1],
    in the plane that lies across the axis of grays (Hanbury and Serra 2002, A 3D-polar coordinate
    colour representation suitable for image analysis). Hue and saturation divide by chroma and
    value, so noise in pale and dark pixels becomes large in them; these are sums of red, green and
    blue, so noise stays as it is, and averaging pixels first gives the same as averaging them
    afterwards.

    Example:
      >>> import numpy as np
      >>> from dualstream.network import Chroma
      >>> pixels = np.float32([[[1, 0, 0], [0.5, 0.5, 0.5]]])
      >>> np.asarray(Chroma()(pixels)).tolist()
      [[[1.0, 0.0], [0.0, 0.0]]]
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    def call(self, images):
        red, green, blue = _planes(images)
        planes = [red - 0.5 * (green + blue), math.sqrt(0.75) * (green - blue)]
        return ops.cast(ops.moveaxis(ops.stack(planes), 0, -1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2)


@keras.saving.register_keras_serializable(package='dualstream')
class Lab(keras.layers.Layer):
    """Computes CIELAB of each pixel, under D65: (..., H, W, 3) to (..., H, W, 1 or 2).

    As `dualstream.color.rgb_to_lab`; computed in float32 under any precision.

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
        lightness, a, b = lab_planes(ops, *_planes(images))
        planes = [lightness / 100] if self.part == 'lightness' else [a / 110, b / 110]
        return ops.cast(ops.moveaxis(ops.stack(planes), 0, -1), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1 if self.part == 'lightness' else 2)

    def get_config(self):
        return {**super().get_config(), 'part': self.part}


def feed(images, what: str, *, hue: str, adapt: bool, name: str):
    """Adds the layers that compute what one stream sees of the images, in float32.

    Args:
      images: float (batch, H, W, 3), sRGB in [0, 1].
      what: one of FEEDS.
      hue: one of HUES; only `'hsv'` needs it.
      adapt: whether each plane, of each image by itself, loses its mean and is divided by its
        spread (instance normalisation without weights: Ulyanov et al. 2016).
      name: of the last layer.
    """
    seen = _layer(what, hue, f'{name}_feed' if adapt else name)(images)
    if not adapt:
        return seen
    return keras.layers.GroupNormalization(
        groups=-1, epsilon=_LEAST_SPREAD ** 2, center=False, scale=False, dtype='float32',
        name=name)(seen)


def _layer(what: str, hue: str, name: str) -> keras.layers.Layer:
    # In float32 under any precision: bfloat16 would round differences of colours before they grow.
    known = {'name': name, 'dtype': 'float32'}
    if what == 'luminance':
        return Luminance(**known)
    if what == 'hsv':
        return HueSaturationValue(hue, **known)
    if what == 'chroma':
        return Chroma(**known)
    if what == 'rgb':
        return keras.layers.Identity(**known)
    return Lab(what, **known)


def _planes(images):
    """Red, green and blue apart, each float32 (..., H, W).

    By way of a transposition: on a CPU, splitting and concatenating the last axis, three or four
    numbers at a time, takes as long as all the arithmetic in between.
    """
    return ops.unstack(ops.moveaxis(ops.cast(images, 'float32'), -1, 0), 3)

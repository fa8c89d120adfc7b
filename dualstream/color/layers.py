"""Keras layers that take images to a colour space, and back: parts of a model, saved with it."""

import dataclasses

import keras

from dualstream.color.cielab import lab_to_lch, lab_to_rgb, lch_to_lab, rgb_to_lab
from dualstream.color.conventions import StainConvention, find_convention
from dualstream.color.hed import hed_to_rgb, rgb_to_hed
from dualstream.color.hsv import hsv_to_rgb, rgb_to_hsv
from dualstream.color.linear_rgb import linear_to_rgb, rgb_to_linear
from dualstream.color.optical_density import od_to_rgb, rgb_to_od
from dualstream.color.stain_matrix import stain_matrix

SPACES = {
    'linear': (rgb_to_linear, linear_to_rgb),
    'hsv': (rgb_to_hsv, hsv_to_rgb),
    'lab': (rgb_to_lab, lab_to_rgb),
    'lch': (lambda image: lab_to_lch(rgb_to_lab(image)), lambda lch: lab_to_rgb(lch_to_lab(lch))),
    'od': (rgb_to_od, od_to_rgb),
    'hed': (rgb_to_hed, hed_to_rgb),
}
"""The spaces by name: from sRGB, and back to it."""


class _Conversion(keras.layers.Layer):
    """A layer that changes the colour space of its pixels, in float32 under any precision."""

    _direction: int  # of the pair in SPACES

    def __init__(self, space: str, *, convention: StainConvention | str | dict | None = None,
                 vectors=None, **kwargs):
        if space not in SPACES:
            raise ValueError(f'space must be one of {", ".join(SPACES)}; got {space!r}')
        if convention is not None and space not in ('od', 'hed'):
            raise ValueError(f'convention must be None for {space!r}: it is one of density')
        if vectors is not None and space != 'hed':
            raise ValueError(f'vectors must be None for {space!r}: they are stains')
        # Without it, mixed precision would round the pixels before the conversion, not after.
        super().__init__(autocast=False, **kwargs)
        self.space = space
        self._options = {}  # of the functions; what is not given keeps its default there
        if convention is not None:
            self._options['convention'] = (
                StainConvention(**convention) if isinstance(convention, dict)  # from a config
                else find_convention(convention))
        if vectors is not None:
            stain_matrix(vectors)  # refuses what cannot be separated before there are pixels
            self._options['vectors'] = vectors

    def call(self, images):
        if keras.backend.standardize_dtype(images.dtype) != 'uint8':
            images = keras.ops.cast(images, 'float32')
        pixels = SPACES[self.space][self._direction](images, **self._options)
        return keras.ops.cast(pixels, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        options = {name: dataclasses.asdict(option) if name == 'convention' else option
                   for name, option in self._options.items()}
        return {**super().get_config(), 'space': self.space, **options}


@keras.saving.register_keras_serializable(package='dualstream')
class ToColorSpace(_Conversion):
    """Takes images to a colour space: (..., 3) to (..., 3).

    Use it as the first layer of a model that should see a space other than sRGB, or before an
    augmentation of stains; outside of models, in tf.data too, call the functions themselves. Inputs
    are uint8, or floating in [0, 1]; outputs are in the units of the space, which for 'lab', 'lch'
    and 'hsv' are not near 1: a `keras.layers.Rescaling` or `Normalization` should follow.

    Args:
      space: 'linear', 'hsv', 'lab', 'lch', 'od' or 'hed', as the functions `rgb_to_...`.
      convention: of 'od' and 'hed': a StainConvention, or a preset's name; None: as `rgb_to_od` and
        `rgb_to_hed` without one.
      vectors: the stains of 'hed', (2, 3) or (3, 3); None: the convention's.

    Raises:
      ValueError: an argument is none of these.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.layers import ToColorSpace
      >>> image = np.float32([[[1, 0, 0], [1, 1, 1]]])
      >>> ToColorSpace('lab')(image)[0, 1]
      <tf.Tensor: shape=(3,), dtype=float32, numpy=array([100.,   0.,   0.], dtype=float32)>
    """

    _direction = 0


@keras.saving.register_keras_serializable(package='dualstream')
class FromColorSpace(_Conversion):
    """Takes pixels from a colour space back to images: the inverse of `ToColorSpace`.

    Inputs are floating, in the units of the space; outputs are sRGB, clipped to [0, 1]. The
    arguments are those of `ToColorSpace`.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.layers import FromColorSpace, ToColorSpace
      >>> hed = ToColorSpace('hed', convention='qupath')(np.float32([[[0.5, 0.3, 0.6]]]))
      >>> image = FromColorSpace('hed', convention='qupath')(1.5 * hed)  # half as much stain again
      >>> [round(float(level), 3) for level in image[0, 0]]
      [0.354, 0.164, 0.465]
    """

    _direction = 1

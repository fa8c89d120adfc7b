"""Intensities of a channel or a picture, of any dtype, as planes of float32 in [0, 1], and back.

Fluorescence is measured in 12 to 16 bits, so uint16 counts here beside uint8 and floating dtypes.
"""

from dualstream.color.bit_depth import WHITE
from dualstream.color.planes import join
from dualstream.color.tensor_ops import ops_of


def split_intensities(pixels, name: str, *, channels: int | None = None):
    """Takes the channels of pixels apart.

    Args:
      pixels: uint8, uint16 or floating in [0, 1], (..., channels) with at least two axes; values
        outside [0, 1] become 0 or 1, and a NaN stays one.
      name: what an error calls them.
      channels: how many there must be; any number if None.

    Returns:
      (ops, planes, dtype): the ops that work on the planes; a float32 (...) for each channel, in
      [0, 1]; and the dtype of the pixels.

    Raises:
      ValueError: another dtype, fewer than two axes, or another number of channels.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.fluorochromes.intensities import split_intensities
      >>> _, planes, dtype = split_intensities(np.uint16([[0, 65535]]), 'channels')
      >>> [float(plane[0]) for plane in planes], dtype
      ([0.0, 1.0], 'uint16')
    """
    import keras  # not above, see tensor_ops

    ops = ops_of(pixels)
    if not keras.utils.is_keras_tensor(pixels):
        pixels = ops.convert_to_tensor(pixels)
    dtype = keras.backend.standardize_dtype(pixels.dtype)
    if dtype not in WHITE and not keras.backend.is_float_dtype(dtype):
        raise ValueError(f'{name} must be uint8, uint16, or floating in [0, 1]; got {dtype}')
    found = pixels.shape[-1] if len(pixels.shape) > 1 else None
    if not found or channels and found != channels:
        raise ValueError(f'{name} must be (..., H, W, {channels or "channels"}); '
                         f'got shape {tuple(pixels.shape)}')
    planes = ops.unstack(ops.moveaxis(ops.cast(pixels, 'float32'), -1, 0), found)
    if dtype in WHITE:
        return ops, [plane / WHITE[dtype] for plane in planes], dtype
    return ops, [ops.clip(plane, 0.0, 1.0) for plane in planes], dtype


def join_intensities(ops, planes, dtype: str):
    """Puts planes in [0, 1] together in a dtype; integers are rounded."""
    if dtype in WHITE:
        planes = [ops.round(plane * WHITE[dtype]) for plane in planes]
    return join(ops, planes, dtype)


def smallest_step(dtype: str) -> float:
    """The smallest step in [0, 1] that a dtype makes; that of 8 bits for floating ones."""
    return 1 / WHITE.get(dtype, 255)

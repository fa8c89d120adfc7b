"""What all colour spaces take and give: pixels apart as three planes, and together again.

An image or a batch has its channels on the last axis: (..., 3). Two kinds come in:

- uint8, in [0, 255], which stands for [0, 1] and comes out as float32;
- floating, in [0, 1] if it is sRGB, which comes out in its own dtype.

In between, everything is computed in float32, whatever the precision of the model. The planes are
taken apart by a transposition: on a CPU, splitting and joining the last axis three numbers at a
time takes as long as all the arithmetic in between.
"""

from dualstream.color.tensor_ops import ops_of

_FLOATING = ('float16', 'bfloat16', 'float32', 'float64')


def split_image(image):
    """Takes the red, green and blue of an image apart.

    Args:
      image: uint8 (..., 3), or floating (..., 3); sRGB.

    Returns:
      (ops, planes, dtype): the ops that work on the planes; red, green and blue, each float32
      (...), in [0, 1] where the image is in its range; and the dtype that the outcome should have.

    Raises:
      ValueError: the image has not three channels, or its dtype is another; a 16-bit image is
        one of them, since its scale is unknown.
    """
    ops, image, dtype = _tensor(image, 'image')
    if dtype != 'uint8' and dtype not in _FLOATING:
        raise ValueError(
            f'image must be uint8, or floating in [0, 1]; got {dtype}: divide it by its white')
    planes = _planes(ops, image)
    if dtype == 'uint8':
        return ops, [plane / 255 for plane in planes], 'float32'
    return ops, planes, dtype


def split(pixels, name: str, *, ops=None):
    """Takes the three coordinates of pixels apart that are no sRGB.

    Args:
      pixels: floating (..., 3).
      name: what an error calls them.
      ops: to work with, where other tensors count too; those of `pixels` if None.

    Returns:
      (ops, planes, dtype) as `split_image`.

    Raises:
      ValueError: they have not three coordinates, or are not floating.
    """
    ops, pixels, dtype = _tensor(pixels, name, ops)
    if dtype not in _FLOATING:
        raise ValueError(f'{name} must be floating, got {dtype}')
    return ops, _planes(ops, pixels), dtype


def join(ops, planes, dtype: str):
    """Puts planes together, as the last axis: floating (..., number of planes)."""
    return ops.cast(ops.moveaxis(ops.stack(planes), 0, -1), dtype)


def join_image(ops, planes, dtype: str, *, clip: bool):
    """Puts red, green and blue in [0, 1] together as an image.

    Args:
      ops: from `split`.
      planes: float32 (...) each.
      dtype: of the image; 'uint8' scales to [0, 255] and rounds to the nearest, a NaN to 0.
      clip: whether colours outside sRGB take the nearest value that each channel can have;
        uint8 always does.

    Raises:
      ValueError: the dtype is neither uint8 nor floating.
    """
    import keras  # not above, see tensor_ops

    dtype = keras.backend.standardize_dtype(dtype)
    if dtype == 'uint8':
        levels = [ops.round(255 * ops.clip(ops.where(ops.isnan(plane), 0.0, plane), 0.0, 1.0))
                  for plane in planes]
        return join(ops, levels, dtype)
    if dtype not in _FLOATING:
        raise ValueError(f"dtype must be 'uint8' or floating, got {dtype!r}")
    return join(ops, [ops.clip(plane, 0.0, 1.0) for plane in planes] if clip else planes, dtype)


def _tensor(pixels, name: str, ops=None):
    import keras

    ops = ops or ops_of(pixels)
    if not keras.utils.is_keras_tensor(pixels):
        pixels = ops.convert_to_tensor(pixels)
    channels = pixels.shape[-1] if len(pixels.shape) else 1
    if channels != 3:
        hint = {1: ': repeat the gray channel', 4: ': drop the alpha channel'}.get(channels, '')
        raise ValueError(f'{name} must have 3 channels, got shape {tuple(pixels.shape)}{hint}')
    return ops, pixels, keras.backend.standardize_dtype(pixels.dtype)


def _planes(ops, pixels) -> list:
    return list(ops.unstack(ops.moveaxis(ops.cast(pixels, 'float32'), -1, 0), 3))

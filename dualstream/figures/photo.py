"""Reads a photograph from a path, bytes or an array as 8-bit pixels."""

import os
import pathlib

import numpy as np
import tensorflow as tf

from dualstream.pipeline import decode_frame
from dualstream.runtime.errors import UserError

Photo = str | os.PathLike | bytes | np.ndarray


def read_photo(photo: Photo) -> np.ndarray:
    """Reads the pixels of a photograph.

    Args:
      photo: a path; the bytes of a JPEG, PNG, GIF or BMP; or an array (H, W, 3), uint8 or floating
        in [0, 1], sRGB. A file's alpha channel is dropped and 16 bits per channel become 8, as
        everywhere in this package; floating pixels are rounded to 8 bits.

    Returns:
      uint8 (H, W, 3).

    Raises:
      UserError: the bytes are not a whole image.
      ValueError: the array has another shape or dtype, holds NaN, or is not in [0, 1].
      OSError: the file cannot be read.
    """
    if isinstance(photo, bytes):
        return _decode(photo, 'photo')
    if isinstance(photo, (str, os.PathLike)):
        return _decode(pathlib.Path(photo).read_bytes(), str(photo))
    return _eight_bits(np.asarray(photo))


def _decode(contents: bytes, name: str) -> np.ndarray:
    try:
        return decode_frame(contents).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise UserError(f'{name} is not a whole JPEG, PNG, GIF or BMP') from error


def _eight_bits(photo: np.ndarray) -> np.ndarray:
    if photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
        raise ValueError(
            f'photo must be (H, W, 3), red, green, blue, at least 1 x 1; got shape {photo.shape}')
    if photo.dtype == np.uint8:
        return photo
    if not np.issubdtype(photo.dtype, np.floating):
        raise ValueError(f'photo must be uint8, or floating in [0, 1]; got {photo.dtype}')
    if not ((photo >= 0) & (photo <= 1)).all():  # NaN is neither
        raise ValueError(
            f'photo must be in [0, 1] where it is floating, without NaN; got '
            f'{np.min(photo)} to {np.max(photo)}')
    return np.round(255 * photo).astype(np.uint8)

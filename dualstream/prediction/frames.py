"""Photographs from anywhere, checked before they are decoded, as upright frames."""

import os
import pathlib
import stat
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dualstream.export.orientation import find_orientation
from dualstream.export.reading import MOST_BYTES, fault_of_bytes, find_fault, read_frame
from dualstream.figures.photo import read_photo
from dualstream.runtime.errors import UserError


def frames_of_files(paths: Sequence[str]) -> tf.data.Dataset:
    """Reads, checks and decodes files, several at a time.

    Args:
      paths: of the photographs.

    Returns:
      The place of each in `paths`, from 0, its upright frame and its bytes, as `Backend.answers`
      takes them. Those that cannot be read are left out; `fault_of` says why.
    """
    readable = [number for number, path in enumerate(paths) if not _fault_of_file(path)]
    files = tf.data.Dataset.from_tensor_slices(
        (np.array(readable, np.int64), tf.constant(
            [os.fsencode(paths[number]) for number in readable], tf.string,
            shape=[len(readable)])))
    return files.map(lambda number, path: (number, *_checked_frame(tf.io.read_file(path))),
                     tf.data.AUTOTUNE).ignore_errors()


def read_upright(photo: str | os.PathLike | bytes | np.ndarray) -> tuple[np.ndarray, bytes]:
    """Reads one photograph.

    Args:
      photo: a path, the bytes of a JPEG or PNG, or an array (H, W, 3), uint8 or floating in [0, 1].

    Returns:
      uint8 (H, W, 3), upright; and the bytes, as `Backend.answers` takes them.

    Raises:
      UserError: the file or its bytes are no whole photograph, or too large.
      ValueError: the array has another shape, dtype or range.
    """
    if isinstance(photo, np.ndarray):
        return read_photo(photo), b''
    if not isinstance(photo, bytes):
        if fault := _fault_of_file(photo):
            raise UserError(fault)
        try:
            photo = pathlib.Path(photo).read_bytes()
        except OSError as error:
            raise UserError(error.strerror.lower()) from error
    try:
        return tuple(each.numpy() for each in _checked_frame(photo))
    except tf.errors.OpError as error:
        raise UserError(fault_of_bytes(photo) or 'cannot be decoded') from error


def fault_of(path: str) -> str:
    """Says what is wrong with a file; '' where nothing is."""
    if fault := _fault_of_file(path):
        return fault
    try:
        with open(path, 'rb') as file:
            return fault_of_bytes(file.read())
    except OSError as error:
        return error.strerror or str(error)


def _fault_of_file(path: str | os.PathLike) -> str:
    """What is wrong with a file before any of it is read."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        return (getattr(error, 'strerror', None) or str(error)).lower()
    if not stat.S_ISREG(status.st_mode):
        return 'not a file'
    if status.st_size > MOST_BYTES:
        return f'above {MOST_BYTES // 10**6} MB'
    return '' if status.st_size else 'empty'


# Traced once, which takes longer than a prediction.
@tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
def _checked_frame(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The upright frame of a photograph, and its bytes unless it was turned.

    An error in the graph where it has a fault.
    """
    right = tf.equal(find_fault(contents), '')
    with tf.control_dependencies([tf.debugging.Assert(right, ['a faulty photograph'])]):
        contents = tf.identity(contents)
    orientation = find_orientation(contents)
    return read_frame(contents, orientation), tf.where(orientation > 1, '', contents)

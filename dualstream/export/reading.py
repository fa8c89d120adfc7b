"""Photographs from strangers, checked and decoded by tensor ops."""

import tensorflow as tf

from dualstream.export.orientation import find_orientation, turn_upright
from dualstream.pipeline.decode import decode_jpeg
from dualstream.pipeline.header import find_fault_of_size

MOST_BYTES = 30_000_000

_PNG = b'\x89PNG\r\n\x1a\n'


def find_fault(contents: tf.Tensor) -> tf.Tensor:
    """Finds what can be seen to be wrong with a photograph before it is decoded.

    Args:
      contents: string, the bytes of a file, any.

    Returns:
      string: the fault in words, empty where there is none.

    Raises:
      tf.errors.InvalidArgumentError: a JPEG has no valid header.

    Example:

    >>> find_fault(b'GIF89a').numpy()
    b'not a JPEG or PNG'
    """
    jpeg = tf.io.is_jpeg(contents)
    png = tf.equal(tf.strings.substr(contents, 0, 8), _PNG)
    small = tf.strings.length(contents) <= MOST_BYTES
    # Without a header to read there is nothing to say of the size.
    fault = tf.cond((jpeg | png) & small, lambda: find_fault_of_size(contents),
                    lambda: tf.constant(f'above {MOST_BYTES // 10**6} MB'))
    return tf.where(jpeg | png, fault, 'not a JPEG or PNG')


def fault_of_bytes(contents: bytes | tf.Tensor) -> str:
    """Checks and decodes a photograph; says what is wrong with it, or '' if nothing is."""
    try:
        if fault := find_fault(contents).numpy().decode():
            return fault
        read_frame(contents)
    except tf.errors.OpError:
        return 'cannot be decoded'
    return ''


def read_frame(contents: tf.Tensor, orientation: tf.Tensor | None = None) -> tf.Tensor:
    """Decodes a photograph and turns it upright as its EXIF orientation says.

    Args:
      contents: string, the bytes of a JPEG or PNG in which `find_fault` finds none.
      orientation: of `find_orientation`, which is called where it is not given.

    Returns:
      uint8 (H, W, 3), sRGB.

    Raises:
      tf.errors.InvalidArgumentError: the bytes are not a whole image.
    """
    frame = tf.cond(tf.io.is_jpeg(contents),
                    lambda: decode_jpeg(contents),
                    lambda: tf.io.decode_png(contents, channels=3))
    orientation = find_orientation(contents) if orientation is None else orientation
    return tf.ensure_shape(turn_upright(frame, orientation), [None, None, 3])

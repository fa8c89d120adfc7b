"""Photographs from strangers, checked and decoded by tensor ops."""

import tensorflow as tf

from dualstream.export.orientation import find_orientation, turn_upright
from dualstream.pipeline.decode import MOST_PIXELS, MOST_SIDE, decode_jpeg

MOST_BYTES = 30_000_000

_PNG = b'\x89PNG\r\n\x1a\n'


def find_fault(contents: tf.Tensor) -> tf.Tensor:
    """Finds what can be seen to be wrong with a photograph before it is decoded.

    A file that claims many pixels needs memory for all of them as soon as it is decoded, however
    few bytes it has: so its header is read before.

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
    readable = (jpeg | png) & small
    one = tf.constant(1, tf.int64)
    height, width = tf.cond(readable, lambda: _size(contents, jpeg), lambda: (one, one))
    pixels = tf.minimum(height, 2**31) * tf.minimum(width, 2**31)  # within 64 bits
    # The first that is true counts.
    fault = tf.where(pixels < 1, 'no pixels', '')
    longest = tf.maximum(height, width)
    fault = tf.where(longest > MOST_SIDE, f'above {MOST_SIDE:,} pixels along a side', fault)
    fault = tf.where(pixels > MOST_PIXELS, f'above {MOST_PIXELS // 10**6} megapixels', fault)
    fault = tf.where(small, fault, f'above {MOST_BYTES // 10**6} MB')
    return tf.where(jpeg | png, fault, 'not a JPEG or PNG')


def read_frame(contents: tf.Tensor) -> tf.Tensor:
    """Decodes a photograph and turns it upright as its EXIF orientation says.

    Args:
      contents: string, the bytes of a JPEG or PNG in which `find_fault` finds none.

    Returns:
      uint8 (H, W, 3), sRGB.

    Raises:
      tf.errors.InvalidArgumentError: the bytes are not a whole image.
    """
    frame = tf.cond(tf.io.is_jpeg(contents),
                    lambda: decode_jpeg(contents),
                    lambda: tf.io.decode_png(contents, channels=3))
    return tf.ensure_shape(turn_upright(frame, find_orientation(contents)), [None, None, 3])


def _size(contents, jpeg):
    """Height and width, int64."""
    def of_jpeg():
        shape = tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
        return shape[0], shape[1]

    def of_png():
        # Width and height are four bytes each, from the 17th on; zeros where the file ends before.
        header = tf.strings.join([tf.strings.substr(contents, 0, 24), 24 * b'\0'])
        digits = tf.io.decode_raw(tf.strings.substr(header, 16, 8), tf.uint8)
        places = tf.constant([2**24, 2**16, 2**8, 1], tf.int64)
        width, height = tf.unstack(tf.reduce_sum(
            tf.cast(tf.reshape(digits, [2, 4]), tf.int64) * places, axis=1), num=2)
        return height, width

    return tf.cond(jpeg, of_jpeg, of_png)

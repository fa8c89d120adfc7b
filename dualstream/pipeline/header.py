"""What the header of a photograph says about its size, read before the photograph is decoded.

A decoder takes memory for all pixels that the header says, and time to fill them, however few bytes
follow.
"""

import tensorflow as tf

MOST_PIXELS = 50_000_000
"""The largest frame that is decoded: 50 megapixels, 150 MB once decoded."""

MOST_SIDE = 16_384
"""Pixels along a side. Choosing a window takes memory by its square: 5 GB were seen for a line of
65,500 pixels. Panoramas of phones are hardly wider than this."""

_MOST_PIXELS_A_BYTE = 512
"""Of a JPEG: each block of 8 x 8 pixels has a code of at least one bit (ITU-T T.81, F.1.2.1)."""


def read_size(contents: tf.Tensor) -> tf.Tensor:
    """Reads height and width from the header.

    Args:
      contents: string, the bytes of a JPEG or PNG. One that ends within its header has no pixels.

    Returns:
      int64 (2,).

    Raises:
      tf.errors.InvalidArgumentError: a JPEG has no valid header.

    Example:

    >>> read_size(tf.io.encode_png(tf.zeros([8, 9, 3], tf.uint8))).numpy().tolist()
    [8, 9]
    """
    def of_jpeg():
        return tf.cast(tf.io.extract_jpeg_shape(contents)[:2], tf.int64)

    def of_png():
        # Width and height are four bytes each, from the 17th on, the highest first (PNG, 11.2.1).
        header = tf.strings.join([tf.strings.substr(contents, 0, 24), 24 * b'\0'])
        digits = tf.io.decode_raw(tf.strings.substr(header, 16, 8), tf.uint8)
        places = tf.constant([2**24, 2**16, 2**8, 1], tf.int64)
        return tf.reduce_sum(tf.cast(tf.reshape(digits, [2, 4]), tf.int64) * places, axis=1)[::-1]

    return tf.cond(tf.io.is_jpeg(contents), of_jpeg, of_png)


def find_fault_of_size(contents: tf.Tensor) -> tf.Tensor:
    """Finds what is wrong with the size of a photograph, as its header gives it.

    Args:
      contents: string, the bytes of a JPEG or PNG.

    Returns:
      string: the fault in words, empty where there is none.

    Raises:
      tf.errors.InvalidArgumentError: a JPEG has no valid header.

    Example:

    >>> find_fault_of_size(tf.io.encode_png(tf.zeros([8, 9, 3], tf.uint8))).numpy()
    b''
    """
    size = tf.minimum(read_size(contents), 2**31)  # the product is within 64 bits
    pixels, length = size[0] * size[1], tf.cast(tf.strings.length(contents), tf.int64)
    bare = tf.io.is_jpeg(contents) & (pixels > _MOST_PIXELS_A_BYTE * length)
    # The last that is true counts.
    fault = tf.where(bare, 'fewer bytes than its pixels need', '')
    fault = tf.where(
        tf.reduce_max(size) > MOST_SIDE, f'above {MOST_SIDE:,} pixels along a side', fault)
    fault = tf.where(pixels > MOST_PIXELS, f'above {MOST_PIXELS // 10**6} megapixels', fault)
    return tf.where(pixels < 1, 'no pixels', fault)


def checked(contents: tf.Tensor) -> tf.Tensor:
    """Refuses a photograph whose header says a size that has a fault.

    Args:
      contents: string, the bytes of a JPEG or PNG. Those of other formats pass.

    Returns:
      The same bytes.

    Raises:
      tf.errors.InvalidArgumentError: it has a fault, or its header cannot be read.

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([8, 8, 3], tf.uint8))
    >>> bool(checked(photo) == photo)
    True
    """
    known = tf.io.is_jpeg(contents) | tf.equal(tf.strings.substr(contents, 0, 4), b'\x89PNG')
    fault = tf.cond(known, lambda: find_fault_of_size(contents), lambda: tf.constant(''))
    said = tf.strings.join(['the photograph has, as its header says, ', fault])
    with tf.control_dependencies([tf.debugging.Assert(tf.equal(fault, ''), [said])]):
        return tf.identity(contents)

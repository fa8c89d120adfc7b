"""Decoding: from the bytes of a photograph to its pixels, of the whole frame or of one window."""

import functools

import tensorflow as tf


def decode_frame(contents: tf.Tensor) -> tf.Tensor:
    """Decodes the whole frame at full size.

    Use it for masks and windows that are chosen from the pixels.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP. Of 16 bits per channel the upper 8
        remain, and an alpha channel is dropped.

    Returns:
      uint8 (H, W, 3), sRGB.

    Raises:
      tf.errors.InvalidArgumentError: the bytes are not a whole image.

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
    >>> decode_frame(photo).shape
    TensorShape([60, 80, 3])
    """
    with tf.name_scope('decode'):
        frame = tf.io.decode_image(contents, channels=3, expand_animations=False)
        return tf.ensure_shape(frame, [None, None, 3])


def decode_image(contents: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Decodes the whole frame and resizes it, bilinearly with antialiasing.

    Use it where the network looks at the whole frame. A JPEG is decoded at the smallest of the
    scales 1, 1/2, 1/4 and 1/8 that is at least as large as the image to make. The JPEG format has
    these scales built in, so this takes about half the time.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP.
      height, width: of the image to make, in pixels, at least 1.

    Returns:
      float32 (height, width, 3), sRGB in [0, 1].

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
    >>> decode_image(photo, 30, 40).shape
    TensorShape([30, 40, 3])
    """
    def scaled():
        times = tf.reduce_min(frame_size(contents) // [height, width])
        halvings = tf.reduce_sum(tf.cast(times >= [2, 4, 8], tf.int32))
        return tf.switch_case(halvings, [
            functools.partial(tf.io.decode_jpeg, contents, channels=3, ratio=ratio)
            for ratio in (1, 2, 4, 8)])

    with tf.name_scope('decode'):
        pixels = tf.cond(tf.io.is_jpeg(contents), scaled, lambda: decode_frame(contents))
    return tf.image.resize(pixels, [height, width], antialias=True) / 255


def decode_window(
    contents: tf.Tensor, window: tf.Tensor, target_size: tuple[int, int]
) -> tf.Tensor:
    """Decodes one window of the frame.

    Use it after a window is chosen without pixels: of a JPEG only the window is decoded.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP.
      window: int32 (4,), (y, x, height, width) in pixels, inside the frame.
      target_size: height and width of the image to make; a window smaller than it is enlarged.

    Returns:
      float32 (height, width, 3), sRGB in [0, 1].

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
    >>> decode_window(photo, tf.constant([10, 20, 32, 32]), (32, 32)).shape
    TensorShape([32, 32, 3])
    """
    with tf.name_scope('decode'):
        pixels = tf.cond(
            tf.io.is_jpeg(contents),
            lambda: tf.io.decode_and_crop_jpeg(contents, window, channels=3),
            lambda: cut(decode_frame(contents), window))
    return to_image(pixels, target_size)


def cut(frame: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Cuts a window out of a decoded frame.

    Args:
      frame: uint8 (H, W, 3).
      window: int32 (4,), (y, x, height, width) in pixels, inside the frame.

    Returns:
      uint8 (height, width, 3).
    """
    y, x, height, width = tf.unstack(window)
    return frame[y:y + height, x:x + width]


def to_image(pixels: tf.Tensor, target_size: tuple[int, int]) -> tf.Tensor:
    """Makes an image of the target's size from a window's pixels.

    Args:
      pixels: uint8 (h, w, 3), no larger than the target. A smaller window is enlarged bilinearly.
      target_size: height and width of the image to make.

    Returns:
      float32 (height, width, 3), sRGB in [0, 1].
    """
    return tf.image.resize(pixels, target_size) / 255


def to_pixels(image: tf.Tensor) -> tf.Tensor:
    """Rounds images to 8 bits a channel, a quarter of the bytes to carry to a device.

    Args:
      image: float32 (..., 3), sRGB in [0, 1].

    Returns:
      uint8 (..., 3), in [0, 255]: exact for a window that `to_image` did not enlarge, else within
      half a level.

    Example:

    >>> to_pixels(tf.constant([0.0, 0.25, 1.0])).numpy().tolist()
    [0, 64, 255]
    """
    return tf.cast(tf.round(255 * image), tf.uint8)


def frame_size(contents: tf.Tensor) -> tf.Tensor:
    """Reads the size of the frame; of a JPEG from the header alone.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP.

    Returns:
      int32 (2,), height and width in pixels.
    """
    return tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.io.extract_jpeg_shape(contents)[:2],
        lambda: tf.shape(decode_frame(contents))[:2])

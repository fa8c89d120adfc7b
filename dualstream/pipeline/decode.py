"""Decoding: from the bytes of a picture to its pixels, the whole frame or one window of it."""

import functools

import tensorflow as tf


def decode_frame(contents: tf.Tensor) -> tf.Tensor:
    """The whole frame: uint8 (H, W, 3), from the bytes of a JPEG, PNG, GIF or BMP."""
    with tf.name_scope('decode'):
        frame = tf.io.decode_image(contents, channels=3, expand_animations=False)
        return tf.ensure_shape(frame, [None, None, 3])


def decode_image(contents: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """The whole frame, resized: float32 (height, width, 3), sRGB in [0, 1].

    Bilinear with antialiasing, since a photograph is mostly several times as large. For the same
    reason a JPEG is decoded at the least of the scales that its cosine transform has at no cost, 1,
    1/2, 1/4 and 1/8, that is as large as the image: that takes half the time, and averages too.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP.
      height, width: of the image to make, in pixels.
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
    """One window: float32 (height, width, 3), sRGB in [0, 1].

    Of a JPEG only the window is decoded, which is what makes choosing first worth the while.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP.
      window: int32 (4,), (y, x, height, width) inside the frame.
      target_size: height and width of the image to make; a window smaller than it is enlarged.
    """
    with tf.name_scope('decode'):
        pixels = tf.cond(
            tf.io.is_jpeg(contents),
            lambda: tf.io.decode_and_crop_jpeg(contents, window, channels=3),
            lambda: cut(decode_frame(contents), window))
    return to_image(pixels, target_size)


def cut(frame: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """The window's pixels of a decoded frame: uint8 (h, w, 3)."""
    y, x, height, width = tf.unstack(window)
    return frame[y:y + height, x:x + width]


def to_image(pixels: tf.Tensor, target_size: tuple[int, int]) -> tf.Tensor:
    """A window's pixels, uint8 (h, w, 3), as float32 in [0, 1] of the target's size.

    A window is never larger than the target. One that is smaller is enlarged, bilinearly; one that
    fits passes tf.image.resize unchanged.
    """
    return tf.image.resize(pixels, target_size) / 255


def frame_size(contents: tf.Tensor) -> tf.Tensor:
    """Height and width of the frame: int32 (2,). Of a JPEG only the header is read."""
    return tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.io.extract_jpeg_shape(contents)[:2],
        lambda: tf.shape(decode_frame(contents))[:2])

"""Decoding: from the bytes of a photograph to its pixels, of the whole frame or of one window."""

import functools

import tensorflow as tf

from dualstream.pipeline.header import checked
from dualstream.pipeline.restarts import cut_jpeg

_EXACT = 'INTEGER_ACCURATE'


def decode_frame(contents: tf.Tensor) -> tf.Tensor:
    """Decodes the whole frame at full size.

    Use it for masks and windows that are chosen from the pixels.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP. Of 16 bits per channel the upper 8
        remain, and an alpha channel is dropped.

    Returns:
      uint8 (H, W, 3), sRGB.

    Raises:
      tf.errors.InvalidArgumentError: the bytes are not a whole image, or `checked` refuses them.

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
    >>> decode_frame(photo).shape
    TensorShape([60, 80, 3])
    """
    with tf.name_scope('decode'):
        contents = checked(contents)
        frame = tf.cond(
            tf.io.is_jpeg(contents), lambda: decode_jpeg(contents),
            lambda: tf.io.decode_image(contents, channels=3, expand_animations=False))
        return tf.ensure_shape(frame, [None, None, 3])


def decode_jpeg(contents: tf.Tensor, *, ratio: int = 1) -> tf.Tensor:
    """Decodes a JPEG to the same pixels as Pillow and browsers do.

    Use it instead of `tf.io.decode_jpeg`, whose default is a cosine transform that is less exact:
    its pixels are off by one level in the mean, which changes windows and probabilities, and it
    saves 4% of the time.

    Args:
      contents: string, the bytes of a JPEG.
      ratio: of the frame's size to that of the decode: 1, 2, 4 or 8.

    Returns:
      uint8 (ceil(H / ratio), ceil(W / ratio), 3), sRGB.

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
    >>> decode_jpeg(photo, ratio=4).shape
    TensorShape([15, 20, 3])
    """
    return tf.io.decode_jpeg(contents, channels=3, ratio=ratio, dct_method=_EXACT)


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
    with tf.name_scope('decode'):
        contents = checked(contents)
        pixels = tf.cond(
            tf.io.is_jpeg(contents),
            lambda: _decode_jpeg(contents, _halvings(frame_size(contents), [height, width])),
            lambda: decode_frame(contents))
    return _resize(pixels, [height, width])


def decode_window(
    contents: tf.Tensor,
    window: tf.Tensor,
    target_size: tuple[int, int],
    *,
    restarts: tf.Tensor | None = None,
    frame: tf.Tensor | None = None,
) -> tf.Tensor:
    """Decodes one window of the frame, and resizes it if it is not as large as the image to make.

    Use it after a window is chosen without pixels: of a JPEG only the window is decoded. With
    restarts its pixels are those of `decode_frame`, and the rows above it cost nothing. Without
    them `tf.io.decode_and_crop_jpeg` decodes the window, which reads the code of all rows above it,
    and may interpolate colours otherwise at the window's edges.

    A window of a JPEG that is at least twice as large as the image is decoded at the smallest of
    the scales 1/2, 1/4 and 1/8 that is at least as large, as `decode_image` decodes frames. Its
    edges are then rounded outwards to whole pixels of that scale, so by less than one pixel of the
    image; windows of which the scale's ratio divides y, x, height and width are not rounded.

    Args:
      contents: string, the bytes of a JPEG, PNG, GIF or BMP.
      window: int32 (4,), (y, x, height, width) in pixels, inside the frame.
      target_size: height and width of the image to make.
      restarts: int32 (2, n), where the JPEG can be entered, from `find_restarts`; None, and (2, 0),
        where that is not known.
      frame: uint8 (H, W, 3), the frame of `decode_frame` where it has been decoded: the window is
        cut out of it, unless it is decoded at a reduced scale.

    Returns:
      float32 (height, width, 3), sRGB in [0, 1].

    Raises:
      tf.errors.InvalidArgumentError: the restarts are not those of the JPEG.

    Example:

    >>> photo = tf.io.encode_jpeg(tf.zeros([60, 80, 3], tf.uint8))
    >>> decode_window(photo, tf.constant([10, 20, 32, 32]), (32, 32)).shape
    TensorShape([32, 32, 3])
    """
    halvings = _halvings(window[2:], target_size)

    def from_jpeg():
        if restarts is None:
            return _decode_and_crop(contents, window, halvings)
        return tf.cond(
            tf.size(restarts) > 0,
            lambda: _decode_intervals(contents, restarts, window, halvings),
            lambda: _decode_and_crop(contents, window, halvings))

    with tf.name_scope('decode'):
        if frame is None:
            pixels = tf.cond(
                tf.io.is_jpeg(contents), from_jpeg, lambda: cut(decode_frame(contents), window))
        else:
            pixels = tf.cond(
                tf.io.is_jpeg(contents) & (halvings > 0), from_jpeg, lambda: cut(frame, window))
    return to_image(pixels, target_size)


def cut(frame: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Cuts a window out of a decoded frame.

    Args:
      frame: uint8 (H, W, 3).
      window: int32 (4,), (y, x, height, width) in pixels, inside the frame.

    Returns:
      uint8 (height, width, 3).
    """
    return _cut_from(frame, window[:2], window)


def to_image(pixels: tf.Tensor, target_size: tuple[int, int]) -> tf.Tensor:
    """Makes an image of the target's size from a window's pixels.

    Args:
      pixels: uint8 (h, w, 3). Those of another size are resized bilinearly, with antialiasing.
      target_size: height and width of the image to make.

    Returns:
      float32 (height, width, 3), sRGB in [0, 1].
    """
    def as_it_is():
        # One pass over the image, where a cast and a division would be two. Of 8-bit integers from
        # 0 to 255 this op makes numbers from 0 to 1.
        return tf.quantization.dequantize(
            tf.bitcast(pixels, tf.quint8), 0.0, 1.0, mode='MIN_COMBINED')

    image = tf.cond(
        tf.reduce_all(tf.equal(tf.shape(pixels)[:2], target_size)),
        as_it_is, lambda: _resize(pixels, target_size))
    return tf.ensure_shape(image, [*target_size, 3])


def to_pixels(image: tf.Tensor) -> tf.Tensor:
    """Rounds images to 8 bits a channel, a quarter of the bytes to carry to a device.

    Args:
      image: float32 (..., 3), sRGB in [0, 1].

    Returns:
      uint8 (..., 3), in [0, 255]: exact for a window that `to_image` did not resize, else within
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


_RATIOS = (1, 2, 4, 8)
"""Of a frame's size to that of its decode: the scales that the JPEG format has built in."""


def _halvings(size: tf.Tensor, target_size: tuple[int, int]) -> tf.Tensor:
    """How often pixels of a size can be halved and are still the target's at least: 0 to 3."""
    times = tf.reduce_min(size // target_size)
    return tf.reduce_sum(tf.cast(times >= _RATIOS[1:], tf.int32))


def _decode_jpeg(contents, halvings):
    return tf.switch_case(halvings, [
        functools.partial(decode_jpeg, contents, ratio=ratio) for ratio in _RATIOS])


def _decode_and_crop(contents, window, halvings):
    box = _reduced(window, halvings)
    return tf.switch_case(halvings, [
        functools.partial(tf.raw_ops.DecodeAndCropJpeg, contents=contents, crop_window=box,
                          channels=3, ratio=ratio, dct_method=_EXACT)
        for ratio in _RATIOS])


def _decode_intervals(contents, restarts, window, halvings):
    """Decodes the intervals that cover a window; there `_decode_jpeg` gives the same pixels."""
    small, start = cut_jpeg(contents, restarts, window, ratio=2**halvings)
    return _cut_from(
        _decode_jpeg(small, halvings), start // 2**halvings, _reduced(window, halvings))


def _reduced(window: tf.Tensor, halvings: tf.Tensor) -> tf.Tensor:
    """The window in pixels of a reduced scale, its edges rounded outwards."""
    ratio = 2**halvings
    start = window[:2] // ratio
    return tf.concat([start, (window[:2] + window[2:] + ratio - 1) // ratio - start], axis=0)


def _resize(pixels, size):
    # Rounding may leave the result a little above 1.
    return tf.minimum(tf.image.resize(pixels, size, antialias=True) / 255, 1)


def _cut_from(frame: tf.Tensor, start: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Cuts as many pixels as a window has out of a frame, from a place (y, x) on."""
    return tf.slice(frame, tf.concat([start, [0]], axis=0), tf.concat([window[2:], [3]], axis=0))

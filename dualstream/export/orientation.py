"""The EXIF orientation of a photograph, read and carried out by tensor ops.

A camera held sideways stores its pixels as they come and says in a tag how to turn them. Python's
libraries read the tag; in a SavedModel there are only tensor ops. The tag lies in a TIFF header
(TIFF 6.0, section 2; CIPA DC-008), which a JPEG holds in a segment APP1 and a PNG in a chunk eXIf.
An orientation that is written in XMP alone is not read.
"""

import tensorflow as tf

_HEAD = 2**18  # bytes that are searched; a segment of a JPEG has at most 2**16
_PARTS = 256  # segments or chunks that are passed, so that no file makes the search long
_ENTRIES = 256  # of the directory
_APP1, _SOS, _EOI = 0xE1, 0xDA, 0xD9
_ORIENTATION, _SHORT, _LONG = 0x0112, 3, 4


def find_orientation(contents: tf.Tensor) -> tf.Tensor:
    """Finds the orientation of a JPEG or PNG.

    Args:
      contents: string, the bytes of a file, any.

    Returns:
      int32, from 1, which is upright, to 8; 1 where nothing valid is found.

    Example:

    >>> import io
    >>> from PIL import Image
    >>> sink, exif = io.BytesIO(), Image.Exif()
    >>> exif[0x0112] = 6
    >>> Image.new('RGB', (8, 8)).save(sink, 'JPEG', exif=exif)
    >>> int(find_orientation(sink.getvalue()))
    6
    """
    # Padded, so that short files can be looked at, too.
    head = tf.strings.join([tf.strings.substr(contents, 0, _HEAD), 16 * b'\0'])
    data = tf.io.decode_raw(head, tf.uint8)
    start, end = tf.cond(tf.io.is_jpeg(contents), lambda: _exif_of_jpeg(data),
                         lambda: _exif_of_png(data))
    return tf.cond(start > 0, lambda: _orientation_of(data, start, end), lambda: 1)


def turn_upright(frame: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns a frame as its orientation says.

    Args:
      frame: (H, W, channels).
      orientation: int32, from 1 to 8.

    Returns:
      (H, W, channels), or (W, H, channels) for orientations from 5 on.
    """
    frame = tf.cond(orientation >= 5, lambda: tf.transpose(frame, [1, 0, 2]), lambda: frame)
    # Of the upright frame, or of the transposed one.
    upside_down = tf.reduce_any(tf.equal(orientation, [3, 4, 7, 8]))
    mirrored = tf.reduce_any(tf.equal(orientation, [2, 3, 6, 7]))
    frame = tf.cond(upside_down, lambda: frame[::-1], lambda: frame)
    return tf.cond(mirrored, lambda: frame[:, ::-1], lambda: frame)


def _exif_of_jpeg(data):
    """Where the TIFF header of a JPEG starts and ends; (0, 0) without one."""
    def is_exif(at):
        head = tf.constant([0xFF, _APP1, *b'Exif\0\0'])
        return tf.reduce_all(tf.equal(_bytes(data, at, 10), tf.concat(
            [head[:2], _bytes(data, at + 2, 2), head[2:]], axis=0)))

    def goes_on(at):
        mark, kind = tf.unstack(_bytes(data, at, 2), num=2)
        ends = tf.equal(kind, _SOS) | tf.equal(kind, _EOI)
        return tf.equal(mark, 0xFF) & ~ends & ~is_exif(at)

    def behind(at):
        filled = tf.equal(_bytes(data, at + 1, 1)[0], 0xFF)  # a marker may have several 0xFF
        return tf.where(filled, at + 1, at + 2 + _number(_bytes(data, at + 2, 2)))

    at = _pass(data, 2, goes_on, behind)
    end = at + 2 + _number(_bytes(data, at + 2, 2))
    return tf.cond(is_exif(at), lambda: (at + 10, end), lambda: (0, 0))


def _exif_of_png(data):
    def is_exif(at):
        return tf.reduce_all(tf.equal(_bytes(data, at + 4, 4), [*b'eXIf']))

    def goes_on(at):
        kind = _bytes(data, at + 4, 4)
        return ~tf.reduce_all(tf.equal(kind, [*b'IDAT'])) & ~is_exif(at)

    def behind(at):
        return at + 12 + tf.clip_by_value(_number(_bytes(data, at, 4)), 0, _HEAD)

    at = _pass(data, 8, goes_on, behind)
    length = tf.clip_by_value(_number(_bytes(data, at, 4)), 0, _HEAD)
    return tf.cond(is_exif(at), lambda: (at + 8, at + 8 + length), lambda: (0, 0))


def _pass(data, start: int, goes_on, behind):
    """The first part of a file at which the search ends."""
    return tf.while_loop(
        lambda at: (at < tf.size(data)) & goes_on(at), lambda at: (behind(at),),
        (tf.constant(start),), maximum_iterations=_PARTS)[0]


def _orientation_of(data, start, end):
    """The orientation in the first directory of a TIFF header; 1 where it is not valid."""
    little = tf.equal(tf.cast(data[start], tf.int32), ord('I'))
    directory = start + _number(_bytes(data, start + 4, 4), little)
    inside = (directory > start) & (directory < end)
    directory = tf.where(inside, directory, start)
    count = tf.minimum(_number(_bytes(data, directory, 2), little), _ENTRIES)
    places = directory + 2 + 12 * tf.range(count)
    places = tf.boolean_mask(places, inside & (places + 12 <= end))
    entries = _gather(data, places[:, None] + tf.range(12))
    tags = _number(entries[:, :2], little)
    found = tf.boolean_mask(entries, tf.equal(tags, _ORIENTATION))[:1]
    kind, short, long = (_number(found[:, first:last], little)
                         for first, last in ((2, 4), (8, 10), (8, 12)))
    value = tf.where(tf.equal(kind, _LONG), long, short)
    valid = (tf.equal(kind, _SHORT) | tf.equal(kind, _LONG)) & (value >= 1) & (value <= 8)
    return tf.reduce_max(tf.concat([tf.where(valid, value, 1), [1]], axis=0))


def _bytes(data, at, count: int):
    """So many bytes from a place on; the last ones again beyond the end."""
    return _gather(data, at + tf.range(count))


def _gather(data, places):
    return tf.cast(tf.gather(data, tf.clip_by_value(places, 0, tf.size(data) - 1)), tf.int32)


def _number(digits, little=False):
    """The whole number of some bytes along the last axis; it may overflow with four."""
    digits = tf.where(little, tf.reverse(digits, [-1]), digits)
    number = tf.zeros_like(digits[..., 0])
    for digit in tf.unstack(digits, axis=-1):
        number = 256 * number + digit
    return number

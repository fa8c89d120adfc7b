"""Cutting a JPEG with restart markers: the bytes of one window as a small JPEG of its own.

A decoder can enter a JPEG at its restart markers (ITU-T T.81, section F.2.2): between two of them
lies an *interval*, a few MCUs whose code refers to nothing before it. So the intervals that cover a
window, behind the file's own header with the window's height and width in it, and with their
markers numbered anew, are a small JPEG; decoding it costs what the window costs, not the frame.

Where the intervals are is found once, by `find_restarts`, when a data set is written.
"""

import numpy as np
import tensorflow as tf

UNARRANGED = np.zeros([2, 0], np.int32)
"""The restarts of a photograph that has no usable restart markers."""

_END_OF_HEADER = 0x3F00  # Se, Ah and Al, which are the same in every baseline JPEG
_RST0, _EOI = 0xFFD0, 0xFFD9
_HEAD = 4  # columns before those of the parts
_LAST_TWO = (-1, -2)  # from where a part ends; the lower byte first, as bitcast takes them


def find_restarts(contents: bytes) -> np.ndarray:
    """Finds where the intervals of a JPEG are, for `cut_jpeg`.

    The file is taken as a sequence of parts, each of which ends in two bytes that are known: the
    header up to the frame's height, the width, the rest of the header, and the intervals, row by
    row, each with the marker behind it.

    Args:
      contents: the bytes of a file.

    Returns:
      int32 (2, 4 + 1 + 3 + intervals). The first four columns hold pairs, of rows and columns: the
      size of an interval in pixels, the number of intervals, how many pixels around a window its
      own depend on, and the size of the frame. Behind them are, in the first row, the offsets at
      which the parts end, from 0, and in the second row the number that their last two bytes are.
      `UNARRANGED`, int32 (2, 0), where the file is no baseline JPEG of 8 bits with one scan, or has
      no restart markers at the same places of every row of MCUs.

    Example:
      >>> import io
      >>> from PIL import Image
      >>> file = io.BytesIO()
      >>> Image.new('RGB', (64, 48)).save(file, 'JPEG', restart_marker_blocks=2)
      >>> restarts = find_restarts(file.getvalue())
      >>> restarts[:, :4].T.tolist()
      [[16, 32], [3, 2], [1, 1], [48, 64]]
    """
    said = _read_header(contents)
    if not said or not said['interval'] or min(said['size']) < 1 or min(said['mcu']) < 1:
        return UNARRANGED
    size, mcu = np.array(said['size']), np.array(said['mcu'])
    mcus = -(-size // mcu)
    if mcus[1] % said['interval']:
        return UNARRANGED
    intervals = mcus // [1, said['interval']]
    numbers = _RST0 + np.arange(intervals.prod()) % 8
    numbers[-1] = _EOI
    markers = _find_markers(contents, said['scan'])[:len(numbers)]
    if len(markers) < len(numbers):
        return UNARRANGED
    after_size = said['size_at'] + 4
    ends = [after_size - 2, after_size, said['scan'], *markers]
    numbers = [*size, _END_OF_HEADER, *numbers]
    if [int.from_bytes(contents[end - 2:end], 'big') for end in ends] != numbers:
        return UNARRANGED
    # Interpolated chroma depends on the neighbouring sample; nothing else looks around.
    margin = (mcu > 8).astype(int)
    head = np.transpose([mcu * [1, said['interval']], intervals, margin, size])
    return np.concatenate([head, [[0, *ends], [0, *numbers]]], axis=1).astype(np.int32)


def cut_jpeg(
    contents: tf.Tensor, restarts: tf.Tensor, window: tf.Tensor, *, ratio: int | tf.Tensor = 1
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cuts the intervals that cover a window out of a JPEG, as a small JPEG.

    Args:
      contents: string, the bytes of a JPEG.
      restarts: int32 (2, 8 + intervals), of the same file, from `find_restarts`.
      window: int32 (4,), (y, x, height, width) in pixels, inside the frame.
      ratio: 1, 2, 4 or 8, to decode the small JPEG at the scale 1 / ratio.

    Returns:
      (string, int32 (2,)): the bytes of the small JPEG; and in it, in pixels of full scale, the y
      and x at which the window starts. There the decoded pixels are those that decoding the whole
      file at the same scale gives; of a scale below 1, with the pixels that the window's edges cut.
      Where a row of colours has half the resolution (4:2:2), this holds for windows that are at
      least 5 pixels wide after the reduction: libjpeg does not interpolate narrower ones.

    Raises:
      tf.errors.InvalidArgumentError: the restarts are not those of this file.
    """
    # Every op counts here: all of it takes some dozens of microseconds.
    unit, intervals, margin, size = tf.unstack(restarts[:, :_HEAD], num=_HEAD, axis=1)
    ends, numbers = tf.unstack(restarts[:, _HEAD:], num=2)
    margin *= ratio  # it is in pixels of the decode
    yx, extent = tf.unstack(tf.reshape(window, [2, 2]), num=2)
    first = tf.maximum(yx - margin, 0) // unit
    behind = tf.minimum(yx + extent + margin + unit - 1, size + unit - 1) // unit
    corner = first * unit
    small_size = tf.minimum(behind * unit, size) - corner

    every = tf.reshape(tf.range(3, tf.size(ends) - 1), intervals)
    parts = tf.concat([[0, 1, 2], tf.reshape(tf.slice(every, first, behind - first), [-1])], axis=0)
    data = tf.io.decode_raw(contents, tf.uint8)
    # Where each part ends, and, since the one before it may be left out, where it starts.
    known = tf.concat([parts + 1, parts[3:]], axis=0)
    found = tf.gather(data, tf.gather(ends, known)[:, None] + _LAST_TWO)
    right = tf.reduce_all(tf.equal(
        tf.cast(tf.bitcast(found, tf.uint16), tf.int32), tf.gather(numbers, known)))
    with tf.control_dependencies([tf.debugging.Assert(right, [_WRONG])]):
        markers = _RST0 + tf.range(tf.size(parts) - 4) % 8
    numbers = tf.concat([small_size, [_END_OF_HEADER], markers, [_EOI]], axis=0)
    (ends,), data = tf.raw_ops.RaggedGather(
        params_nested_splits=[ends], params_dense_values=data, indices=parts,
        OUTPUT_RAGGED_RANK=1)
    data = tf.tensor_scatter_nd_update(
        data, (ends[1:, None] + _LAST_TWO)[:, :, None],
        tf.bitcast(tf.cast(numbers, tf.uint16), tf.uint8))
    return _to_string(data), yx - corner


_WRONG = 'the restarts are not those of this photograph'


def _to_string(data: tf.Tensor) -> tf.Tensor:
    """Makes a string of bytes, uint8 (n,), which TensorFlow has no op for.

    A serialized tensor ends in its bytes: the tensor_content of a TensorProto, whose fields are
    written in the order of their numbers, is the last one.
    """
    size = tf.size(data)
    return tf.strings.substr(tf.io.serialize_tensor(data), -size, size)


def _read_header(contents: bytes) -> dict | None:
    """Reads what the header of a baseline JPEG says; None where it is none, or is damaged."""
    said = {'interval': 0}
    at = 2
    while contents[at:at + 1] == b'\xff':
        marker = contents[at + 1:at + 2]
        length = int.from_bytes(contents[at + 2:at + 4], 'big')
        segment = contents[at + 4:at + 2 + length]
        if marker in (b'\xc0', b'\xc1') and len(segment) > 5 and segment[0] == 8:
            said |= {'size_at': at + 5, **_read_frame(segment)}
        elif b'\xc0' <= marker <= b'\xcf' and marker not in (b'\xc4', b'\xc8', b'\xcc'):
            return None  # progressive, arithmetic or lossless coding, or 12 bits
        elif marker == b'\xdd':
            said['interval'] = int.from_bytes(segment, 'big')
        elif marker == b'\xda':
            in_one_scan = 'size' in said and segment[:1] == bytes([said['components']])
            return said | {'scan': at + 2 + length} if in_one_scan else None
        at += 2 + length
    return None


def _read_frame(segment: bytes) -> dict:
    """Reads the segment of a frame: its size and that of an MCU, (height, width) in pixels."""
    components = segment[5]
    factors = segment[7:6 + 3 * components:3]  # of each component, vertical in the lower half
    # An MCU of a single component is one block, whatever its factors.
    vertical, horizontal = (1, 1) if components == 1 else (
        max(factor % 16 for factor in factors), max(factor // 16 for factor in factors))
    return {
        'size': (int.from_bytes(segment[1:3], 'big'), int.from_bytes(segment[3:5], 'big')),
        'components': components, 'mcu': (8 * vertical, 8 * horizontal)}


def _find_markers(contents: bytes, start: int) -> np.ndarray:
    """Finds the offsets at which the restart markers from `start` on, and the image, end."""
    data = np.frombuffer(contents, np.uint8)[start:]
    after = np.flatnonzero(data[:-1] == 0xFF) + 1
    codes = data[after]
    return start + 1 + after[(codes >= 0xD0) & (codes <= 0xD9) & (codes != 0xD8)]

"""Arranging a JPEG losslessly: the same coefficients, with restart markers to enter it at.

jpeglib reads the coefficients; `huffman` writes them. (No package on PyPI sets the restart interval
of a lossless transformation; `jpegtran -restart` does the same where it is installed.)
"""

import functools
import os
import tempfile
import threading

import numpy as np
import tensorflow as tf

from dualstream.datasets.huffman import ZIGZAG, encode_scan, symbols_by_length
from dualstream.pipeline.restarts import find_restarts

INTERVAL_PIXELS = 32
"""An interval is as many MCUs of a row as divide it and are at most so wide, at least one.

Shorter ones make files larger and save little: see docs/windows.md.
"""


def choose_interval(mcus: int, mcu_width: int) -> int:
    """Chooses how many MCUs an interval has: the most that divide a row and are 32 pixels wide.

    Args:
      mcus: in a row of the frame.
      mcu_width: in pixels: 8, 16 or 32.

    Example:
      >>> choose_interval(50, 16), choose_interval(51, 16), choose_interval(100, 8)
      (2, 1, 4)
    """
    most = max(1, INTERVAL_PIXELS // mcu_width)
    return max(part for part in range(1, most + 1) if mcus % part == 0)


_reading = threading.Lock()
"""jpeglib keeps metadata in variables of the process: two threads that read at once crash it."""


class NotArranged(ValueError):
    """A photograph that is stored as it is; the message says why, to stand behind a number."""


def arrange(contents: bytes) -> tuple[bytes, np.ndarray]:
    """Writes a JPEG anew, baseline and with restart markers, with the same pixels.

    A file that has restart markers at the same places in every row of MCUs is kept. Of others the
    metadata are dropped, but for what colours depend on: JFIF, Adobe and ICC segments.

    Args:
      contents: the bytes of a whole JPEG, gray or of three components.

    Returns:
      The bytes, and the restarts, int32 (2, n), as `find_restarts` finds them.

    Raises:
      NotArranged: it has 12 bits, arithmetic coding or components of another number, or the result
        did not decode to the same pixels, or jpeglib is not installed.
    """
    restarts = find_restarts(contents)
    if restarts.size:
        return contents, restarts
    segments = _segments(contents)
    frame = next((data for marker, data in segments if 0xC0 <= marker <= 0xC2), b'')
    if len(frame) < 6 or frame[0] != 8 or frame[5] not in (1, 3):
        raise NotArranged('with 12 bits, arithmetic coding or another number of components')
    size = [int.from_bytes(frame[place:place + 2], 'big') for place in (1, 3)]
    factors = [divmod(factor, 16)[::-1] for factor in frame[7:6 + 3 * frame[5]:3]]
    factors = factors if len(factors) > 1 else [(1, 1)]  # (vertical, horizontal) of each component
    mcu = 8 * np.max(factors, axis=0)
    mcus = -(-np.array(size) // mcu)
    interval = choose_interval(int(mcus[1]), int(mcu[1]))
    planes = _coefficients(contents, len(factors))
    try:
        tables, data = encode_scan(*_in_mcus(planes, factors, mcus), interval)
    except ValueError as error:
        raise NotArranged(f'because {error}') from error
    arranged = _header(segments, frame, tables, interval) + data + b'\xff\xd9'
    restarts = find_restarts(arranged)
    if not restarts.size or not _same_pixels(contents, arranged):
        raise NotArranged('which would not decode to the same pixels')
    return arranged, restarts


def _segments(contents: bytes) -> list[tuple[int, bytes]]:
    """Lists the segments up to the first scan: each segment's marker and content."""
    segments, at = [], 2
    while contents[at:at + 1] == b'\xff' and contents[at + 1] != 0xDA:
        if contents[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        length = int.from_bytes(contents[at + 2:at + 4], 'big')
        segments.append((contents[at + 1], contents[at + 4:at + 2 + length]))
        at += 2 + length
    return segments


def _coefficients(contents: bytes, components: int) -> list[np.ndarray]:
    """Reads the quantised coefficients of each component: int16 (rows, columns, 64)."""
    try:
        import jpeglib
    except ModuleNotFoundError as error:
        raise NotArranged('because jpeglib is not installed') from error
    with tempfile.NamedTemporaryFile(suffix='.jpg', delete=False) as file:
        file.write(contents)
    try:
        with _reading:
            read = jpeglib.read_dct(file.name)
        planes = [read.Y, read.Cb, read.Cr][:components]
        return [plane.reshape(*plane.shape[:2], 64) for plane in planes]
    except OSError as error:
        raise NotArranged('whose coefficients jpeglib cannot read') from error
    finally:
        os.remove(file.name)


def _in_mcus(planes, factors, mcus) -> tuple[np.ndarray, np.ndarray]:
    """Puts blocks in the order in which they are coded, and names the component of each."""
    in_order, component = [], []
    for index, (plane, (down, across)) in enumerate(zip(planes, factors)):
        rows, columns = mcus * [down, across]
        real_rows, real_columns = plane.shape[:2]
        plane = np.pad(
            plane[:, :, ZIGZAG],
            [(0, rows - real_rows), (0, columns - real_columns), (0, 0)], mode='edge')
        # Blocks that fill the last MCUs, which no pixel shows, are as flat as can be.
        plane[real_rows:, :, 1:] = plane[:, real_columns:, 1:] = 0
        plane = plane.reshape(mcus[0], down, mcus[1], across, 64).transpose(0, 2, 1, 3, 4)
        in_order.append(plane.reshape(-1, down * across, 64))
        component += [index] * (down * across)
    return np.concatenate(in_order, axis=1), np.array(component)


def _header(segments, frame: bytes, tables: list[np.ndarray], interval: int) -> bytes:
    def segment(marker, data):
        return bytes([0xFF, marker]) + (2 + len(data)).to_bytes(2, 'big') + data

    components = frame[5]
    kept = [segment(marker, data) for marker, data in segments
            if marker == 0xDB or _colour_depends_on(marker, data)]
    huffman = []
    for place, lengths in enumerate(tables if components > 1 else tables[:2]):
        symbols = symbols_by_length(lengths)
        numbers = np.bincount(lengths[symbols], minlength=17)[1:17]
        huffman.append(bytes([16 * (place % 2) + place // 2, *numbers, *symbols]))
    scan = bytes([components])
    for index in range(components):
        scan += bytes([frame[6 + 3 * index], 0x11 if index else 0x00])
    return b''.join([
        b'\xff\xd8', *kept, segment(0xC0, frame), *(segment(0xC4, table) for table in huffman),
        segment(0xDD, interval.to_bytes(2, 'big')), segment(0xDA, scan + bytes([0, 63, 0]))])


def _colour_depends_on(marker: int, data: bytes) -> bool:
    return ((marker == 0xE0 and data.startswith(b'JFIF'))
            or (marker == 0xE2 and data.startswith(b'ICC_PROFILE'))
            or (marker == 0xEE and data.startswith(b'Adobe')))


def _same_pixels(before: bytes, after: bytes) -> bool:
    """Whether TensorFlow, which the pipeline decodes with, gives the same pixels."""
    return bool(_equal()(before, after))


@functools.cache
def _equal():
    spec = tf.TensorSpec([], tf.string)
    return tf.function(
        lambda before, after: tf.reduce_all(
            tf.equal(*(tf.io.decode_jpeg(each, channels=3) for each in (before, after)))),
        input_signature=[spec, spec])

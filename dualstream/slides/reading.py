"""Reads a picture in bands of rows, so that a slide larger than the memory can be worked on.

A TIFF is read by its own tiles or strips, those of one band at a time; other formats are decoded
whole. 8 and 16 bits and floating pixels stay what they are.
"""

import contextlib
import dataclasses
import os
import pathlib
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import tifffile

from dualstream.runtime.errors import UserError

TIFF_SUFFIXES = ('.tif', '.tiff', '.svs', '.ndpi', '.scn', '.bif')
SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', *TIFF_SUFFIXES)
"""How the names of pictures end that can be read."""

_LARGEST_SEGMENT = 2**28
"""Bytes of the largest strip or tile that is decoded at once, unless it can be read in parts."""

_ALPHA = {tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA}

_CODECS = ("pip install 'dualstream[slides]' brings imagecodecs, which reads JPEG, LZW and other "
           'compressions of TIFF')


@dataclasses.dataclass(frozen=True)
class Slide:
    """A picture that is open for reading.

    Attributes:
      shape: (height, width, channels); channels is 1 or 3, since alpha is dropped.
      dtype: uint8, uint16 or a floating one, whose pixels are in [0, 1].
      read_rows: takes a first row and the row after the last; returns (rows, width, channels).
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    read_rows: Callable[[int, int], np.ndarray]

    def bands(self, rows: int) -> Iterator[np.ndarray]:
        """Yields the picture from top to bottom, so many rows at a time; the last may be fewer.

        Raises:
          UserError: floating pixels are not in [0, 1], or the file breaks off.
        """
        for first in range(0, self.shape[0], rows):
            yield self.read_rows(first, min(first + rows, self.shape[0]))

    def overview(self, most: int = 1024) -> np.ndarray:
        """Reads every k-th pixel of every k-th row, for the least k that gives `most` a side."""
        step = -(-max(self.shape[:2]) // most)
        rows = max(256 // step, 1) * step
        return np.concatenate([band[::step, ::step] for band in self.bands(rows)])


@contextlib.contextmanager
def open_slide(path: os.PathLike | str) -> Iterator[Slide]:
    """Opens a picture for reading in bands.

    Use it for pictures of any size; `read_photo` is shorter for 8-bit photographs.

    Args:
      path: a TIFF, of which the first picture counts at its full size, or a JPEG, PNG or BMP,
        which is turned upright as its EXIF orientation says. An alpha channel is dropped.

    Yields:
      the Slide. Its memory is that of a band, and of the tiles or strips that it cuts; files other
      than TIFF are in memory whole.

    Raises:
      UserError: the file is no such picture, is broken, has more or fewer channels than 1, 3 or 4,
        another dtype, or a compressed strip of more than 256 MB.
      OSError: the file cannot be read.

    Example:
      >>> import numpy as np, tifffile
      >>> from dualstream.slides.reading import open_slide
      >>> path = getfixture('tmp_path') / 'slide.tif'
      >>> tifffile.imwrite(path, np.zeros((100, 80, 3), np.uint16), tile=(32, 32))
      >>> with open_slide(path) as slide:
      ...     [band.shape for band in slide.bands(64)]
      [(64, 80, 3), (36, 80, 3)]
    """
    path = pathlib.Path(path)
    with contextlib.ExitStack() as stack:
        with _naming(path):
            with open(path, 'rb') as file:
                is_tiff = file.read(2) in (b'II', b'MM')
            slide = (_of_tiff(_first_page(stack.enter_context(tifffile.TiffFile(path))))
                     if is_tiff else _whole(_decode(path)))

        def read_rows(first: int, end: int) -> np.ndarray:
            with _naming(path):
                return _in_range(slide.read_rows(first, end))

        yield dataclasses.replace(slide, read_rows=read_rows)


@contextlib.contextmanager
def _naming(path: pathlib.Path) -> Iterator[None]:
    """Turns what goes wrong in a file's format into an error that names the file."""
    try:
        yield
    except UserError as error:
        raise UserError(f'{path}: {error}') from error
    except (tifffile.TiffFileError, ValueError, KeyError, IndexError, RuntimeError, zlib.error,
            struct.error) as error:
        hint = f'; {_CODECS}' if 'imagecodecs' in str(error) else ''
        raise UserError(f'{path} cannot be read: {error}{hint}') from error


def _in_range(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype.kind == 'f' and not ((pixels >= 0) & (pixels <= 1)).all():  # a NaN is neither
        raise UserError('floating pixels must be in [0, 1], without NaN; got '
                        f'{np.min(pixels):.4g} to {np.max(pixels):.4g}')
    return pixels


def _decode(path: pathlib.Path) -> np.ndarray:
    """The pixels of a file that is not a TIFF, (H, W, channels)."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.format == 'PNG' and _sixteen_bits(path):
                return _decode_deep_png(path)
            image = ImageOps.exif_transpose(image)
            if image.mode not in ('L', 'RGB'):
                image = image.convert('L' if image.mode in ('1', 'LA') else 'RGB')
            pixels = np.asarray(image)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise UserError(f'no whole JPEG, PNG, BMP or TIFF: {error}') from error
    return pixels.reshape(*pixels.shape[:2], -1)


def _sixteen_bits(path: pathlib.Path) -> bool:
    with open(path, 'rb') as file:
        return file.read(25)[24] == 16  # the bit depth in the header of a PNG


def _decode_deep_png(path: pathlib.Path) -> np.ndarray:
    """Pillow makes 8 bits of 16 where a PNG has colours; TensorFlow keeps them."""
    import tensorflow as tf

    try:
        return tf.io.decode_png(path.read_bytes(), dtype=tf.uint16).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise UserError('no whole PNG') from error


def _whole(pixels: np.ndarray) -> Slide:
    height, width, channels = pixels.shape
    kept = _kept_channels(channels)
    return Slide((height, width, kept), pixels.dtype,
                 lambda first, end: pixels[first:end, :, :kept])


def _kept_channels(channels: int) -> int:
    """How many channels are left without alpha."""
    if channels not in (1, 2, 3, 4):
        raise UserError(f'a picture has 1 or 3 channels, with or without alpha; got {channels}')
    return 1 if channels < 3 else 3


def _first_page(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    page = tiff.series[0].levels[0].pages[0].aspage()
    if page.photometric not in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB,
                                tifffile.PHOTOMETRIC.YCBCR):
        raise UserError(f'pixels must be gray or RGB, got {page.photometric.name}')
    if page.dtype is None or page.dtype.kind not in 'uf' or page.dtype.kind == 'u' and (
            page.bitspersample not in (8, 16)):
        raise UserError(f'pixels must be of 8 or 16 bits or floating, got {page.bitspersample} '
                        f'bits of {page.sampleformat.name}')
    if page.imagedepth != 1:
        raise UserError(f'a picture has one plane, got {page.imagedepth}')
    return page


def _of_tiff(page: tifffile.TiffPage) -> Slide:
    planes, _, height, width, samples = page.shaped
    kept = _kept_channels(planes * samples)
    gray = page.photometric == tifffile.PHOTOMETRIC.MINISBLACK
    if gray and planes * samples in (2, 4) and not set(page.extrasamples or ()) & _ALPHA:
        raise UserError(f'a gray picture has one channel, got {planes * samples}; write each '
                        'channel as a file')
    if planes == 1 and page.is_final:
        read = _rows_of_contiguous
    else:
        read = _rows_of_segments
        down, across = _size_of_segment(page)
        size = down * across * samples * page.dtype.itemsize
        if size > _LARGEST_SEGMENT:
            raise UserError(f'a compressed strip of {size / 2**20:,.0f} MB must be decoded at '
                            'once; write the picture in tiles')
    return Slide((height, width, kept), page.dtype,
                 lambda first, end: read(page, first, end)[..., :kept])


def _rows_of_contiguous(page: tifffile.TiffPage, first: int, end: int) -> np.ndarray:
    """Rows of pixels that lie in the file as they do in memory."""
    _, _, _, width, samples = page.shaped
    row = width * samples
    file = page.parent.filehandle
    file.seek(page.dataoffsets[0] + first * row * page.dtype.itemsize)
    data = file.read_array(page.parent.byteorder + page.dtype.char, (end - first) * row)
    return data.astype(page.dtype, copy=False).reshape(end - first, width, samples)


def _rows_of_segments(page: tifffile.TiffPage, first: int, end: int) -> np.ndarray:
    """Rows put together from the tiles or strips that they cut."""
    planes, _, _, width, samples = page.shaped
    rows = np.zeros((planes, end - first, width, samples), page.dtype)
    down, across = _size_of_segment(page)
    beside = -(-width // across)
    below = -(-page.imagelength // down)
    for plane in range(planes):
        for line in range(first // down, -(-end // down)):
            top, bottom = max(first, line * down), min(end, (line + 1) * down)
            for place in range(beside):
                left, right = place * across, min((place + 1) * across, width)
                segment = _decode_segment(page, (plane * below + line) * beside + place)
                if segment is not None:  # one that the file leaves out is black
                    rows[plane, top - first:bottom - first, left:right] = (
                        segment[top - line * down:bottom - line * down, :right - left])
    return np.moveaxis(rows, 0, 2).reshape(end - first, width, planes * samples)


def _size_of_segment(page: tifffile.TiffPage) -> tuple[int, int]:
    """Height and width of a tile or strip."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def _decode_segment(page: tifffile.TiffPage, index: int) -> np.ndarray | None:
    file = page.parent.filehandle
    size = page.databytecounts[index]
    file.seek(page.dataoffsets[index])
    encoded = file.read(size) if size else None
    if encoded is not None and len(encoded) < size:
        raise UserError('the file breaks off')
    extra = ({'jpegtables': page.jpegtables, 'jpegheader': page.jpegheader}
             if page.compression in (6, 7, 33007, 34892) else {})
    segment = page.decode(encoded, index, **extra)[0]
    return None if segment is None else segment[0]

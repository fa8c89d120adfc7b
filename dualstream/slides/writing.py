"""Writes a picture of any size as a tiled TIFF, tile by tile."""

import os
from collections.abc import Iterable

import numpy as np
import tifffile

TILE = 512
"""Pixels along each side of a tile: a multiple of 16, as TIFF asks for."""

_CLASSIC = 2**31
"""Bytes of pixels up to which a classic TIFF is written; a larger one is a BigTIFF."""


def write_tiles(path: os.PathLike | str, tiles: Iterable[np.ndarray], shape, *, dtype) -> None:
    """Writes a TIFF of 512 x 512 tiles; only a few are in memory at once.

    Args:
      path: the file to write; see `dualstream.runtime.atomic.writing`.
      tiles: (at most 512, at most 512, channels) each, row by row from the top left; those at the
        right and at the bottom may be smaller.
      shape: (height, width, channels) of the picture; three channels of integers are RGB, all
        others are numbers without a colour.
      dtype: of the pixels.

    Example:
      >>> import numpy as np, tifffile
      >>> from dualstream.slides.writing import write_tiles
      >>> path = getfixture('tmp_path') / 'two.tif'
      >>> write_tiles(path, [np.ones((9, 512, 1), 'u1'), np.ones((9, 8, 1), 'u1')], (9, 520, 1),
      ...             dtype='uint8')
      >>> tifffile.imread(path).shape
      (9, 520)
    """
    height, width, channels = shape
    dtype = np.dtype(dtype)
    color = channels == 3 and dtype.kind == 'u'
    large = height * width * channels * dtype.itemsize > _CLASSIC
    with tifffile.TiffWriter(path, bigtiff=large) as tiff:
        tiff.write(
            (np.ascontiguousarray(tile.astype(dtype, copy=False)) for tile in tiles),
            shape=(height, width, channels) if channels > 1 else (height, width), dtype=dtype,
            photometric='rgb' if color else 'minisblack', planarconfig='contig'
            if channels > 1 else None, tile=(TILE, TILE), compression='zlib',
            compressionargs={'level': 1}, metadata=None, maxworkers=1)


def cut(band: np.ndarray) -> Iterable[np.ndarray]:
    """Cuts a band of at most 512 rows into tiles, from left to right."""
    return (band[:, left:left + TILE] for left in range(0, band.shape[1], TILE))


def write_png(path: os.PathLike | str, tiles: Iterable[np.ndarray], shape, *, dtype) -> None:
    """Writes a PNG, which needs the whole picture in memory; the arguments are `write_tiles`'s.

    Args:
      path: the file to write.
      tiles: as for `write_tiles`.
      shape: (height, width, channels), 1 or 3 of them.
      dtype: uint8 or uint16.
    """
    from PIL import Image

    pixels = np.empty(shape, dtype)
    across = -(-shape[1] // TILE)
    for number, tile in enumerate(tiles):
        top, left = number // across * TILE, number % across * TILE
        pixels[top:top + TILE, left:left + TILE] = tile
    if pixels.dtype == np.uint16:  # of which Pillow writes no colours
        import tensorflow as tf

        tf.io.write_file(str(path), tf.io.encode_png(pixels))
    else:
        Image.fromarray(pixels[..., 0] if shape[2] == 1 else pixels).save(path)

"""Merges files of channels into a file of a picture, tile by tile."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from dualstream.color import merge
from dualstream.color.bit_depth import white_level
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError
from dualstream.slides.reading import Slide, open_slide
from dualstream.slides.writing import TILE, cut, write_png, write_tiles

STRETCH = (1.0, 99.9)
"""Percentiles of a channel that become black and its full colour when it is stretched."""


def blend_files(
    sources: Sequence[os.PathLike | str], target: os.PathLike | str, colors, *,
    mode: str = 'additive', stretch: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> list[tuple[float, float]]:
    """Merges channels, each in a file, into a picture.

    Args:
      sources: gray pictures of one size and depth, as `open_slide` takes them.
      target: the file to write: a PNG of 8 bits if it ends in .png, else a TIFF in their depth.
      colors, mode: as for `merge`.
      stretch: whether each channel's 1st and 99.9th percentile become black and full colour.
      progress: is called with the number of rows that have been read.

    Returns:
      for each channel, the level that became black and the one that became its full colour, as
      shares of its range.

    Raises:
      UserError: a file cannot be read, is in colour, or differs from the first in size or depth.
      ValueError: `merge` refuses the colours or the mode.
    """
    with contextlib.ExitStack() as stack:
        slides = [stack.enter_context(open_slide(source)) for source in sources]
        for source, slide in zip(sources, slides):
            if slide.shape[2] != 1:
                raise UserError(f'{source}: a channel must be gray; to take a picture in colour '
                                'apart, use dualstream.recolor --to=channels')
            if (slide.shape, slide.dtype) != (slides[0].shape, slides[0].dtype):
                raise UserError(f'{source} is {_in_words(slide)}, and {sources[0]} is '
                                f'{_in_words(slides[0])}; channels must be alike')
        levels = [_levels(slide) if stretch else (0.0, 1.0) for slide in slides]
        scratch = stack.enter_context(writing(target))
        height, width, _ = slides[0].shape
        png = scratch.suffix.lower() == '.png'
        dtype = np.dtype('uint8') if png else slides[0].dtype
        write = write_png if png else write_tiles
        tiles = _tiles(_bands(slides, progress), levels, colors, mode=mode, dtype=dtype)
        write(scratch, tiles, (height, width, 3), dtype=dtype)
    return levels


def _bands(slides: list[Slide], progress: Callable[[int], None]) -> Iterator[np.ndarray]:
    for bands in zip(*(slide.bands(TILE) for slide in slides)):
        yield np.concatenate(bands, axis=-1)
        progress(len(bands[0]))


def _tiles(bands, levels, colors, *, mode: str, dtype: np.dtype) -> Iterator[np.ndarray]:
    lows, highs = np.array(levels, np.float32).T
    for band in bands:
        for tile in cut(band):
            unit = tile / np.float32(white_level(tile.dtype))
            merged = np.asarray(merge((unit - lows) / (highs - lows), colors, mode=mode))
            if dtype.kind == 'u':
                merged = np.round(merged * white_level(dtype)).astype(dtype)
            yield merged


def _levels(slide: Slide) -> tuple[float, float]:
    low, high = np.percentile(slide.overview() / white_level(slide.dtype), STRETCH)
    return float(low), float(max(high, low + 1e-4))  # a channel of one level stays dark


def _in_words(slide: Slide) -> str:
    return f'{slide.shape[0]} x {slide.shape[1]} of {slide.dtype}'

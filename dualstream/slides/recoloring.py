"""Recolours a picture of any size: each pixel in other coordinates, or in other light."""

import dataclasses
import functools
import os
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from dualstream.color import rgb_to_hed, rgb_to_hsv, rgb_to_lab, unmix
from dualstream.color.bit_depth import white_level
from dualstream.color.conventions import QUPATH, SKIMAGE, StainConvention
from dualstream.color.luma import LUMA
from dualstream.color.stains import StainNormalizer, Validity
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError
from dualstream.slides.reading import open_slide
from dualstream.slides.writing import TILE, cut, write_png, write_tiles

_CHUNK = 2**16  # pixels at a time: XLA compiles for one size, whatever the size of the picture


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recoloring:
    """What is made of each pixel.

    Attributes:
      to: one of `runtime.choices.RECOLORINGS`; None for red, green and blue, which the normalizer
        has changed.
      colors: the lookup colours of the channels; see `unmix`.
      stains: how stains are told apart for 'hed'; see `rgb_to_hed`.
      normalizer: applied first; adapted to its reference already.
    """

    to: str | None = None
    colors: tuple = ('red', 'green', 'blue')
    stains: StainConvention = SKIMAGE
    normalizer: StainNormalizer | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the planes that come out."""
        residual = ('residual',) if len(self.stains.stains) == 2 else ()
        return {'lab': ('L*', 'a*', 'b*'), 'hsv': ('hue', 'saturation', 'value'),
                'hed': (*self.stains.stains, *residual), 'gray': ('gray',),
                'channels': tuple(f'recreated {color}' for color in self.colors),
                None: ('red', 'green', 'blue')}[self.to]

    def dtype(self, given: np.dtype) -> np.dtype:
        """The dtype that comes out: float32 for spaces and stains, which have units."""
        return np.dtype('float32') if self.to in ('lab', 'hsv', 'hed') else np.dtype(given)

    def measure(self, overview: np.ndarray):
        """Measures what the normalizer changes in a picture, from a small view of it.

        Args:
          overview: (H, W, 3), 8 or 16 bits or floating in [0, 1].

        Returns:
          what a call takes as its source; () without a normalizer.
        """
        if not self.normalizer:
            return ()
        return self.normalizer.measure((overview / white_level(overview.dtype)).astype('f4'))

    def __call__(self, pixels: np.ndarray, source=()) -> np.ndarray:
        """Recolours pixels.

        Args:
          pixels: (H, W, 3), 8 or 16 bits or floating in [0, 1].
          source: what `measure` gave for the picture that they are of.

        Returns:
          (H, W, planes).
        """
        flat = pixels.reshape(-1, 3)
        made = np.empty((len(flat), len(self.names)), self.dtype(pixels.dtype))
        for first in range(0, len(flat), _CHUNK):
            chunk = flat[first:first + _CHUNK]
            padded = np.pad(chunk, ((0, _CHUNK - len(chunk)), (0, 0)))
            made[first:first + _CHUNK] = self._compiled(
                padded.reshape(256, -1, 3), source).numpy().reshape(_CHUNK, -1)[:len(chunk)]
        return made.reshape(*pixels.shape[:2], -1)

    @functools.cached_property
    def _compiled(self):
        @tf.function(jit_compile=True)
        def recolor(pixels, source):
            top = white_level(pixels.dtype)
            image = tf.cast(pixels, tf.float32) / top
            if self.normalizer:
                image = self.normalizer.normalize(image, source)[0]
            made = {'lab': rgb_to_lab, 'hsv': rgb_to_hsv, 'hed': self._to_stains, 'gray': _to_gray,
                    'channels': lambda image: unmix(image, self.colors).channels,
                    None: lambda image: image}[self.to](image)
            dtype = tf.as_dtype(self.dtype(pixels.dtype.as_numpy_dtype))
            if dtype.is_integer:
                made = tf.round(tf.clip_by_value(made, 0, 1) * top)
            return tf.cast(made, dtype)

        return recolor

    def _to_stains(self, image):
        return rgb_to_hed(image, convention=self.stains)


def _to_gray(image):
    return tf.reduce_sum(image * tf.constant(LUMA), axis=-1, keepdims=True)


class Thumbnail:
    """A small picture, collected from the tiles of a large one: every k-th pixel.

    Attributes:
      pixels: (height, width, channels), at most `most` along the longer side.
    """

    def __init__(self, shape: tuple[int, int, int], dtype, most: int):
        self._step = -(-max(shape[:2]) // most)
        size = (-(-side // self._step) for side in shape[:2])
        self.pixels = np.zeros((*size, shape[2]), dtype)

    def add(self, tile: np.ndarray, top: int, left: int) -> None:
        """Takes what it needs of a tile whose first pixel is at (top, left)."""
        step = self._step
        seen = tile[-top % step::step, -left % step::step]
        y, x = -(-top // step), -(-left // step)
        self.pixels[y:y + seen.shape[0], x:x + seen.shape[1]] = seen


@dataclasses.dataclass(frozen=True)
class Recolored:
    """What `recolor_file` did.

    Attributes:
      before, after: small pictures of what was there and what it became.
      validity: 'ok', or why the picture was not normalised; None without a normalizer.
      stains: that were found in the picture, with the background that was assumed; None where there
        are none.
    """

    before: Thumbnail
    after: Thumbnail
    validity: str | None = None
    stains: StainConvention | None = None


def recolor_file(
    source: os.PathLike | str, target: os.PathLike | str, recoloring: Recoloring, *,
    thumbnail: int = 320, progress: Callable[[float], None] = lambda share: None,
) -> Recolored:
    """Recolours a file, tile by tile, into another.

    A normalizer measures an overview of the picture, of at most 1,024 pixels a side, and all tiles
    are normalised alike. The memory does not grow with the height of a TIFF: it is that of 512
    rows, and of the tiles or strips that these cut, beside some 512 x 512 tiles.

    Args:
      source: what `open_slide` takes, in colour.
      target: the file to write; a name that ends in .png gives a PNG, all others a TIFF.
      recoloring: what is made of each pixel.
      thumbnail: the longer side of the small pictures, in pixels.
      progress: is called with each share of the picture that is done.

    Raises:
      UserError: `open_slide` refuses the file, or it is gray.
      OSError: a file cannot be read or written.
    """
    with open_slide(source) as slide, writing(target) as scratch:
        height, width, channels = slide.shape
        if channels != 3:
            raise UserError(f'{source}: the picture is gray, and needs red, green and blue')
        dtype = recoloring.dtype(slide.dtype)
        shape = (height, width, len(recoloring.names))
        before = Thumbnail(slide.shape, slide.dtype, thumbnail)
        after = Thumbnail(shape, dtype, thumbnail)
        source = recoloring.measure(slide.overview()) if recoloring.normalizer else ()

        def tiles() -> Iterator[np.ndarray]:
            for line, band in enumerate(slide.bands(TILE)):
                for place, tile in enumerate(cut(band)):
                    made = recoloring(tile, source)
                    before.add(tile, line * TILE, place * TILE)
                    after.add(made, line * TILE, place * TILE)
                    progress(tile.shape[0] * tile.shape[1] / (height * width))
                    yield made

        write = write_png if scratch.suffix == '.png' else write_tiles
        write(scratch, tiles(), shape, dtype=dtype)
    return Recolored(before, after, *_found(recoloring.normalizer, source))


def _found(normalizer: StainNormalizer | None, source):
    """In words whether the picture could be normalised, and the stains that it has."""
    if normalizer is None:
        return None, None
    colors, _, validity = (np.asarray(each) for each in source)
    words = Validity(int(validity)).words
    if normalizer.method == 'reinhard' or words != 'ok':
        return words, None
    return words, dataclasses.replace(
        QUPATH, white=normalizer.convention.white, vectors=tuple(map(tuple, colors.tolist())))

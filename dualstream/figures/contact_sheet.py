"""Contact sheets: many photographs in one figure, each with its chosen window."""

import dataclasses

import matplotlib.figure
import numpy as np

from dualstream.color import LEAF, HsvRange, LchRange
from dualstream.crop.zoom import Zoom
from dualstream.figures.photo import Photo, read_photo
from dualstream.figures.routine_figure import draw_window
from dualstream.figures.thumbnails import empty_grid, shrink
from dualstream.figures.windows import leaf_mask, view
from dualstream.runtime.words import shortened

PER_SHEET = 40
_COLUMNS = 8
_SIDE = 320  # px, the longer side of a thumbnail
_INK = '0.15'


@dataclasses.dataclass(frozen=True)
class Print:
    """One photograph on a sheet.

    Attributes:
      name: written above it.
      thumbnail: uint8 (H, W, 3).
      window: float64 (4,), the chosen window in pixels of the thumbnail.
      frame_coverage, coverage: the mask's share of the whole frame and of the window, in [0, 1].
    """

    name: str
    thumbnail: np.ndarray
    window: np.ndarray
    frame_coverage: float
    coverage: float


def make_print(
    name: str, photo: Photo, *, color_range: HsvRange | LchRange = LEAF,
    target_size: tuple[int, int] = (224, 224), zoom: Zoom = 1.0,
) -> Print:
    """Prepares one photograph for a contact sheet, with the window that array_crop chooses.

    Args:
      name: to write above it.
      photo: a path, the bytes of an image, or an array (H, W, 3), uint8 or floating in [0, 1].
      color_range: the mask's range.
      target_size: (height, width) of the image to make.
      zoom: pixels of the photograph for one of the image, as `Routine` takes it.

    Raises:
      ValueError: photo is not an image, or target_size or zoom is not positive.
      OSError: the file cannot be read.
    """
    pixels = read_photo(photo)
    mask = leaf_mask(pixels, color_range)
    seen = view(mask, target_size, 'array', zoom=zoom)
    return Print(name, *shrink(pixels, seen.chosen, _SIDE), float(mask.mean()), seen.coverage)


def contact_sheet(prints: list[Print], title: str = '') -> matplotlib.figure.Figure:
    """Draws a sheet of prints, each with its name and the leaf's share of frame and window.

    Args:
      prints: at most `PER_SHEET`.
      title: above all.
    """
    figure = empty_grid(len(prints), _COLUMNS, size=(16, 2.05), title=title)
    for axes, photo in zip(figure.axes, prints):
        axes.imshow(photo.thumbnail)
        draw_window(axes, photo.window, 1.8)
        axes.set_title(f'{shortened(photo.name, 24)}\n{photo.frame_coverage:.1%} to '
                       f'{photo.coverage:.1%}', fontsize=9, color=_INK)
    return figure

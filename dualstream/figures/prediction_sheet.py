"""Sheets of predictions: photographs, each with its window and what was said of it."""

import dataclasses
import pathlib

import matplotlib.figure
import numpy as np

from dualstream.figures.routine_figure import draw_window
from dualstream.figures.thumbnails import empty_grid, shrink
from dualstream.runtime.words import shortened

PER_SHEET = 24
_COLUMNS = 6
_SIDE = 320  # px, the longer side of a thumbnail
_COLORS = {'diagnosis': '#1a7f37', 'unsure': '#9a6700', 'not a leaf': '#57606a', 'error': '#cf222e'}


@dataclasses.dataclass(frozen=True)
class Print:
    """One photograph on a sheet.

    Attributes:
      name: the path, of which the last part is written above it.
      verdict: what was said of it, a verdict's name or another text; 'error' where it cannot be
        read.
      words: below the verdict, such as the most probable class; or the error.
      thumbnail: uint8 (h, w, 3); None where it cannot be read.
      window: float64 (4,), the window (y, x, height, width) in pixels of the thumbnail.
    """

    name: str
    verdict: str
    words: str
    thumbnail: np.ndarray | None = None
    window: np.ndarray | None = None

    @classmethod
    def of(cls, name: str, verdict: str, words: str, *, frame: np.ndarray,
           window: tuple[int, int, int, int]) -> 'Print':
        """Makes the print of a photograph.

        Args:
          name, verdict, words: as above.
          frame: uint8 (H, W, 3).
          window: (y, x, height, width) in pixels of the frame.
        """
        return cls(name, verdict, words, *shrink(frame, window, _SIDE))


def prediction_sheet(prints: list[Print], title: str = '') -> matplotlib.figure.Figure:
    """Draws a sheet of prints.

    Args:
      prints: at most `PER_SHEET`.
      title: above all.
    """
    figure = empty_grid(len(prints), _COLUMNS, size=(15, 2.75), title=title)
    for axes, photo in zip(figure.axes, prints):
        name = shortened(pathlib.Path(photo.name).name, 30)
        axes.set_title(f'{name}\n{photo.verdict}\n{shortened(photo.words, 34)}', fontsize=9,
                       color=_COLORS.get(photo.verdict, '0.15'))
        if photo.thumbnail is not None:
            axes.imshow(photo.thumbnail)
            draw_window(axes, photo.window, 1.8)
    return figure

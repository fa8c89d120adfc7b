"""Thumbnails in a grid, each with the window that was chosen in its photograph."""

import matplotlib.figure
import numpy as np
from PIL import Image


def shrink(frame: np.ndarray, window: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Makes a thumbnail of a photograph, and finds its window in it.

    Args:
      frame: uint8 (H, W, 3).
      window: (y, x, height, width) in pixels of the frame.
      side: the most pixels along a side of the thumbnail.

    Returns:
      (uint8 (h, w, 3), float (4,)): the thumbnail, and the window in its pixels.
    """
    thumbnail = Image.fromarray(frame)
    thumbnail.thumbnail((side, side))
    scale = np.array([thumbnail.height / frame.shape[0], thumbnail.width / frame.shape[1]])
    return np.asarray(thumbnail), window * np.tile(scale, 2)


def empty_grid(
    count: int, columns: int, *, size: tuple[float, float], title: str
) -> matplotlib.figure.Figure:
    """Makes a figure with axes for so many thumbnails, row by row.

    Args:
      count: of the thumbnails.
      columns: of the grid.
      size: width of the figure and height of a row, in inches.
      title: above all.
    """
    rows = -(-count // columns)
    figure = matplotlib.figure.Figure(
        figsize=(size[0], 0.7 + size[1] * rows), layout='constrained')
    figure.suptitle(title, fontsize=13, color='0.15')
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.axis('off')
    return figure

"""Sheets of recoloured pictures, each before and after."""

import dataclasses

import matplotlib.colors
import matplotlib.figure
import numpy as np

from dualstream.color import lookup_colors
from dualstream.color.bit_depth import white_level
from dualstream.runtime.words import shortened
from dualstream.slides.recoloring import Recoloring

PER_SHEET = 8
_INK = '0.15'
_RANGES = {'lab': ((0, 100), (-100, 100), (-100, 100)), 'hsv': ((0, 360), (0, 1), (0, 1))}
_MAPS = {'lab': ('gray', 'PiYG_r', 'coolwarm_r'), 'hsv': ('hsv', 'gray', 'gray')}


@dataclasses.dataclass(frozen=True)
class Pair:
    """A picture and what became of it, small.

    Attributes:
      name: written at the left.
      before: (H, W, 3), 8 or 16 bits or floating in [0, 1].
      after: (H, W, planes), as `Recoloring` makes it.
    """

    name: str
    before: np.ndarray
    after: np.ndarray


def recolor_sheet(
    pairs: list[Pair], recoloring: Recoloring, title: str = ''
) -> matplotlib.figure.Figure:
    """Draws each picture in a row, followed by all that was made of it.

    Args:
      pairs: at most `PER_SHEET`.
      recoloring: that made them.
      title: above all.
    """
    planes = ('normalised',) if recoloring.to is None else recoloring.names
    columns = 1 + len(planes)
    figure = matplotlib.figure.Figure(
        figsize=(3.4 * columns, 0.6 + 2.9 * len(pairs)), layout='constrained')
    figure.suptitle(title, fontsize=12, color=_INK)
    grid = figure.subplots(len(pairs), columns, squeeze=False)
    for row, pair in zip(grid, pairs):
        for axes in row:
            axes.set_xticks([])
            axes.set_yticks([])
        row[0].imshow(_eight_bits(pair.before))
        row[0].set_ylabel(shortened(pair.name, 32), fontsize=9, color=_INK)
        if recoloring.to is None:
            row[1].imshow(_eight_bits(pair.after))
            continue
        for number, axes in enumerate(row[1:]):
            image = axes.imshow(pair.after[..., number], **_look(recoloring, pair.after, number))
            figure.colorbar(image, ax=axes, shrink=0.8).ax.tick_params(labelsize=7)
    for axes, name in zip(grid[0], ('picture', *planes)):
        axes.set_title(name, fontsize=10, color=_INK)
    return figure


def _look(recoloring: Recoloring, after: np.ndarray, number: int) -> dict:
    """How imshow draws one of the planes."""
    if recoloring.to in _RANGES:
        low, high = _RANGES[recoloring.to][number]
        return {'cmap': _MAPS[recoloring.to][number], 'vmin': low, 'vmax': high}
    if recoloring.to == 'hed':
        # From nothing to what the darkest pixels hold; what is negative is drawn as nothing.
        most = float(np.percentile(after[..., number], 99.5))
        return {'cmap': 'gray_r', 'vmin': 0, 'vmax': max(most, 1e-3)}
    color = lookup_colors(recoloring.colors)[number] if recoloring.to == 'channels' else (1, 1, 1)
    ramp = matplotlib.colors.LinearSegmentedColormap.from_list('channel', [(0, 0, 0), color])
    return {'cmap': ramp, 'vmin': 0, 'vmax': white_level(after.dtype)}


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    return np.round(pixels * (255 / white_level(pixels.dtype))).astype(np.uint8)

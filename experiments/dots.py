"""Draws scores as dots, a row for each way and a dot for each fold."""

from collections.abc import Mapping, Sequence

import matplotlib.axes
import numpy as np


def draw_dots(
    axes: matplotlib.axes.Axes, scores: Mapping[str, Sequence[float]], title: str, base: str
) -> None:
    """Draws each fold's score as a dot and their mean as a bar.

    Args:
      axes: to draw on; the first row is at the bottom until the y axis is inverted.
      scores: name -> in [0, 1], one for each fold.
      title: what the scores are.
      base: the name of what the others are compared with, in another colour.
    """
    for place, (name, values) in enumerate(scores.items()):
        per_cent = 100 * np.array(values)
        axes.plot(per_cent, [place] * len(values), 'o', alpha=0.6,
                  color='seagreen' if name == base else 'slategray')
        axes.plot(per_cent.mean(), place, '|', color='black', markersize=12)
    axes.set_yticks(range(len(scores)), list(scores), fontsize=8)
    axes.set_xlabel(f'{title} / %')
    axes.grid(alpha=0.3)

"""A picture to channels: the channels that, merged, come closest to the picture."""

import functools
import itertools
from typing import Any, NamedTuple

import numpy as np

from dualstream.color.fluorochromes.intensities import (
    join_intensities,
    smallest_step,
    split_intensities,
)
from dualstream.color.fluorochromes.palettes import lookup_colors

_LEAST_ANGLE = 5.0
"""Degrees that each lookup colour must lie away from all mixtures of the others."""

_TINY = 1e-14


class Recreated(NamedTuple):
    """Channels recreated from a picture: an estimate, never the measurement.

    Attributes:
      channels: (..., H, W, channels), the dtype of the picture.
      clipped: bool (..., H, W): True where red, green or blue is at its greatest value, so that the
        channels may have been brighter than the picture can tell.
      error: float32 (..., H, W): the distance of the picture from these channels merged, as the
        root of the mean square over red, green and blue, in [0, 1]. Where it is large, the picture
        holds colours that the lookup colours cannot make.
    """

    channels: Any
    clipped: Any
    error: Any


def unmix(picture, colors='rgb') -> Recreated:
    """Recreates the channels of an additive merge, by non-negative least squares at each pixel.

    Use it on a merge whose lookup colours are known. With one, two or three of them, the answer has
    a closed form: each of at most three channels is bright or dark, which are eight cases, each a
    small linear system that is solved beforehand. One case alone fits: no bright channel is
    negative, and no dark one would improve the picture if it were bright (Lawson and Hanson 1974,
    Solving Least Squares Problems, chapter 23). More than three channels cannot be told from three
    numbers.

    Args:
      picture: uint8, uint16 or floating in [0, 1], (..., H, W, 3), sRGB; values outside [0, 1]
        count as 0 or 1.
      colors: one to three lookup colours, as `lookup_colors` takes them.

    Returns:
      The recreated channels, the mask of clipped pixels and the error. A pixel with a NaN has
      channels 0 and the error NaN.

    Raises:
      ValueError: the picture has another dtype or not three channels, there are more than three
        colours, or one is a mixture of the others within 5 degrees.

    Example:
      >>> import numpy as np
      >>> from dualstream import merge, unmix
      >>> channels = np.float32([[[0.5, 0.25], [0, 0.75]]])
      >>> recreated = unmix(merge(channels, 'mgc'), ['magenta', 'green'])
      >>> np.asarray(recreated.channels).tolist()
      [[[0.5, 0.25], [0.0, 0.75]]]
    """
    ops, planes, dtype = split_intensities(picture, 'picture', channels=3)
    table = lookup_colors(colors)
    check_apart(table)
    best = [ops.zeros_like(planes[0]) for _ in table]
    least = None
    for bright in _subsets(len(table)):
        solution, misfits = _case(table, bright)
        # At most 0 where the case fits. Signs and not errors are compared: where two errors differ
        # by a rounding, the channels may differ by its square root.
        misfit = functools.reduce(ops.maximum, _times(misfits, planes))
        if least is None:
            least = misfit
            continue
        better = misfit < least
        least = ops.where(better, misfit, least)
        best = [ops.where(better, new, old) for new, old in zip(_times(solution, planes), best)]
    best = [ops.clip(channel, 0.0, 1.0) for channel in best]
    top = ops.maximum(ops.maximum(planes[0], planes[1]), planes[2])
    # As 0 has no slope under a root, what is next to nothing counts as that.
    error = ops.sqrt(ops.maximum(_squares(_rest(planes, table, best)) / 3, _TINY))
    return Recreated(join_intensities(ops, best, dtype),
                     top >= 1 - smallest_step(dtype) / 2, error)


def _subsets(channels: int) -> list[tuple[int, ...]]:
    """Which channels are bright in each case, from none to all."""
    return [bright for size in range(channels + 1)
            for bright in itertools.combinations(range(channels), size)]


def _case(table: np.ndarray, bright: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """What a pixel is multiplied by for the channels in a case, and for how ill each one fits."""
    solution = np.zeros_like(table)
    solution[list(bright)] = np.linalg.pinv(table[list(bright)].T) if bright else 0
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    improvements = table / lengths @ (np.eye(3) - table.T @ solution)
    is_bright = np.isin(np.arange(len(table)), bright)[:, None]
    return solution, np.where(is_bright, -solution * lengths, improvements)


def _times(matrix: np.ndarray, planes) -> list:
    return [sum(float(share) * plane for share, plane in zip(row, planes)) for row in matrix]


def _rest(planes, table: np.ndarray, channels) -> list:
    """What the channels, merged, leave of the picture."""
    return [plane - made for plane, made in zip(planes, _times(table.T, channels))]


def _squares(planes):
    return sum(plane * plane for plane in planes)


def check_apart(table: np.ndarray) -> None:
    """Checks that a picture in these colours, (channels, 3), can be unmixed.

    Raises:
      ValueError: there are more than three, or one is a mixture of the others within 5 degrees.
    """
    if len(table) > 3:
        raise ValueError(
            f'three numbers a pixel tell at most 3 channels apart; got {len(table)} colors')
    for number, color in enumerate(table):
        others = np.delete(table, number, axis=0).T
        rest = color - others @ np.linalg.pinv(others) @ color if others.size else color
        angle = np.degrees(np.arcsin(min(1, np.linalg.norm(rest) / np.linalg.norm(color))))
        if angle < _LEAST_ANGLE:
            raise ValueError(f'colour {number + 1} lies within {_LEAST_ANGLE:g} degrees of what '
                             f'the other colors mix, so they cannot be told apart')

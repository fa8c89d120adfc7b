"""A picture to channels: the channels that, merged, come closest to the picture."""

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
    a closed form: at most three channels are dark or not, which are eight cases; each is a small
    linear system, solved beforehand; the best one without a negative channel is the answer (Lawson
    and Hanson 1974, Solving Least Squares Problems, chapter 23, has the conditions that single it
    out). More than three channels cannot be told from three numbers.

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
    _check_apart(table)
    dark = ops.zeros_like(planes[0])
    best = [dark for _ in table]
    least = _squares(planes)
    for bright in _subsets(len(table)):
        solved = _solve(planes, table, bright)
        candidate = [solved.get(channel, dark) for channel in range(len(table))]
        squares = _squares(_rest(planes, table, candidate))
        better = squares < least
        for channel in bright:
            better = ops.logical_and(better, candidate[channel] >= 0)
        least = ops.where(better, squares, least)
        best = [ops.where(better, new, old) for new, old in zip(candidate, best)]
    best = [ops.minimum(channel, 1.0) for channel in best]  # none is brighter
    top = ops.maximum(ops.maximum(planes[0], planes[1]), planes[2])
    # As 0 has no slope under a root, what is next to nothing counts as that.
    error = ops.sqrt(ops.maximum(_squares(_rest(planes, table, best)) / 3, _TINY))
    return Recreated(join_intensities(ops, best, dtype),
                     top >= 1 - smallest_step(dtype) / 2, error)


def _subsets(channels: int) -> list[tuple[int, ...]]:
    """Which channels may be bright, in each case but the one where none is."""
    return [bright for size in range(1, channels + 1)
            for bright in itertools.combinations(range(channels), size)]


def _solve(planes, table: np.ndarray, bright: tuple[int, ...]) -> dict:
    """The least squares solution for the channels that may be bright, the others being 0."""
    inverse = np.linalg.pinv(table[list(bright)].T)
    return {channel: sum(float(share) * plane for share, plane in zip(row, planes))
            for channel, row in zip(bright, inverse)}


def _rest(planes, table: np.ndarray, channels) -> list:
    """What the channels, merged, leave of the picture."""
    return [plane - sum(float(share) * channel for share, channel in zip(shares, channels))
            for plane, shares in zip(planes, table.T)]


def _squares(planes):
    return sum(plane * plane for plane in planes)


def _check_apart(table: np.ndarray) -> None:
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

"""Nuclei as blobs of stain: how large they are, and where their centres lie.

After Lindeberg (1998), Feature Detection with Automatic Scale Selection, International Journal of
Computer Vision 30:79: a blob answers most strongly to a Laplacian of Gaussian of its own size.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

RADII = tuple(np.round(3 * 1.15 ** np.arange(15), 1).tolist())
"""The radii that are tried, in pixels: 3 to 21."""


def estimate_radius(amount: np.ndarray) -> float:
    """Estimates the radius of blobs: the one to which they answer most strongly.

    Args:
      amount: float (H, W), at least 0; how much stain there is.

    Returns:
      one of `RADII`; the least where there is no stain.

    Example:
      >>> import numpy as np
      >>> from dualstream.slides.nuclei import estimate_radius
      >>> rows, columns = np.mgrid[:90, :90]
      >>> discs = ((rows % 30 - 15) ** 2 + (columns % 30 - 15) ** 2 <= 8 ** 2) * 1.0
      >>> 7 <= estimate_radius(discs) <= 9
      True
    """
    strongest = [np.mean(np.sort(answer, axis=None)[-max(answer.size // 100, 1):])
                 for answer in _blobs(amount, RADII)]
    return RADII[int(np.argmax(strongest))]


def find_nuclei(amount: np.ndarray, radius: float) -> np.ndarray:
    """Finds the centres of blobs of about a radius; two are at least a radius apart.

    Args:
      amount: float (H, W), at least 0; how much stain there is.
      radius: in pixels.

    Returns:
      int64 (n, 2): rows and columns. Blobs that answer less than a third as strongly as a full disc
      of the commonest amount, which are debris or tails, are not among them.
    """
    if not (amount > 0).any():
        return np.zeros((0, 2), np.int64)
    answer, = _blobs(amount, [radius])
    # A disc of amount 1 answers 2 / e at its centre to the Laplacian of its own size.
    least = np.median(amount[amount > 0]) * 2 / np.e / 3
    peaks = (answer >= _greatest_around(answer, round(radius))) & (answer > least)
    return np.argwhere(peaks)


def _blobs(amount: np.ndarray, radii: Sequence[float]) -> Iterator[np.ndarray]:
    """Yields, for each radius, the negative Laplacian of Gaussian whose zero lies there.

    Times its variance, so that blobs of all sizes answer alike. The picture goes on as its mirror
    image beyond its border: a nucleus that the border cuts answers there, and not at the opposite
    border, as it does where the picture is repeated.
    """
    margin = math.ceil(3 * max(radii))
    amount = np.pad(amount, margin, 'symmetric')
    spectrum = np.fft.rfft2(amount)
    frequency = (2 * np.pi) ** 2 * (np.fft.fftfreq(amount.shape[0])[:, None] ** 2
                                    + np.fft.rfftfreq(amount.shape[1]) ** 2)
    for radius in radii:
        variance = radius ** 2 / 2
        answer = np.fft.irfft2(
            spectrum * variance * frequency * np.exp(-variance * frequency / 2), amount.shape)
        yield answer[margin:-margin, margin:-margin]


def _greatest_around(values: np.ndarray, reach: int) -> np.ndarray:
    """The greatest value within a square of 2 * reach + 1 pixels."""
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if each == axis else (0, 0) for each in (0, 1)],
                        constant_values=-np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis)
        values = windows.max(axis=-1)
    return values

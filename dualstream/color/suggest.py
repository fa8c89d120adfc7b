"""Suggested thresholds: where the leaves of some photographs lie in hue, saturation and value.

Evening light, shade and another white balance move the hue of every leaf, and cameras differ. The
photographs' own colours show where the leaves lie, since foliage makes a hill in the histogram of
hues:

1. Each pixel counts by its chroma, saturation times value: the hue of a gray or a dark pixel is
   chance.
2. The histogram of hues is smoothed until the hues that a plant can have, yellow-green to
   blue-green, hold a single mode (Prewitt and Mendelsohn 1966, The Analysis of Cell Images, smooth
   a histogram until only its populations are left). That mode is the leaf.
3. The range of hues ends on each side in the first valley that is lower than half of the mode, or
   where the histogram has fallen to a twentieth of it, or as far away as soil and sky begin.
4. Among pixels of those hues, the lowest saturation and value are found in the same way: from the
   commonest of the lower half downwards to such a valley, or to a fifth (saturation) or a
   twentieth (value) of it.

Hues alone cannot tell soil in warm light from leaves in cool light, so do not mix photographs taken
in both. The result is a proposal: look at its figure before you train with it.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from dualstream.color.masks import tf_color_mask
from dualstream.color.ranges import HsvRange

PLANT_HUES = (50, 170)
"""Degrees between which a mode may be a leaf's: soil and straw are redder, sky is bluer."""

# The share of the mode's height at which a hill without a valley ends. The hill of saturations ends
# sooner, since below it there are only gray things that the light has tinged.
_FOOT, _SATURATION_FOOT = 1 / 20, 1 / 5
# Degrees from the mode, at most. Soil lies some 50 degrees from the leaves on it in any light,
# often without a valley between them; sky is much further.
_REDWARDS, _BLUEWARDS = 50, 85
_LEAST_SHARE = 0.01  # of all pixels; less than that is chance or a weed
_FLOOR_SMOOTHING = 4  # hundredths
_CHUNK = 2**18  # pixels that are converted at a time


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """Thresholds proposed from the colours of some photographs.

    Attributes:
      hsv_range: the proposed range; None where no mode of hues looks like a leaf's.
      mode: the commonest hue among the leaves, in degrees; None where hsv_range is None.
      hues: float64 (360,), the share of all chroma at each degree of hue; sums to 1.
      smooth_hues: float64 (360,), the same, smoothed as far as needed to find the mode.
      saturations, values: float64 (100,), the share of chroma at each hundredth, among the
        pixels of the proposed hues; zeros where there are none.
    """

    hsv_range: HsvRange | None
    mode: int | None
    hues: np.ndarray
    smooth_hues: np.ndarray
    saturations: np.ndarray
    values: np.ndarray


def suggest_range(pixels: np.ndarray) -> Suggestion:
    """Proposes thresholds from the colours of photographs, as this module's description says.

    Use it where `LEAF` misses the leaves of your camera or light.

    Args:
      pixels: uint8 (n, 3), sRGB, drawn evenly from all photographs; a few thousand of each are
        enough.

    Returns:
      the suggestion, its hsv_range None if no mode among the plant-like hues has lower ground on
      both sides, or if too few pixels lie around it.

    Raises:
      ValueError: pixels is not uint8 (n, 3), or is empty.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.suggest import suggest_range
      >>> rng = np.random.default_rng(0)
      >>> leaves, soil = (rng.normal(color, 8, (5000, 3)).clip(0, 255).astype(np.uint8)
      ...                 for color in ((60, 140, 50), (140, 90, 50)))
      >>> lo, hi = suggest_range(np.concatenate([leaves, soil])).hsv_range.hue
      >>> 50 < lo < 113 < hi < 170
      True
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != 3 or not len(pixels):
        raise ValueError(
            f'pixels must be uint8 (n, 3), n at least 1; got {pixels.dtype} {pixels.shape}')
    hue, saturation, value = _hsv(pixels)
    chroma = saturation * value
    hues = _shares(hue, chroma, 360)
    smooth_hues, mode = _plant_mode(hues)
    nothing = Suggestion(None, None, hues, smooth_hues, np.zeros(100), np.zeros(100))
    if mode is None:
        return nothing
    lo = _hill_end(smooth_hues, mode, max(mode - _REDWARDS, 0), _FOOT)
    hi = _hill_end(smooth_hues, mode, min(mode + _BLUEWARDS, 359), _FOOT)
    if max(smooth_hues[lo], smooth_hues[hi]) > smooth_hues[mode] / 2:
        return nothing
    leaf = (hue >= lo) & (hue < hi + 1)
    saturations, values = (
        _shares(100 * channel[leaf], chroma[leaf], 100) for channel in (saturation, value))
    hsv_range = HsvRange(
        (lo, hi + 1), (_floor(saturations, _SATURATION_FOOT), 1.0), (_floor(values, _FOOT), 1.0))
    if share_inside(pixels, hsv_range) < _LEAST_SHARE:
        return nothing
    return Suggestion(hsv_range, mode, hues, smooth_hues, saturations, values)


def share_inside(pixels: np.ndarray, hsv_range: HsvRange) -> float:
    """Computes the share of pixels, uint8 (n, 3), that the range's mask covers, in [0, 1]."""
    covered = sum(int(np.count_nonzero(tf_color_mask(chunk, hsv_range)))
                  for chunk in _chunks(pixels))
    return covered / len(pixels)


def _hsv(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue in [0, 360), saturation and value in [0, 1]: float32 (n,) each."""
    hsv = np.concatenate([
        tf.image.rgb_to_hsv(chunk.astype(np.float32) / 255).numpy() for chunk in _chunks(pixels)])
    return 360 * hsv[:, 0] % 360, hsv[:, 1], hsv[:, 2]


def _chunks(pixels: np.ndarray) -> list[np.ndarray]:
    return [pixels[first:first + _CHUNK] for first in range(0, len(pixels), _CHUNK)]


def _shares(channel: np.ndarray, weights: np.ndarray, bins: int) -> np.ndarray:
    """The weighted histogram, in bins one wide from 0 on, that sums to 1 (or to 0)."""
    counts = np.bincount(np.minimum(channel.astype(int), bins - 1), weights, bins)
    return counts / max(counts.sum(), 1e-12)


def _plant_mode(hues: np.ndarray) -> tuple[np.ndarray, int | None]:
    """The least smoothed hues with a single mode among the plant's, and that mode if there is one.

    Where the last step of smoothing merges all modes into a larger one outside, as those of a leaf
    that is small in a field of soil, the highest of the step before counts.
    """
    smooth, mode = hues, None
    for sigma in 3 * 1.2 ** np.arange(10):  # degrees, up to 15: hills nearer than that are one
        smoother = _smooth(hues, sigma, 'wrap')
        modes = [degree for degree in range(PLANT_HUES[0], PLANT_HUES[1] + 1)
                 if smoother[degree - 1] < smoother[degree] >= smoother[degree + 1]]
        if not modes:
            break
        smooth, mode = smoother, max(modes, key=lambda degree: smoother[degree])
        if len(modes) == 1:
            break
    return smooth, mode


def _floor(shares: np.ndarray, foot: float) -> float:
    """Where the hill of the commonest saturation or value begins, in whole hundredths."""
    smooth = _smooth(shares, _FLOOR_SMOOTHING, 'reflect')
    # Above the median there may be a second hill, of the colours that the sensor clipped.
    median = int(np.searchsorted(shares.cumsum(), 0.5))
    return _hill_end(smooth, int(smooth[:median + 1].argmax()), 0, foot) / 100


def _hill_end(shares: np.ndarray, mode: int, limit: int, foot: float) -> int:
    """The last bin of the mode's hill, going towards the limit: its valley or its foot."""
    step = 1 if limit > mode else -1
    for place in range(mode, limit, step):
        height = shares[place] / shares[mode]
        if height < foot or height < 0.5 and shares[place + step] > shares[place]:
            return place
    return limit


def _smooth(shares: np.ndarray, sigma: float, mode: str) -> np.ndarray:
    """The shares under a Gaussian of standard deviation sigma bins; np.pad takes the mode."""
    reach = int(np.ceil(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(shares, reach, mode), kernel / kernel.sum(), 'valid')

"""Stain vectors after Macenko: the two ends of the fan of directions in which pixels lie.

Macenko, Marron, Woosley et al. (2009), A Method for Normalizing Histology Slides for Quantitative
Analysis, ISBI 2009. The optical densities of tissue lie near a plane, which the two largest axes of
their covariance span; in it, each pixel's direction lies between those of the two stains.
"""

from dualstream.color.stains.percentiles import percentiles
from dualstream.color.stains.tissue import Spread

PERCENT = 1.0
"""The stains are the directions at this percentile and at 100 minus it, as in the paper."""

_TINY = 1e-12


def macenko_vectors(ops, densities, tissue, spread: Spread):
    """Estimates two stains after Macenko.

    Directions are compared without arc tangents: a fraction that rises with the angle has the same
    percentiles.

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      densities: three float32 (..., H, W), finite.
      tissue: bool (..., H, W).
      spread: that of the same pixels.

    Returns:
      float32 (..., 2, 3), of length 1, haematoxylin first.
    """
    main, side = spread.axes[:2]
    # Tissue is darker than its background, so its main direction is positive.
    sign = ops.where(main[0] + main[1] + main[2] < 0, -1.0, 1.0)
    main = [sign * each for each in main]
    along, across = (sum(density * each[..., None, None]
                         for density, each in zip(densities, axis)) for axis in (main, side))
    ends = percentiles(ops, _fraction(ops, along, across), tissue, (PERCENT, 100 - PERCENT))
    vectors = []
    for along, across in (_direction(ops, end) for end in ends):
        vectors.append(ops.stack([along * m + across * s for m, s in zip(main, side)], axis=-1))
    return haematoxylin_first(ops, *vectors)


def haematoxylin_first(ops, one, other):
    """Orders two stains, float32 (..., 3) each, as float32 (..., 2, 3).

    Haematoxylin is blue, eosin pink: haematoxylin takes away the larger share of red.
    """
    in_order = one[..., :1] >= other[..., :1]
    return ops.stack([ops.where(in_order, one, other), ops.where(in_order, other, one)], axis=-2)


def _fraction(ops, along, across):
    """The share of `across`, which rises with the angle, from -2 to 2 at half a turn."""
    share = across / ops.maximum(ops.abs(along) + ops.abs(across), _TINY)
    return ops.where(along >= 0, share, ops.where(across >= 0, 2 - share, -2 - share))


def _direction(ops, fraction):
    """The unit vector (along, across) that has a fraction."""
    along, across = 1 - ops.abs(fraction), 2 * ops.clip(fraction, -1.0, 1.0) - fraction
    length = ops.sqrt(along * along + across * across)
    return along / length, across / length

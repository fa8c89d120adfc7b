"""Which pixels of a slide show tissue, and how their optical densities are spread."""

import dataclasses

from dualstream.color.conventions import StainConvention
from dualstream.color.stains.eigenvectors import principal_axes
from dualstream.color.stains.percentiles import count


def find_tissue(ops, densities, convention: StainConvention):
    """Finds the pixels that are dense enough, as a convention says.

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      densities: three float32 (..., H, W), of red, green and blue, in the convention's scale.
      convention: its `tissue` and `beta`.

    Returns:
      bool (..., H, W).
    """
    red, green, blue = densities
    if convention.tissue is None:
        return red == red
    if convention.tissue == 'norm':
        return red * red + green * green + blue * blue >= convention.beta**2
    dense = [density >= convention.beta for density in densities]
    combine = ops.logical_and if convention.tissue == 'all' else ops.logical_or
    return combine(combine(*dense[:2]), dense[2])


@dataclasses.dataclass(frozen=True)
class Spread:
    """How the optical densities of tissue are spread.

    Attributes:
      pixels: int32 (...), how many there are.
      variances: three float32 (...), along the principal axes, from large to small.
      axes: three lists of three float32 (...), the principal axes, of length 1.
    """

    pixels: object
    variances: list
    axes: list


def measure_spread(ops, densities, tissue) -> Spread:
    """Measures the principal axes of the densities of tissue.

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      densities: three float32 (..., H, W), finite.
      tissue: bool (..., H, W); where there is none, the result is finite and means nothing.
    """
    pixels = count(ops, tissue)
    means = [masked_mean(ops, density, tissue, pixels) for density in densities]
    # From the mean, not from 0: the difference of two large sums would keep few digits.
    centered = [density - mean[..., None, None] for density, mean in zip(densities, means)]
    upper = [masked_mean(ops, centered[one] * centered[other], tissue, pixels)
             for one in range(3) for other in range(one, 3)]
    return Spread(pixels, *principal_axes(ops, upper))


def masked_mean(ops, values, mask, pixels):
    """Computes the mean under a mask, float32 (...), of values (..., H, W); 0 where it is empty."""
    share = 1 / ops.cast(ops.maximum(pixels, 1), 'float32')
    columns = ops.sum(ops.where(mask, values, 0.0), axis=-2)
    # Scaled between the two sums, so that no sum of a million numbers loses the last ones' digits.
    return ops.sum(columns * share[..., None], axis=-1)

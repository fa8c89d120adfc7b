"""From optical density to the concentrations of two stains, and back, pixel by pixel.

By Beer and Lambert's law the density of a pixel is the sum of its stains' vectors, each times its
concentration. Two stains have closed solutions: the 2 x 2 normal equations, and, for concentrations
that are non-negative and sparse, three cases of which one holds.
"""

_LEAST_DETERMINANT = 1e-6  # beneath which two unit vectors count as one


def separate(ops, densities, stains) -> list:
    """Computes the concentrations that explain densities best, in least squares.

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      densities: three float32 (..., H, W), of red, green and blue.
      stains: float32 (..., 2, 3), a vector per stain.

    Returns:
      Two float32 (..., H, W); negative where a pixel's colour is outside of the stains' two. Finite
      even where the vectors are equal.
    """
    one, other = _project(densities, stains)
    first, both, second = _overlaps(ops, stains)
    determinant = ops.maximum(first * second - both * both, _LEAST_DETERMINANT)
    return [(second * one - both * other) / determinant,
            (first * other - both * one) / determinant]


def separate_sparsely(ops, densities, stains, penalty: float) -> list:
    """Computes concentrations that are non-negative and sparse.

    Which stains a pixel holds is chosen by minimising half of the squared error plus the penalty
    times the sum of the concentrations. With two stains that needs no iterations: either both are
    positive and solve the normal equations, or one is 0 and the other is its own projection, if
    that is positive. The concentrations are then those of least squares, without the penalty, which
    would make them too small (Meinshausen 2007, Relaxed Lasso).

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      densities: three float32 (..., H, W), of red, green and blue.
      stains: float32 (..., 2, 3), a vector per stain, of length 1 and without negative components.
      penalty: at least 0, in units of density.

    Returns:
      Two float32 (..., H, W), at least 0.
    """
    one, other = _project(densities, stains)
    _, both, _ = _overlaps(ops, stains)
    determinant = ops.maximum(1 - both * both, _LEAST_DETERMINANT)
    first, second = (one - both * other) / determinant, (other - both * one) / determinant
    # The penalty takes as much from both, since it takes as much from both projections.
    less = penalty / (1 + both)
    mixed = ops.logical_and(first >= less, second >= less)
    alone = ops.where(ops.logical_and(second < less, one > penalty), one, 0.0)
    other_alone = ops.where(ops.logical_and(first < less, other > penalty), other, 0.0)
    return [ops.where(mixed, first, alone), ops.where(mixed, second, other_alone)]


def mix(concentrations, stains) -> list:
    """Computes the densities of stains in given concentrations: `separate` the other way.

    Args:
      concentrations: two float32 (..., H, W).
      stains: float32 (..., 2, 3) or (2, 3), a vector per stain.

    Returns:
      Three float32 (..., H, W), of red, green and blue.
    """
    return [sum(concentration * stains[..., stain, channel][..., None, None]
                for stain, concentration in enumerate(concentrations)) for channel in range(3)]


def _overlaps(ops, stains) -> list:
    """Inner products (..., 1, 1): first with first, first with second, second with second."""
    return [ops.sum(stains[..., one, :] * stains[..., other, :], axis=-1)[..., None, None]
            for one, other in ((0, 0), (0, 1), (1, 1))]


def _project(densities, stains) -> list:
    return [sum(density * stains[..., stain, channel][..., None, None]
                for channel, density in enumerate(densities)) for stain in range(2)]

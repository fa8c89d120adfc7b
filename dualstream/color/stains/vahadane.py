"""Stain vectors after Vahadane: a non-negative factorisation with sparse concentrations.

Vahadane, Peng, Sethi et al. (2016), Structure-Preserving Color Normalization and Sparse Stain
Separation for Histological Images, IEEE Transactions on Medical Imaging 35:1962-1971. The penalty
is on the concentrations, as in the paper's equation 4: most of a tissue takes up mostly one stain.
Here it only chooses which stains a pixel holds. In the paper it also makes the concentrations
smaller, and so draws the stains towards each other: on slides drawn from known stains by up to 11
degrees.
"""

from dualstream.color.stains.macenko import haematoxylin_first
from dualstream.color.stains.tissue import masked_mean
from dualstream.color.stains.unmixing import separate_sparsely

PENALTY = 0.1
"""On the concentrations, in natural units of density, as in the paper."""

STEPS = 30
"""Turns; from Macenko's stains 4 degrees off, they bring drawn slides within one."""

_TINY = 1e-12


def vahadane_vectors(ops, densities, tissue, pixels, start, penalty: float):
    """Estimates two stains after Vahadane.

    In turns, the concentrations are those that fit the stains (`separate_sparsely`), and each stain
    is the non-negative vector that fits the concentrations best (Mairal et al. 2010, Online
    Learning for Matrix Factorization and Sparse Coding).

    Args:
      ops: keras.ops, or what `ops_of` gives for the tensors.
      densities: three float32 (..., H, W), finite.
      tissue: bool (..., H, W).
      pixels: int32 (...), how many pixels of tissue there are.
      start: float32 (..., 2, 3), the stains to start from, as those after Macenko.
      penalty: at least 0, in the units of the densities.

    Returns:
      float32 (..., 2, 3), at least 0, of length 1, haematoxylin first.
    """
    start = _unit(ops, ops.maximum(start, 0.0))
    densities = [ops.stop_gradient(density) for density in densities]

    def improve(_, stains):
        amounts = separate_sparsely(ops, densities, stains, penalty)
        gram = {(i, j): masked_mean(ops, amounts[i] * amounts[j], tissue, pixels)
                for i, j in ((0, 0), (0, 1), (1, 1))}
        seen = [ops.stack([masked_mean(ops, density * amount, tissue, pixels)
                           for density in densities], axis=-1) for amount in amounts]
        first, second = stains[..., 0, :], stains[..., 1, :]
        first = _fit(ops, seen[0], gram[0, 1], gram[0, 0], second, first)
        second = _fit(ops, seen[1], gram[0, 1], gram[1, 1], first, second)
        return ops.stack([first, second], axis=-2)

    stains = ops.fori_loop(0, STEPS, improve, start)
    return haematoxylin_first(ops, stains[..., 0, :], stains[..., 1, :])


def _fit(ops, seen, both, own, other, before):
    """The non-negative unit vector that fits best; the one before where the stain is nowhere."""
    vector = ops.maximum(seen - both[..., None] * other, 0.0)
    nowhere = ops.logical_or(own <= _TINY, ops.sum(vector, axis=-1) <= _TINY)
    return ops.where(nowhere[..., None], before, _unit(ops, vector))


def _unit(ops, vectors):
    length = ops.sqrt(ops.sum(vectors * vectors, axis=-1))
    return vectors / ops.maximum(length, _TINY)[..., None]

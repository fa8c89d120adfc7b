"""A slide's stains exchanged for those of another: its concentrations in the other's colours."""

import math

from dualstream.color.conventions import StainConvention
from dualstream.color.optical_density import intensity_planes
from dualstream.color.stains.percentiles import percentiles
from dualstream.color.stains.pixels import Pixels
from dualstream.color.stains.unmixing import mix, separate, separate_sparsely

_STRONGEST = 99.0  # percentile: the one that Macenko and others call the maximum
_TINY = 1e-6


def concentrations_of(pixels: Pixels, stains, method: str) -> list:
    """Computes the concentrations of two stains: two float32 (..., H, W).

    Macenko's are least squares and may be negative; Vahadane's may not. With known stains a penalty
    would only make them too small, so there is none.
    """
    if method == 'vahadane':
        return separate_sparsely(pixels.ops, pixels.densities, stains, 0.0)
    return separate(pixels.ops, pixels.densities, stains)


def measure_strengths(pixels: Pixels, concentrations):
    """Measures how strong two stains are: float32 (..., 2), 99th percentiles over the picture."""
    ops = pixels.ops
    everywhere = pixels.tissue == pixels.tissue
    if pixels.missing is not None:
        everywhere = ops.logical_not(pixels.missing)
    return ops.stack([percentiles(ops, each, everywhere, (_STRONGEST,))[0]
                      for each in concentrations], axis=-1)


def restain(pixels: Pixels, concentrations, strengths, target, *, max_gain: float | None,
            convention: StainConvention) -> list:
    """Colours concentrations with other stains, at the strength of the others.

    Args:
      pixels: the pictures.
      concentrations: two float32 (..., H, W).
      strengths: theirs, float32 (..., 2) or (2,).
      target: (stains, strengths) to have, float32 (2, 3) and (2,).
      max_gain: by how much a stain may be strengthened at most; None: by any.
      convention: of densities.

    Returns:
      Three float32 (..., H, W): red, green and blue, in [0, 1] but for what clipping cuts off.
    """
    ops = pixels.ops
    stains, wanted = target
    gains = ops.minimum(wanted / ops.maximum(strengths, _TINY),
                        math.inf if max_gain is None else max_gain)
    scaled = [concentration * gains[..., stain][..., None, None]
              for stain, concentration in enumerate(concentrations)]
    return intensity_planes(ops, mix(scaled, stains), convention)

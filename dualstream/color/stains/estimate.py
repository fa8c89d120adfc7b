"""The two stains of a slide, and whether it has them."""

import enum

from dualstream.color.conventions import TORCHSTAIN, StainConvention, find_convention
from dualstream.color.stains.macenko import macenko_vectors
from dualstream.color.stains.pixels import Pixels
from dualstream.color.stains.vahadane import PENALTY, vahadane_vectors

ESTIMATORS = ('macenko', 'vahadane')
"""The methods that estimate stain vectors."""

_LEAST_SHARE = 0.001  # of the picture, and
_LEAST_PIXELS = 10  # of tissue
_LEAST_DEVIATION = 0.01  # of natural density along the main axis; a step of gray is 0.004 to 0.02
_SAME_STAIN = 0.99027  # cosine of 8 degrees: noise alone spreads one stain by up to 5


class Validity(enum.IntEnum):
    """What can be said of a picture's stains.

    Example:
      >>> from dualstream.color.stains import Validity
      >>> Validity(1).words
      'no tissue'
    """

    OK = 0
    NO_TISSUE = 1
    """Fewer than one pixel in a thousand is tissue, or fewer than ten are."""
    ONE_STAIN = 2
    """All tissue has one hue: the two vectors are less than 8 degrees apart."""
    SINGULAR = 3
    """All tissue has one colour, so that there is no direction to measure."""

    @property
    def words(self) -> str:
        """'ok', 'no tissue', 'one stain' or 'singular'."""
        return self.name.lower().replace('_', ' ')


def estimate_stains(images, *, method: str = 'macenko',
                    convention: StainConvention | str = TORCHSTAIN):
    """Estimates the two stains of each picture, as haematoxylin and eosin.

    Use 'macenko' where speed matters, and for noisy pictures; 'vahadane' where most pixels hold
    mostly one of the stains. Both look at all pixels of tissue, whatever their order.

    Args:
      images: uint8 (..., H, W, 3), or floating in [0, 1]; sRGB. Floats outside are clipped; a
        pixel that is not a number counts as background.
      method: 'macenko' or 'vahadane'.
      convention: a StainConvention or a preset's name: how densities are computed and which pixels
        are tissue.

    Returns:
      (stains, validity): float32 (..., 2, 3), a stain per row, its density in red, green and blue,
      of length 1, haematoxylin first; and int32 (...), a `Validity`. Where it is not ok, the stains
      are the convention's own. No gradient passes.

    Raises:
      ValueError: the method or the convention is unknown, or the images have not three channels or
        another dtype.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.stains import Validity, estimate_stains
      >>> white = np.full([64, 64, 3], 255, np.uint8)
      >>> stains, validity = estimate_stains(white)
      >>> Validity(int(validity)).words
      'no tissue'
    """
    convention = find_convention(convention)
    return stains_of(Pixels.of(images, convention), method, convention)


def stains_of(pixels: Pixels, method: str, convention: StainConvention):
    """Estimates the stains of pixels that are read already; see `estimate_stains`."""
    if method not in ESTIMATORS:
        raise ValueError(f'method must be one of {", ".join(ESTIMATORS)}, got {method!r}')
    ops = pixels.ops
    stains = macenko_vectors(ops, pixels.densities, pixels.tissue, pixels.spread)
    if method == 'vahadane':
        stains = vahadane_vectors(ops, pixels.densities, pixels.tissue, pixels.spread.pixels,
                                  stains, PENALTY * convention.natural)
    validity = validity_of(pixels, convention)
    alike = ops.sum(stains[..., 0, :] * stains[..., 1, :], axis=-1) > _SAME_STAIN
    validity = ops.where(ops.logical_and(validity == Validity.OK, alike),
                         int(Validity.ONE_STAIN), validity)
    usual = ops.convert_to_tensor(convention.vectors[:2], 'float32')
    return ops.where((validity == Validity.OK)[..., None, None], stains, usual), validity


def validity_of(pixels: Pixels, convention: StainConvention):
    """Judges whether there is tissue, and of more than one colour: int32 (...), a `Validity`."""
    ops, spread = pixels.ops, pixels.spread
    height, width = pixels.tissue.shape[-2:]
    least = max(_LEAST_PIXELS, _LEAST_SHARE * height * width)
    single = spread.variances[0] < (_LEAST_DEVIATION * convention.natural)**2
    return ops.where(ops.cast(spread.pixels, 'float32') < least, int(Validity.NO_TISSUE),
                     ops.where(single, int(Validity.SINGULAR), int(Validity.OK)))

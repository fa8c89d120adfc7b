"""Haematoxylin, eosin and DAB, or any other stains, by colour deconvolution.

After Ruifrok and Johnston (2001), Quantification of histochemical staining by color deconvolution,
Analytical and Quantitative Cytology and Histology 23:291-299.
"""

import numpy as np

from dualstream.color.conventions import SKIMAGE, StainConvention, find_convention
from dualstream.color.optical_density import density_planes, intensity_planes
from dualstream.color.planes import join, join_image, split, split_image
from dualstream.color.stain_matrix import stain_matrix


def rgb_to_hed(image, *, convention: StainConvention | str = SKIMAGE, vectors=None,
               clip: bool = False):
    """Computes how much of each stain a pixel holds.

    The amounts have signs: a pixel whose colour lies outside what the stains can mix has a negative
    one. So `hed_to_rgb` gives back the image; with negative amounts clipped it cannot.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB. A NaN in a channel makes all
        amounts of the pixel NaN.
      convention: the scale of the optical density, and the stains if no vectors are given: a
        StainConvention, or a preset's name: 'skimage', 'qupath', 'torchstain', 'histomicstk'.
      vectors: (2, 3) or (3, 3), a stain per row, its density in red, green and blue; to two, the
        residual is added (`stain_matrix`). None: the convention's.
      clip: whether a negative amount becomes 0, as in scikit-image's rgb2hed.

    Returns:
      floating (..., 3): the amount of each stain, with 'skimage' of haematoxylin, eosin and DAB, in
      the scale of the convention; float32 for uint8, else the image's dtype. The convention's white
      has none of any.

    Raises:
      ValueError: the image has not three channels, its dtype is another, the convention is unknown,
        or the vectors cannot be told apart.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.hed import hed_to_rgb, rgb_to_hed
      >>> hed = rgb_to_hed(np.uint8([150, 90, 170]))
      >>> [round(float(amount), 4) for amount in hed]
      [0.0495, 0.0327, 0.0146]
      >>> [int(level) for level in hed_to_rgb(hed, dtype='uint8')]
      [150, 90, 170]
    """
    convention = find_convention(convention)
    ops, planes, dtype = split_image(image)
    stains = _mix(density_planes(ops, planes, convention),
                  np.linalg.inv(_rows(vectors, convention)))
    return join(ops, [ops.maximum(stain, 0.0) for stain in stains] if clip else stains, dtype)


def hed_to_rgb(hed, *, convention: StainConvention | str = SKIMAGE, vectors=None,
               dtype: str | None = None, clip: bool = True):
    """Computes the image of amounts of stains: the inverse of `rgb_to_hed`.

    Use it with one amount alone, the others 0, to see a single stain.

    Args:
      hed: floating (..., 3), the amounts of the stains.
      convention: as for `rgb_to_hed`.
      vectors: as for `rgb_to_hed`.
      dtype: of the image, floating or 'uint8'; that of `hed` if None.
      clip: whether each channel is clipped to [0, 1]; uint8 always is.

    Returns:
      floating (..., 3), or uint8 (..., 3) in [0, 255]; sRGB.

    Raises:
      ValueError: `hed` is not floating or has not three channels, dtype or convention is another,
        or the vectors cannot be told apart.
    """
    convention = find_convention(convention)
    ops, stains, given = split(hed, 'hed')
    planes = intensity_planes(ops, _mix(stains, _rows(vectors, convention)), convention)
    return join_image(ops, planes, dtype or given, clip=clip)


def _rows(vectors, convention: StainConvention) -> np.ndarray:
    return stain_matrix(convention.vectors if vectors is None else vectors,
                        unit_length=convention.unit_length)


def _mix(planes, matrix: np.ndarray) -> list:
    """The planes as rows of pixels, times a matrix."""
    return [sum(float(share) * plane for share, plane in zip(column, planes))
            for column in matrix.T]

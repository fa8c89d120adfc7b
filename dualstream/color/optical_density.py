"""Optical density: how much light a slide takes away, which stains add up in (Beer and Lambert)."""

from dualstream.color.conventions import QUPATH, StainConvention, find_convention
from dualstream.color.planes import join, join_image, split, split_image


def rgb_to_od(image, *, convention: StainConvention | str = QUPATH):
    """Computes the optical density of each channel of each pixel.

    Use it before stains are separated, or thresholds set on how dark a stain is.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB as the scanner wrote it, whose
        curve every tool leaves in place. What is darker than the convention's floor counts as the
        floor; a NaN stays one in its channel.
      convention: a StainConvention, or a preset's name: 'skimage', 'qupath' (decades, I0 = 255),
        'torchstain' or 'histomicstk'.

    Returns:
      floating (..., 3), 0 for the convention's white, more for what is darker, and less for what
      is brighter unless the convention has no negative densities; float32 for uint8, else the
      image's dtype.

    Raises:
      ValueError: the image has not three channels, its dtype is another, or the convention is
        unknown.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.optical_density import rgb_to_od
      >>> [round(float(density), 3) for density in rgb_to_od(np.float32([1, 0.5, 0.1]))]
      [0.0, 0.301, 1.0]
    """
    convention = find_convention(convention)
    ops, planes, dtype = split_image(image)
    return join(ops, density_planes(ops, planes, convention), dtype)


def od_to_rgb(od, *, convention: StainConvention | str = QUPATH, dtype: str | None = None,
              clip: bool = True):
    """Computes the image of optical densities: the inverse of `rgb_to_od`.

    Args:
      od: floating (..., 3), in the scale of the convention.
      convention: a StainConvention, or a preset's name, as for `rgb_to_od`.
      dtype: of the image, floating or 'uint8'; that of `od` if None.
      clip: whether each channel is clipped to [0, 1]; uint8 always is.

    Returns:
      floating (..., 3), or uint8 (..., 3) in [0, 255]; sRGB.

    Raises:
      ValueError: `od` is not floating or has not three channels, or dtype or convention is another.

    Example:
      >>> from dualstream.color.optical_density import od_to_rgb
      >>> [int(level) for level in od_to_rgb([0.0, 0.2, 1.2], dtype='uint8')]
      [255, 161, 16]
    """
    convention = find_convention(convention)
    ops, planes, given = split(od, 'od')
    return join_image(
        ops, intensity_planes(ops, planes, convention), dtype or given, clip=clip)


def density_planes(ops, planes, convention: StainConvention) -> list:
    """Computes the densities of float32 planes in [0, 1]."""
    densities = []
    for plane, white in zip(planes, convention.white):
        # Divided before the logarithm, so that white's own is exactly 0.
        times_darker = white / ops.maximum(255 * plane + convention.offset, convention.floor)
        density = convention.natural * ops.log(times_darker)
        densities.append(ops.maximum(density, 0.0) if convention.nonnegative else density)
    return densities


def intensity_planes(ops, densities, convention: StainConvention) -> list:
    """Computes the planes in [0, 1] of float32 densities."""
    return [(white * ops.exp(density / -convention.natural) - convention.offset) / 255
            for density, white in zip(densities, convention.white)]

"""CIELAB and CIE LCh under D65 and the 2 degree observer, after CIE 015:2018 and IEC 61966-2-1.

The shares of red, green and blue in X, Y and Z are those of scikit-image but for green's in X and
blue's in Z, which are the rest to white. So every gray is exactly neutral; with scikit-image's
rounded shares white is at a* = -0.0025, b* = 0.0047. By no more than 0.005 the two differ anywhere.
"""

import math

import numpy as np

from dualstream.color.hsv import within_turn
from dualstream.color.linear_rgb import curve, light
from dualstream.color.planes import join, join_image, split, split_image

_WHITE = (0.95047, 1.0, 1.08883)
# Per unit of white: what red and blue add to each of X, Y and Z.
_RED = tuple(share / white for share, white in zip((0.412453, 0.212671, 0.019334), _WHITE))
_BLUE = (0.180423 / _WHITE[0], 0.072169, 1 - (0.019334 + 0.119193) / _WHITE[2])

# What X - Y and Z - Y add to red - green, and to blue - green.
_DIFFERENCES = np.linalg.inv([
    [_RED[0] - _RED[1], _BLUE[0] - _BLUE[1]], [_RED[2] - _RED[1], _BLUE[2] - _BLUE[1]]]).tolist()

# Near black the cube root becomes a straight line, here with the rounded numbers that CIE published
# in 1976 and scikit-image and OpenCV kept; with exact ones a* would differ from theirs by 0.0002.
_BEND, _SLOPE, _START = 0.008856, 7.787, 16 / 116
GRAY = 1e-6  # the chroma below which a hue means nothing


def rgb_to_lab(image):
    """Computes the CIELAB of each pixel.

    Use it where distances between colours should be as people see them, or to keep lightness apart
    from colour.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB. The formulas go on below 0 and
        above 1; a NaN in a channel makes the pixel's three coordinates NaN.

    Returns:
      floating (..., 3): L* in [0, 100], a* in [-86.2, 98.3] and b* in [-107.9, 94.5] for the
      colours of sRGB; float32 for uint8, else the image's dtype. Black is exactly (0, 0, 0), white
      (100, 0, 0), and every gray has a* = b* = 0.

    Raises:
      ValueError: the image has not three channels, or its dtype is another.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.cielab import rgb_to_lab
      >>> [round(float(x), 2) for x in rgb_to_lab(np.uint8([255, 0, 0]))]
      [53.24, 80.09, 67.2]
    """
    ops, planes, dtype = split_image(image)
    return join(ops, lab_planes(ops, *planes), dtype)


def lab_to_rgb(lab, *, dtype: str | None = None, clip: bool = True):
    """Computes the sRGB of CIELAB: the inverse of `rgb_to_lab`.

    Args:
      lab: floating (..., 3): L*, a*, b*.
      dtype: of the image, floating or 'uint8'; that of `lab` if None.
      clip: whether each channel is clipped to [0, 1], since CIELAB holds colours that sRGB does
        not; uint8 always is.

    Returns:
      floating (..., 3), or uint8 (..., 3) in [0, 255]; sRGB.

    Raises:
      ValueError: `lab` is not floating or has not three channels, or dtype is another.

    Example:
      >>> from dualstream.color.cielab import lab_to_rgb
      >>> [int(level) for level in lab_to_rgb([53.24, 80.09, 67.2], dtype='uint8')]
      [255, 0, 0]
    """
    ops, (lightness, a, b), given = split(lab, 'lab')
    y = (lightness + 16) / 116
    x, y, z = (_cube(ops, root) for root in (y + a / 500, y, y - b / 200))
    red_less_green, blue_less_green = (
        of_x * (x - y) + of_z * (z - y) for of_x, of_z in _DIFFERENCES)
    green = y - _RED[1] * red_less_green - _BLUE[1] * blue_less_green
    planes = [curve(ops, plane)
              for plane in (green + red_less_green, green, green + blue_less_green)]
    return join_image(ops, planes, dtype or given, clip=clip)


def lab_to_lch(lab):
    """Computes lightness, chroma and hue: CIELAB's a* and b* in polar coordinates.

    Args:
      lab: floating (..., 3): L*, a*, b*.

    Returns:
      floating (..., 3), of the same dtype: L* as it was, chroma C* of at least 0 (up to 133.8 for
      the colours of sRGB), hue in degrees, [0, 360). A chroma below 1e-6, as that of every gray,
      has hue 0.

    Raises:
      ValueError: `lab` is not floating or has not three channels.

    Example:
      >>> from dualstream.color.cielab import lab_to_lch
      >>> [round(float(x), 4) for x in lab_to_lch([50.0, 0.0, 20.0])]
      [50.0, 20.0, 90.0]
    """
    ops, (lightness, a, b), dtype = split(lab, 'lab')
    return join(ops, [lightness, *chroma_and_hue(ops, a, b)], dtype)


def lch_to_lab(lch):
    """Computes CIELAB from lightness, chroma and hue: the inverse of `lab_to_lch`.

    Args:
      lch: floating (..., 3): L*, C*, and hue in degrees, any number of turns.

    Returns:
      floating (..., 3), of the same dtype: L*, a*, b*.

    Raises:
      ValueError: `lch` is not floating or has not three channels.

    Example:
      >>> from dualstream.color.cielab import lch_to_lab
      >>> [round(float(x), 4) for x in lch_to_lab([50.0, 20.0, 180.0])]
      [50.0, -20.0, -0.0]
    """
    ops, (lightness, chroma, hue), dtype = split(lch, 'lch')
    angle = hue * (math.pi / 180)
    return join(ops, [lightness, chroma * ops.cos(angle), chroma * ops.sin(angle)], dtype)


def lab_planes(ops, red, green, blue) -> list:
    """Computes L*, a* and b* of float32 planes of sRGB in [0, 1]."""
    red, green, blue = (light(ops, plane) for plane in (red, green, blue))
    # As green's share is the rest to 1, light without differences is exactly neutral.
    xyz = [green + of_red * (red - green) + of_blue * (blue - green)
           for of_red, of_blue in zip(_RED, _BLUE)]
    x, y, z = (_cube_root(ops, coordinate) for coordinate in xyz)
    # Near black the straight line alone, so that 16 is not subtracted from what is nearly 16.
    lightness = ops.where(xyz[1] > _BEND, 116 * y - 16, 116 * _SLOPE * xyz[1])
    return [lightness, 500 * (x - y), 200 * (y - z)]


def chroma_and_hue(ops, a, b):
    """Computes chroma, and hue in degrees [0, 360), of float32 planes of a and b.

    The gradients are finite at gray as well, where those of root and arctangent are not: they are
    0 there.
    """
    square = a * a + b * b
    colored = square > GRAY**2
    chroma = root(ops, square)
    hue = ops.arctan2(ops.where(colored, b, 0.0), ops.where(colored, a, 1.0)) * (180 / math.pi)
    return chroma, within_turn(ops, hue, 360)


def root(ops, square):
    """Computes the square root of what is at least 0; its gradient at 0 is 0, not infinite."""
    positive = square > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, square, 1.0)), 0.0)


def _cube_root(ops, t):
    """CIELAB's f. The greater one under the root keeps its gradient finite near black."""
    curved = ops.power(ops.maximum(t, _BEND), 1 / 3)
    return ops.where(t > _BEND, curved, _SLOPE * t + _START)


def _cube(ops, f):
    """The inverse of CIELAB's f."""
    return ops.where(f > _SLOPE * _BEND + _START, f * f * f, (f - _START) / _SLOPE)

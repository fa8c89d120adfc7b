"""Hue, saturation and value (Smith 1978, Color Gamut Transform Pairs)."""

from dualstream.color.planes import join, join_image, split, split_image

_TINY = 1e-6
"""The least divisor: black has saturation 0 and gray has hue 0, and gradients stay finite."""


def rgb_to_hsv(image):
    """Computes the hue, saturation and value of each pixel.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB. A NaN in a channel makes the
        pixel's coordinates meaningless, and leaves other pixels alone.

    Returns:
      floating (..., 3): hue in degrees, [0, 360), saturation and value in [0, 1]; float32 for
      uint8, else the image's dtype. Gray has hue 0 and saturation 0, as in OpenCV and
      scikit-image, which give hue in half degrees and in turns.

    Raises:
      ValueError: the image has not three channels, or its dtype is another.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.hsv import rgb_to_hsv
      >>> [round(float(x), 3) for x in rgb_to_hsv(np.float32([0, 0.5, 0.25]))]
      [150.0, 1.0, 0.5]
    """
    ops, planes, dtype = split_image(image)
    sixths, saturation, value = sixths_saturation_value(ops, *planes)
    return join(ops, [60 * within_turn(ops, sixths, 6), saturation, value], dtype)


def hsv_to_rgb(hsv, *, dtype: str | None = None, clip: bool = True):
    """Computes the sRGB of hue, saturation and value: the inverse of `rgb_to_hsv`.

    Args:
      hsv: floating (..., 3): hue in degrees, any number of turns, saturation and value in [0, 1].
      dtype: of the image, floating or 'uint8'; that of `hsv` if None.
      clip: whether each channel is clipped to [0, 1]; uint8 always is.

    Returns:
      floating (..., 3), or uint8 (..., 3) in [0, 255]; sRGB.

    Raises:
      ValueError: `hsv` is not floating or has not three channels, or dtype is another.

    Example:
      >>> from dualstream.color.hsv import hsv_to_rgb
      >>> [int(level) for level in hsv_to_rgb([150.0, 1.0, 0.5], dtype='uint8')]
      [0, 128, 64]
    """
    ops, (hue, saturation, value), given = split(hsv, 'hsv')
    planes = []
    for channel in (5, 3, 1):  # sixths of a turn from the hue at which the channel falls fastest
        place = ops.mod(channel + hue / 60, 6.0)
        missing = ops.clip(ops.minimum(place, 4 - place), 0.0, 1.0)
        planes.append(value - value * saturation * missing)
    return join_image(ops, planes, dtype or given, clip=clip)


def sixths_saturation_value(ops, red, green, blue):
    """Computes hue in sixths of a turn, in [-1, 5], saturation and value of float32 planes."""
    value = ops.maximum(ops.maximum(red, green), blue)
    chroma = value - ops.minimum(ops.minimum(red, green), blue)
    saturation = chroma / ops.maximum(value, _TINY)
    per_chroma = 1 / ops.maximum(chroma, _TINY)
    sixths = ops.where(
        ops.equal(value, red), (green - blue) * per_chroma,
        ops.where(ops.equal(value, green), 2 + (blue - red) * per_chroma,
                  4 + (red - green) * per_chroma))
    return sixths, saturation, value


def within_turn(ops, angle, turn: int):
    """Brings an angle in [-turn, turn] to [0, turn): a tiny one below 0 is rounded to the turn."""
    angle = ops.where(angle < 0, angle + turn, angle)
    return ops.where(angle >= turn, 0.0, angle)

"""Linear RGB: the light of sRGB, with its transfer curve undone, after IEC 61966-2-1."""

from dualstream.color.planes import join, join_image, split, split_image


def rgb_to_linear(image):
    """Computes the light that each channel of an image stands for.

    Use it before pixels are averaged, blended or added as light.

    Args:
      image: uint8 (..., 3), or floating (..., 3) in [0, 1]; sRGB. Below 0 and above 1 the curve
        goes on, and a NaN stays one in its channel.

    Returns:
      floating (..., 3), in [0, 1] where the image is; float32 for uint8, else the image's dtype.

    Raises:
      ValueError: the image has not three channels, or its dtype is another.

    Example:
      >>> import numpy as np
      >>> from dualstream.color.linear_rgb import rgb_to_linear
      >>> [round(float(light), 4) for light in rgb_to_linear(np.uint8([0, 128, 255]))]
      [0.0, 0.2159, 1.0]
    """
    ops, planes, dtype = split_image(image)
    return join(ops, [light(ops, plane) for plane in planes], dtype)


def linear_to_rgb(linear, *, dtype: str | None = None, clip: bool = True):
    """Computes the sRGB of linear light: the inverse of `rgb_to_linear`.

    Args:
      linear: floating (..., 3), in [0, 1].
      dtype: of the image, floating or 'uint8'; that of `linear` if None.
      clip: whether each channel is clipped to [0, 1]; uint8 always is.

    Returns:
      floating (..., 3), or uint8 (..., 3) in [0, 255]; sRGB.

    Raises:
      ValueError: `linear` is not floating or has not three channels, or dtype is another.

    Example:
      >>> from dualstream.color.linear_rgb import linear_to_rgb
      >>> [int(level) for level in linear_to_rgb([0.0, 0.2159, 1.0], dtype='uint8')]
      [0, 128, 255]
    """
    ops, planes, given = split(linear, 'linear')
    return join_image(ops, [curve(ops, plane) for plane in planes], dtype or given, clip=clip)


def light(ops, plane):
    """Undoes sRGB's curve in one plane, float32."""
    # The greater one under the root keeps its gradient finite where the straight part is taken.
    root = ops.power((ops.maximum(plane, 0.04) + 0.055) / 1.055, 2.4)
    return ops.where(plane <= 0.04045, plane / 12.92, root)


def curve(ops, plane):
    """Applies sRGB's curve to one plane of light, float32."""
    root = 1.055 * ops.power(ops.maximum(plane, 0.003), 1 / 2.4) - 0.055
    return ops.where(plane <= 0.0031308, 12.92 * plane, root)

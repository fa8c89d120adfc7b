"""Bit depths: the number that means white, or full intensity, in each dtype of pixels."""

WHITE = {'uint8': 255, 'uint16': 65535}
"""The greatest value of each integer dtype that pixels may have."""


def white_level(dtype) -> float:
    """Gives the value of white in a dtype.

    Use it to scale pixels of any depth to [0, 1], and back.

    Args:
      dtype: of NumPy or TensorFlow, or its name.

    Returns:
      255 for uint8, 65535 for uint16, 1 for all others: floating pixels are in [0, 1].

    Example:
      >>> import numpy as np
      >>> from dualstream.color.bit_depth import white_level
      >>> white_level(np.uint16([3]).dtype), white_level('float32')
      (65535.0, 1.0)
    """
    return float(WHITE.get(getattr(dtype, 'name', dtype), 1))

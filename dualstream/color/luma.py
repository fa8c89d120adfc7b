"""Luma: how bright a pixel of sRGB is, by the weights that a JPEG file stores it with."""

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue, after ITU-R BT.601: the Y of a JPEG file."""

"""Colours of pixels: HSV ranges and the masks of the pixels inside them."""

from dualstream.color.masks import LEAF, HsvRange, cv_color_mask, tf_color_mask

__all__ = ['LEAF', 'HsvRange', 'cv_color_mask', 'tf_color_mask']

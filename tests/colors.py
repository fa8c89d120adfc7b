"""Colours that tests of masks and spaces go through."""

import numpy as np


def every_color():
    """All 16,777,216 colours, uint8, in 16 images of 1024 x 1024."""
    low = np.arange(2**20, dtype=np.uint32)
    for high in range(16):
        color = (low | high << 20).reshape(1024, 1024)
        yield np.stack([color >> 16, color >> 8, color], axis=-1).astype(np.uint8)


def dense_grid():
    """52 x 52 x 52 colours, uint8 (52, 2704, 3): every fifth level of each channel."""
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels, indexing='ij'), -1).reshape(52, -1, 3)

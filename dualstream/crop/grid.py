"""The leaf grid: a mask summed up block by block, small enough to store with every photograph."""

import tensorflow as tf

BLOCK = 8
"""Pixels along a block's side.

Eight is the block of the JPEG's discrete cosine transform (ITU-T T.81), so one cell of the grid is
one pixel of a decode at 1/8 scale, and a window can be placed twice as finely as with 16. The grid
of a 600x800 photograph is 7,500 bytes, and compresses to a few hundred.
"""


def leaf_grid(mask: tf.Tensor, block: int = BLOCK) -> tf.Tensor:
    """Sums a mask up: how much of each block it covers.

    Use it when a data set is prepared; the crops then choose a window without decoding a pixel.

    Args:
      mask: bool (H, W).
      block: pixels along a block's side, at least 1.

    Returns:
      uint8 (ceil(H / block), ceil(W / block)): 0 where the mask covers nothing of the block's
      pixels, 255 where it covers them all. A block that the frame's edge cuts counts only the
      pixels that exist.

    Example:
      >>> import numpy as np
      >>> from dualstream import leaf_grid
      >>> mask = np.zeros([16, 20], bool)
      >>> mask[:8, 4:] = True
      >>> leaf_grid(mask).numpy()
      array([[128, 255, 255],
             [  0,   0,   0]], dtype=uint8)
    """
    height, width = tf.unstack(tf.shape(mask))
    covered = _block_sums(tf.cast(mask, tf.float32), block)
    pixels = _block_sums(tf.ones([height, width]), block)
    return tf.cast(tf.round(255 * covered / pixels), tf.uint8)


def _block_sums(pixels: tf.Tensor, block: int) -> tf.Tensor:
    height, width = tf.unstack(tf.shape(pixels))
    padded = tf.pad(pixels, [[0, -height % block], [0, -width % block]])
    rows, columns = tf.unstack(tf.shape(padded) // block)
    return tf.reduce_sum(tf.reshape(padded, [rows, block, columns, block]), axis=[1, 3])

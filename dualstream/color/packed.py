"""The mask, compiled and packed eight pixels a byte: what makes it cheap inside tf.data.

As single ops, each of the mask's two dozen steps writes a map as large as the frame. XLA fuses them
and the packing into one loop over the pixels. It compiles for fixed shapes, though, and
photographs differ in size; so a frame is handed over in chunks of its pixels in memory's order, all
of one size, and compiled once for all the sizes in a data set.
"""

import functools

import tensorflow as tf

from dualstream.color.masks import LEAF, HsvRange, tf_color_mask

CHUNK = 2**18
"""Pixels in a chunk. What is smaller is filled up to it, at an eighth of a millisecond."""


def packed_mask(frame: tf.Tensor, hsv_range: HsvRange = LEAF) -> tf.Tensor:
    """`tf_color_mask` of a frame, eight pixels a byte.

    Args:
      frame: uint8 (H, W, 3), sRGB.
      hsv_range: the range to look for.

    Returns:
      uint8 (ceil(H * W / 8),), in memory's order, the first pixel in the highest bit. What the last
      byte has beyond the frame is of black.
    """
    channels = tf.reshape(frame, [-1])
    bytes_of_frame = -(-tf.size(channels) // 24)
    # Whole bytes, and at least a chunk; of most photographs that is nothing to add, and no copy.
    full = tf.maximum(24 * bytes_of_frame, 3 * CHUNK)
    channels = tf.pad(channels, [[0, full - tf.size(channels)]])
    last = full - 3 * CHUNK
    pack = _compiled(hsv_range)

    def pack_chunk(start, packed):
        # The last chunk ends where the frame does, and so overlaps the one before.
        at = tf.minimum(start, last)
        chunk = tf.ensure_shape(tf.slice(channels, [at], [3 * CHUNK]), [3 * CHUNK])
        return start + 3 * CHUNK, tf.concat([packed[:at // 24], pack(chunk)], axis=0)

    _, packed = tf.while_loop(
        lambda start, _: start < full, pack_chunk, (0, tf.zeros([0], tf.uint8)),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape([None])), parallel_iterations=1)
    return packed[:bytes_of_frame]


def count_blocks(packed: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """How many pixels of each block of 8 x 8 a packed mask covers.

    Args:
      packed: uint8 (H * W / 8,), as of `packed_mask`.
      size: int32 (2,), (H, W), multiples of 8.

    Returns:
      float32 (H / 8, W / 8), whole numbers from 0 to 64.
    """
    rows, columns = tf.unstack(size // 8)
    counts = tf.cast(tf.raw_ops.PopulationCount(x=packed), tf.float32)
    return tf.reduce_sum(tf.reshape(counts, tf.stack([rows, 8, columns])), axis=1)


def unpack(packed: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """The mask itself: bool (H, W). Arguments as of `count_blocks`, of any height and width."""
    bits = tf.bitwise.bitwise_and(packed[:, None], tf.constant(_BITS, tf.uint8))
    return tf.reshape(tf.reshape(tf.not_equal(bits, 0), [-1])[:tf.reduce_prod(size)], size)


_BITS = (128, 64, 32, 16, 8, 4, 2, 1)


@functools.lru_cache(maxsize=None)
def _compiled(hsv_range: HsvRange):
    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([3 * CHUNK], tf.uint8)])
    def pack(channels):
        # Two pixel axes, since XLA turns a long single one into slower code.
        mask = tf_color_mask(tf.reshape(channels, [CHUNK // 1024, 1024, 3]), hsv_range)
        eights = tf.reshape(tf.cast(mask, tf.uint8), [CHUNK // 1024, 128, 8])
        return tf.reshape(tf.reduce_sum(eights * tf.constant(_BITS, tf.uint8), axis=2), [-1])

    return pack

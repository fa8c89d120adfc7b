"""The mask, compiled and packed eight pixels a byte, which makes it cheap inside tf.data.

As single ops, each of the mask's two dozen steps writes a map as large as the frame. XLA fuses them
and the packing into one loop over the pixels. But it compiles for fixed shapes, and photographs
differ in size. So a frame is masked in chunks of its pixels in memory's order, all of one size:
one compilation serves all sizes in a data set.
"""

import functools
from collections.abc import Callable

import tensorflow as tf

from dualstream.color.masks import tf_color_mask
from dualstream.color.ranges import LEAF, HsvRange, LchRange

CHUNK = 2**17
"""Pixels in a chunk. A smaller frame is padded to it, which takes less than 0.1 ms."""


def packed_mask(frame: tf.Tensor, color_range: HsvRange | LchRange = LEAF) -> tf.Tensor:
    """Computes `tf_color_mask` of a frame, eight pixels a byte.

    Use it for whole frames on a CPU, where it is several times as fast as `tf_color_mask`.

    Args:
      frame: uint8 (H, W, 3), sRGB.
      color_range: the colours to look for.

    Returns:
      uint8 (ceil(H * W / 8),), in memory's order, the first pixel in the highest bit. The last
      byte's bits beyond the frame are those of black pixels.

    Example:
      >>> import numpy as np, tensorflow as tf
      >>> from dualstream.color.packed import packed_mask, unpack
      >>> frame = np.zeros([2, 4, 3], np.uint8)
      >>> frame[0, :, 1] = 200
      >>> packed_mask(frame).numpy()
      array([240], dtype=uint8)
      >>> unpack(packed_mask(frame), tf.constant([2, 4])).numpy()[0]
      array([ True,  True,  True,  True])
    """
    channels = tf.reshape(frame, [-1])
    bytes_of_frame = -(-tf.size(channels) // 24)
    # Whole bytes; most photographs need no padding, and so no copy.
    channels = tf.pad(channels, [[0, 24 * bytes_of_frame - tf.size(channels)]])
    return _in_chunks(channels, _compiled_pack(color_range))


def count_blocks(
    frame: tf.Tensor, color_range: HsvRange | LchRange = LEAF, *, step: int = 1
) -> tf.Tensor:
    """Counts the pixels of each block of 8 x 8 that `tf_color_mask` covers.

    Use it for whole frames on a CPU, to choose a window whose edges are those of blocks.

    Args:
      frame: uint8 (H, W, 3), sRGB, H and W multiples of 8.
      color_range: the colours to look for.
      step: looks at every step-th row and column, from the first on: 1, 2, 4 or 8.

    Returns:
      uint8 (H / 8, W / 8), from 0 to (8 / step)^2.

    Example:
      >>> import numpy as np
      >>> frame = np.zeros([8, 16, 3], np.uint8)
      >>> frame[:, 10:, 1] = 200
      >>> count_blocks(frame).numpy(), count_blocks(frame, step=2).numpy()
      (array([[ 0, 48]], dtype=uint8), array([[ 0, 12]], dtype=uint8))
    """
    height, width = tf.unstack(tf.shape(frame)[:2])
    # Rows that are looked at, each behind step - 1 others, are copied whole. A strided slice would
    # copy pixel by pixel, which takes longer than decoding.
    rows = tf.reshape(frame, tf.stack([height // step, step * width * 3]))
    channels = tf.reshape(tf.slice(rows, [0, 0], tf.stack([height // step, 3 * width])), [-1])
    counts = _in_chunks(channels, _compiled_count(color_range, step))
    return tf.reduce_sum(
        tf.reshape(counts, tf.stack([height // 8, 8 // step, width // 8])), axis=1)


def unpack(packed: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Unpacks a packed mask.

    Args:
      packed: uint8 (ceil(H * W / 8),), from `packed_mask`.
      size: int32 (2,), (H, W), any.

    Returns:
      bool (H, W).
    """
    bits = tf.bitwise.bitwise_and(packed[:, None], tf.constant(_BITS, tf.uint8))
    return tf.reshape(tf.reshape(tf.not_equal(bits, 0), [-1])[:tf.reduce_prod(size)], size)


_BITS = (128, 64, 32, 16, 8, 4, 2, 1)


def _in_chunks(channels: tf.Tensor, reduce_chunk: Callable) -> tf.Tensor:
    """Maps each 24 bytes of a frame, which are 8 pixels, to a byte, a chunk at a time."""
    bytes_of_frame = tf.size(channels) // 24
    full = tf.maximum(24 * bytes_of_frame, 3 * CHUNK)
    channels = tf.pad(channels, [[0, full - tf.size(channels)]])
    last = full - 3 * CHUNK

    def reduce_at(at):
        return reduce_chunk(tf.ensure_shape(tf.slice(channels, [at], [3 * CHUNK]), [3 * CHUNK]))

    def reduce_next(start, reduced):
        # The last chunk ends where the frame does, and so overlaps the one before.
        at = tf.minimum(start, last)
        return start + 3 * CHUNK, tf.concat([reduced[:at // 24], reduce_at(at)], axis=0)

    def reduce_all():
        _, reduced = tf.while_loop(
            lambda start, _: start < full, reduce_next, (0, tf.zeros([0], tf.uint8)),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None])), parallel_iterations=1)
        return reduced

    # A loop around a single chunk would cost more than the chunk.
    return tf.cond(tf.equal(last, 0), lambda: reduce_at(0), reduce_all)[:bytes_of_frame]


@functools.cache
def _compiled_pack(color_range: HsvRange | LchRange):
    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([3 * CHUNK], tf.uint8)])
    def pack(channels):
        eights = _mask_of_eights(channels, color_range, 1)
        return tf.reshape(tf.reduce_sum(eights * tf.constant(_BITS, tf.uint8), axis=2), [-1])

    return pack


@functools.cache
def _compiled_count(color_range: HsvRange | LchRange, step: int):
    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([3 * CHUNK], tf.uint8)])
    def count(channels):
        return tf.reshape(
            tf.reduce_sum(_mask_of_eights(channels, color_range, step), axis=2), [-1])

    return count


def _mask_of_eights(channels, color_range, step):
    """The mask of every step-th pixel: uint8 (CHUNK / 1024, 128, 8 / step)."""
    # Two axes of pixels, since XLA compiles a long single one into slower code.
    pixels = tf.reshape(channels, [CHUNK // 1024, 1024 // step, step, 3])[:, :, 0]
    mask = tf_color_mask(pixels, color_range)
    return tf.reshape(tf.cast(mask, tf.uint8), [CHUNK // 1024, 128, 8 // step])

"""The routines on a batch of decoded frames, on the accelerator.

The host then only decodes; mask, windows and cut are tensor ops of fixed shapes, which
`tf.function(jit_compile=True)` compiles for a CPU, a GPU or a TPU.
"""

import math

import numpy as np
import tensorflow as tf

from dualstream.color import tf_color_mask
from dualstream.crop import BLOCK, window_size
from dualstream.pipeline.routines import Routine


def crop_frames(routine: Routine, frames: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Makes the images of a batch of frames: those that the routine makes of each from its pixels.

    Windows at least twice as large as the image are resized from full scale, as the routine resizes
    those of PNGs; of JPEGs it decodes them at a reduced scale.

    Use it where the host is the bottleneck and frames have one size; else map the routine itself
    over the photographs, which need not be decoded in full.

    Args:
      routine: one with mask='tf' and crop='array' or 'random'; its look does not matter.
      frames: uint8 (B, H, W, 3), sRGB; H and W must be known when this is traced.
      seeds: int (B, 2), of a stateless generator; only crop='random' draws from it.

    Returns:
      float32 (B, height, width, 3), sRGB in [0, 1].

    Raises:
      ValueError: the routine is another, which cannot be compiled, draws a zoom for each image or
        normalises stains, or H or W is not known.

    Example:
      >>> import tensorflow as tf
      >>> from dualstream import Routine, crop_frames
      >>> compiled = tf.function(crop_frames, jit_compile=True)
      >>> frames, seeds = tf.zeros([2, 48, 64, 3], tf.uint8), tf.zeros([2, 2], tf.int32)
      >>> compiled(Routine((24, 24)), frames, seeds).shape
      TensorShape([2, 24, 24, 3])
    """
    frames = tf.convert_to_tensor(frames)
    frame_size = frames.shape[1:3].as_list()
    if None in frame_size:
        raise ValueError(f'frames must be of a known height and width; got {frames.shape}')
    if routine.mask == 'cv':
        raise ValueError("mask='cv' is Python on the host, which XLA cannot compile; use 'tf'")
    if routine.crop == 'loop':
        raise ValueError("crop='loop' looks at one window at a time; 'array' finds the same one")
    if routine.crop == 'none':
        raise ValueError("crop='none' chooses no window; keras.layers.Resizing resizes frames")

    if routine.normalizer is not None:
        raise ValueError('normalizer is not applied to frames; use one on the images, after this')
    if routine.crop == 'random' and isinstance(routine.zoom, tuple):
        raise ValueError(
            f'zoom must be one number, of which all windows have the same size; got {routine.zoom}')

    with tf.init_scope():  # for numbers, where the graph would have tensors
        zoom = routine.zoom_of(tf.constant(frame_size), tf.constant([0, 0]))
        height, width = window_size(
            tf.constant(frame_size), routine.target_size, zoom).numpy().tolist()
    block = math.gcd(BLOCK, *frame_size, height, width)  # with which every window starts and ends
    rows, columns = frame_size[0] // block, frame_size[1] // block
    step = routine.mask_step if block == BLOCK else 1
    with tf.name_scope('mask'):
        masks = tf.cast(tf_color_mask(frames[:, ::step, ::step], routine.color_range), tf.float32)
        blocks = tf.reduce_sum(
            tf.reshape(masks, [-1, rows, block // step, columns, block // step]), axis=[2, 4])
    windows = tf.vectorized_map(
        lambda each: routine.window(*each, frame_size, block=block), (blocks, seeds))
    ys = windows[:, 0, None] + tf.range(height)
    xs = windows[:, 1, None] + tf.range(width)
    pixels = tf.gather(tf.gather(frames, ys, axis=1, batch_dims=1), xs, axis=2, batch_dims=1)
    return _resize(tf.cast(pixels, tf.float32) / 255, routine.target_size)


def _resize(images: tf.Tensor, target_size: tuple[int, int]) -> tf.Tensor:
    """Resizes as tf.image.resize with antialias=True, of which XLA has no kernel."""
    if images.shape[1:3] == target_size:
        return images
    rows, columns = map(_weights, images.shape[1:3], target_size)
    return tf.clip_by_value(tf.einsum('yh,bhwc,xw->byxc', rows, images, columns), 0, 1)


def _weights(length: int, target: int) -> np.ndarray:
    """Weights of a row's pixels in those of the resized row: float32 (target, length)."""
    scale = length / target
    middles = (np.arange(target)[:, None] + 0.5) * scale
    distances = np.abs(np.arange(length) + 0.5 - middles) / max(scale, 1)
    weights = np.maximum(1 - distances, 0)
    return np.float32(weights / weights.sum(axis=1, keepdims=True))

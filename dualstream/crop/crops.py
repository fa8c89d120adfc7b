"""Crops: three ways to choose the leafiest window.

Each takes how leafy the frame is, a mask or a leaf grid, and returns a window; none needs a pixel.

- `loop_crop` looks at one window after the other. Use it to read what is meant, and to test.
- `array_crop` finds the same window by two matrix products. Use it to evaluate and to predict.
- `max_rand_crop` looks at a few random windows, as an eye does. Use it to train: it also augments.

Among equally leafy windows the one nearest to the frame's middle wins, and among those the first
in raster order. So a photograph without a leaf gives its middle.
"""

import math

import tensorflow as tf

from dualstream.crop.windows import (
    candidate_offsets,
    candidate_windows,
    overlap,
    saccade_windows,
    window_size,
)

STRIDE = 8
"""Pixels between neighbouring windows: the leaf grid's block, so masks and grids allow the same."""


def loop_crop(
    leafiness: tf.Tensor,
    target_size: tuple[int, int],
    frame_size: tf.Tensor | None = None,
    *,
    block: int | tf.Tensor = 1,
    stride: int = STRIDE,
    zoom: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Chooses the leafiest window by looking at one after the other.

    Use it to read what the crops mean; `array_crop` finds the same window much faster.

    Args:
      leafiness: a mask, bool (H, W); or a leaf grid, uint8 (ceil(H / block), ceil(W / block)); or
        float32 of either shape, whole numbers from 0 to 256, such as pixels counted in each block.
      target_size: (height, width) in pixels of the image to make.
      frame_size: int32 (2,), (H, W); needed for a leaf grid, which does not say it.
      block: pixels along the side of the leaf grid's blocks, at most 256; 1 for a mask. An int, or
        an int32 tensor, which needs frame_size.
      stride: pixels between neighbouring windows, at least 1.
      zoom: pixels of the frame for one pixel of the image, as `window_size` takes it. Where a
        window of zoom times the target does not fit, it is the largest of the target's proportions.

    Returns:
      int32 (4,), the window (y, x, height, width) in pixels of the frame.

    Raises:
      ValueError: a target_size, stride, block or zoom is not positive, or frame_size is missing.

    Example:
      >>> import numpy as np
      >>> from dualstream import loop_crop
      >>> mask = np.zeros([48, 64], bool)
      >>> mask[30:, 40:] = True
      >>> loop_crop(mask, (24, 24)).numpy()
      array([24, 40, 24, 24], dtype=int32)
    """
    frame_size = _frame_size(leafiness, frame_size, block)
    exact = _exact_dtype(leafiness, target_size, zoom)
    pixels = tf.repeat(tf.repeat(tf.cast(leafiness, exact), block, axis=0), block, axis=1)
    pixels = pixels[:frame_size[0], :frame_size[1]]
    windows = candidate_windows(frame_size, target_size, stride, zoom=zoom)
    off_center = _off_center(windows, frame_size)

    def look(index, best, best_covered):
        y, x, height, width = tf.unstack(windows[index])
        covered = tf.reduce_sum(pixels[y:y + height, x:x + width])
        better = (covered > best_covered) | (
            tf.equal(covered, best_covered) & (off_center[index] < off_center[best]))
        return (index + 1, tf.where(better, index, best),
                tf.where(better, covered, best_covered))

    _, best, _ = tf.while_loop(
        lambda index, *_: index < tf.shape(windows)[0], look,
        (0, 0, tf.constant(-1, exact)), parallel_iterations=1)
    return windows[best]


def array_crop(
    leafiness: tf.Tensor,
    target_size: tuple[int, int],
    frame_size: tf.Tensor | None = None,
    *,
    block: int | tf.Tensor = 1,
    stride: int = STRIDE,
    zoom: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Chooses the leafiest window by looking at all of them at once: the one of `loop_crop`.

    Use it to evaluate and to predict, where the same photograph must give the same window.

    A window is a span of rows times a span of columns, so the pixels covered in all windows are
    rows @ leafiness @ columns', where `rows` holds how many pixels each span of rows shares with
    each row of blocks, and `columns` holds the same of the columns.

    Args:
      leafiness: a mask, bool (H, W); or a leaf grid, uint8 (ceil(H / block), ceil(W / block)); or
        float32 of either shape, whole numbers from 0 to 256, such as pixels counted in each block.
      target_size: (height, width) in pixels of the image to make.
      frame_size: int32 (2,), (H, W); needed for a leaf grid, which does not say it.
      block: pixels along the side of the leaf grid's blocks, at most 256; 1 for a mask. An int, or
        an int32 tensor, which needs frame_size.
      stride: pixels between neighbouring windows, at least 1.
      zoom: pixels of the frame for one pixel of the image, as `window_size` takes it. Where a
        window of zoom times the target does not fit, it is the largest of the target's proportions.

    Returns:
      int32 (4,), the window (y, x, height, width) in pixels of the frame.

    Raises:
      ValueError: a target_size, stride, block or zoom is not positive, or frame_size is missing.

    Example:
      >>> import numpy as np
      >>> from dualstream import array_crop, leaf_grid
      >>> mask = np.zeros([48, 64], bool)
      >>> mask[30:, 40:] = True
      >>> array_crop(leaf_grid(mask), (24, 24), mask.shape, block=8).numpy()
      array([24, 40, 24, 24], dtype=int32)
    """
    # Every op counts here: the whole choice takes a tenth of a millisecond.
    frame_size = _frame_size(leafiness, frame_size, block)
    size = window_size(frame_size, target_size, zoom)
    ys, xs = candidate_offsets(frame_size, size, stride)
    (frame_height, frame_width), (height, width) = tf.unstack(frame_size), tf.unstack(size)
    rows = overlap(ys, height, frame_height, block=block)
    columns = overlap(xs, width, frame_width, block=block)
    in_rows = tf.matmul(rows, tf.cast(leafiness, tf.float32))
    exact = _exact_dtype(leafiness, target_size, zoom)
    if leafiness.dtype == tf.uint8:
        # A grid's windows are chosen on the host, which multiplies as exactly as its type holds.
        covered = tf.matmul(tf.cast(in_rows, exact), tf.cast(columns, exact), transpose_b=True)
    else:
        covered = _exact_product(in_rows, columns, exact)
    off_center = (tf.expand_dims(tf.square(2 * ys + (height - frame_height)), 1)
                  + tf.square(2 * xs + (width - frame_width)))
    best = _leafiest(tf.reshape(covered, [-1]), tf.reshape(off_center, [-1]))
    count = tf.size(xs)
    return tf.stack([tf.gather(ys, best // count), tf.gather(xs, best % count), height, width])


def max_rand_crop(
    leafiness: tf.Tensor,
    target_size: tuple[int, int],
    seed: tf.Tensor,
    *,
    saccades: int = 16,
    frame_size: tf.Tensor | None = None,
    block: int | tf.Tensor = 1,
    stride: int = STRIDE,
    zoom: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Chooses the leafiest of some random windows.

    Use it to train: each epoch sees other windows of a photograph. The windows are drawn uniformly,
    with replacement, from those that `array_crop` considers. So one saccade is a random crop, and
    with many the window comes close to the leafiest one.

    Args:
      leafiness: a mask, bool (H, W); or a leaf grid, uint8 (ceil(H / block), ceil(W / block)); or
        float32 of either shape, whole numbers from 0 to 256, such as pixels counted in each block.
      target_size: (height, width) in pixels of the image to make.
      seed: int (2,), of a stateless generator: the same seed gives the same window everywhere.
      saccades: how many windows to look at, at least 1.
      frame_size: int32 (2,), (H, W); needed for a leaf grid, which does not say it.
      block: pixels along the side of the leaf grid's blocks, at most 256; 1 for a mask. An int, or
        an int32 tensor, which needs frame_size.
      stride: pixels between neighbouring windows, at least 1.
      zoom: pixels of the frame for one pixel of the image, as `window_size` takes it. Where a
        window of zoom times the target does not fit, it is the largest of the target's proportions.

    Returns:
      int32 (4,), the window (y, x, height, width) in pixels of the frame.

    Raises:
      ValueError: saccades, a target_size, stride, block or zoom is not positive, or frame_size
        is missing.

    Example:
      >>> import numpy as np
      >>> from dualstream import coverage, max_rand_crop
      >>> mask = np.zeros([48, 64], bool)
      >>> mask[30:, 40:] = True
      >>> one, many = (max_rand_crop(mask, (24, 24), [0, 1], saccades=n) for n in (1, 100))
      >>> bool(coverage(mask, one) <= coverage(mask, many))
      True
    """
    frame_size = _frame_size(leafiness, frame_size, block)
    windows = saccade_windows(
        frame_size, target_size, seed, saccades=saccades, stride=stride, zoom=zoom)
    rows = overlap(windows[:, 0], windows[0, 2], frame_size[0], block=block)
    columns = overlap(windows[:, 1], windows[0, 3], frame_size[1], block=block)
    exact = _exact_dtype(leafiness, target_size, zoom)
    in_rows = tf.cast(tf.matmul(rows, tf.cast(leafiness, tf.float32)), exact)
    covered = tf.reduce_sum(in_rows * tf.cast(columns, exact), axis=1)
    return windows[_leafiest(covered, _off_center(windows, frame_size))]


def _frame_size(leafiness, frame_size, block):
    known = isinstance(block, int)  # and not a tensor, whose value a graph does not know
    if known and block < 1:
        raise ValueError(f'block must be at least 1 pixel, got {block}')
    if frame_size is not None:
        return tf.convert_to_tensor(frame_size, tf.int32)
    if not known or block > 1:
        raise ValueError('frame_size is needed with a leaf grid: its blocks do not say it')
    return tf.shape(leafiness)


def _exact_dtype(leafiness, target_size, zoom):
    """The narrowest floating type that counts every window's leaf without rounding."""
    full = 255 if leafiness.dtype == tf.uint8 else 1
    zoom = math.inf if tf.is_tensor(zoom) else zoom  # a graph does not know the tensor's value
    most = full * math.prod(zoom * side + 1 for side in target_size)  # sides are rounded
    return tf.float32 if most < 2**24 else tf.float64


def _exact_product(in_rows, columns, exact):
    """in_rows @ columns', of whole numbers up to 2^24 and up to 256, exact on every device.

    The matrix units of a TPU take bfloat16, which holds whole numbers up to 256, and add in
    float32. So in_rows goes in as three digits of base 256, one below the other.
    """
    middle = tf.floor(in_rows / 256)
    high = tf.floor(middle / 256)
    digits = tf.concat([in_rows - 256 * middle, middle - 256 * high, high], axis=0)
    products = tf.cast(tf.matmul(digits, columns, transpose_b=True), exact)
    low, middle, high = tf.split(products, 3)
    return low + 256 * (middle + 256 * high)


def _off_center(windows, frame_size):
    """Squared distance, in half pixels, from each window's middle to the frame's: int32 (n,)."""
    return tf.reduce_sum(tf.square(2 * windows[:, :2] + windows[:, 2:] - frame_size), axis=1)


def _leafiest(covered, off_center):
    """The index of the leafiest window: int32."""
    leafiest = tf.equal(covered, tf.reduce_max(covered))
    return tf.argmin(tf.where(leafiest, off_center, tf.int32.max), output_type=tf.int32)

"""Windows: where they may lie in a frame, and how much leaf they hold.

A window is int32 (y, x, height, width) in pixels of the full frame. A *mask*, bool (H, W), or a
*leaf grid*, uint8 of blocks, holds how leafy each place of the frame is; the functions here take
either.
"""

import tensorflow as tf


def window_size(
    frame_size: tf.Tensor, target_size: tuple[int, int], zoom: float | tf.Tensor = 1.0
) -> tf.Tensor:
    """Computes the size of a frame's windows: zoom times the target's, or the largest that fits.

    A frame that such a window does not fit into has windows of the target's proportions, as large
    as fit.

    Args:
      frame_size: int32 (2,), height and width of the frame in pixels, at least 1.
      target_size: (height, width) in pixels of the image to make.
      zoom: pixels of the frame for one pixel of the image, greater than 0: a number, or a float64
        tensor, (); infinity for the largest window.

    Returns:
      int32 (2,), height and width.

    Raises:
      ValueError: target_size is not two positive numbers, or zoom is not positive.

    Example:
      >>> from dualstream.crop import window_size
      >>> window_size((600, 800), (200, 200), zoom=1.5).numpy()
      array([300, 300], dtype=int32)
      >>> window_size((100, 400), (200, 400)).numpy()
      array([100, 200], dtype=int32)
    """
    if len(target_size) != 2 or min(target_size) < 1:
        raise ValueError(f'target_size must be (height, width), both positive; got {target_size}')
    if not tf.is_tensor(zoom) and not zoom > 0:
        raise ValueError(f'zoom must be positive; got {zoom}')
    frame = tf.convert_to_tensor(frame_size, tf.int32)
    # As high as the frame's width allows, and as wide as its height allows.
    allowed = tf.minimum(frame, frame[::-1] * target_size // target_size[::-1])
    wanted = tf.round(zoom * tf.constant(target_size, tf.float64))
    size = tf.cast(tf.minimum(tf.cast(allowed, tf.float64), wanted), tf.int32)
    return tf.maximum(size, 1)


def center_window(
    frame_size: tf.Tensor, target_size: tuple[int, int], zoom: float | tf.Tensor = 1.0
) -> tf.Tensor:
    """Gives the window in the frame's middle.

    Use it as the plain crop to compare with: it needs neither a mask nor a grid.

    Args:
      frame_size: int32 (2,), height and width of the frame in pixels, at least 1.
      target_size: (height, width) in pixels of the image to make.
      zoom: as `window_size` takes it.

    Returns:
      int32 (4,), the window (y, x, height, width).

    Raises:
      ValueError: target_size is not two positive numbers, or zoom is not positive.

    Example:
      >>> from dualstream import center_window
      >>> center_window((600, 800), (224, 224)).numpy()
      array([188, 288, 224, 224], dtype=int32)
    """
    size = window_size(frame_size, target_size, zoom)
    return tf.concat([(frame_size - size) // 2, size], axis=0)


def candidate_offsets(
    frame_size: tf.Tensor, size: tf.Tensor, stride: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Lists the offsets of all windows considered: every stride, and one flush with the far edge.

    Args:
      frame_size: int32 (2,), height and width of the frame.
      size: int32 (2,), height and width of the windows, at most the frame's.
      stride: pixels between neighbouring windows, at least 1.

    Returns:
      (ys, xs): int32 (rows,) and (columns,), ascending.

    Raises:
      ValueError: stride is below 1.
    """
    if stride < 1:
        raise ValueError(f'stride must be at least 1 pixel, got {stride}')
    return tuple(tf.minimum(tf.range(0, free + stride, stride), free)
                 for free in tf.unstack(frame_size - size))


def candidate_windows(
    frame_size: tf.Tensor, target_size: tuple[int, int], stride: int, *,
    zoom: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Lists all windows considered, in raster order.

    Args:
      frame_size: int32 (2,), height and width of the frame in pixels.
      target_size: (height, width) in pixels of the image to make.
      stride: pixels between neighbouring windows, at least 1.
      zoom: as `window_size` takes it.

    Returns:
      int32 (n, 4), each (y, x, height, width).

    Raises:
      ValueError: target_size is not two positive numbers, stride is below 1, or zoom is not
        positive.

    Example:
      >>> from dualstream.crop import candidate_windows
      >>> candidate_windows((24, 30), (24, 24), stride=4).numpy()
      array([[ 0,  0, 24, 24],
             [ 0,  4, 24, 24],
             [ 0,  6, 24, 24]], dtype=int32)
    """
    size = window_size(frame_size, target_size, zoom)
    ys, xs = candidate_offsets(frame_size, size, stride)
    yx = tf.reshape(tf.stack(tf.meshgrid(ys, xs, indexing='ij'), axis=-1), [-1, 2])
    return tf.concat([yx, tf.broadcast_to(size, tf.shape(yx))], axis=1)


def saccade_windows(
    frame_size: tf.Tensor,
    target_size: tuple[int, int],
    seed: tf.Tensor,
    *,
    saccades: int,
    stride: int,
    zoom: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Draws windows uniformly, with replacement, from `candidate_windows`.

    Args:
      frame_size: int32 (2,), height and width of the frame in pixels.
      target_size: (height, width) in pixels of the image to make.
      seed: int (2,), of a stateless generator: the same seed gives the same windows everywhere.
      saccades: how many windows to draw, at least 1.
      stride: pixels between neighbouring windows, at least 1.
      zoom: as `window_size` takes it.

    Returns:
      int32 (saccades, 4), in raster order.

    Raises:
      ValueError: saccades, target_size, stride or zoom is not positive.
    """
    if saccades < 1:
        raise ValueError(f'saccades must be at least 1, got {saccades}')
    size = window_size(frame_size, target_size, zoom)
    free = frame_size - size
    counts = (free + stride - 1) // stride + 1  # of offsets, as `candidate_offsets` lists them
    drawn = tf.sort(tf.random.stateless_uniform(
        [saccades], seed, minval=0, maxval=tf.reduce_prod(counts), dtype=tf.int32))
    yx = tf.stack([drawn // counts[1], drawn % counts[1]], axis=1) * stride
    return tf.concat([tf.minimum(yx, free), tf.broadcast_to(size, [saccades, 2])], axis=1)


def overlap(
    starts: tf.Tensor, size: tf.Tensor, length: tf.Tensor, *, block: int | tf.Tensor
) -> tf.Tensor:
    """Counts the pixels that each span shares with each block, along one axis.

    Args:
      starts: int32 (n,), where the spans start, in pixels.
      size: int32, how long each span is.
      length: int32, how long the frame is.
      block: pixels along a block's side.

    Returns:
      float32 (n, ceil(length / block)), whole numbers from 0 to block.
    """
    # From where each block starts to where each span does; spans end within the frame.
    to_start = tf.expand_dims(starts, 1) - tf.range(0, length, block)
    up_to_start, up_to_end = (
        tf.minimum(tf.nn.relu(edge), block) for edge in (to_start, to_start + size))
    return tf.cast(up_to_end - up_to_start, tf.float32)


def coverage(
    leafiness: tf.Tensor,
    window: tf.Tensor,
    frame_size: tf.Tensor | None = None,
    *,
    block: int = 1,
) -> tf.Tensor:
    """Computes the share of a window's pixels that the mask covers.

    Args:
      leafiness: a mask, bool (H, W), or a leaf grid, uint8 (ceil(H / block), ceil(W / block)).
      window: int32 (4,), (y, x, height, width) in pixels of the frame.
      frame_size: int32 (2,), (H, W); needed for a leaf grid, which does not say it.
      block: pixels along the side of the leaf grid's blocks; 1 for a mask.

    Returns:
      float32 in [0, 1]; from a leaf grid within 1/510 of the mask's own.

    Example:
      >>> import numpy as np
      >>> from dualstream import coverage
      >>> mask = np.zeros([48, 64], bool)
      >>> mask[:, :16] = True
      >>> float(coverage(mask, [0, 8, 16, 16]))
      0.5
    """
    frame_size = tf.shape(leafiness) if frame_size is None else frame_size
    y, x, height, width = tf.unstack(window)
    rows = overlap(y[None], height, frame_size[0], block=block)
    columns = overlap(x[None], width, frame_size[1], block=block)
    covered = tf.reduce_sum((rows @ tf.cast(leafiness, tf.float32)) * columns)
    full = 255 if leafiness.dtype == tf.uint8 else 1
    return covered / tf.cast(full * height * width, tf.float32)

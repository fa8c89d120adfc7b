"""A routine on a canvas of fixed size, in ops that phones have.

Runtimes on phones and in browsers want tensors whose shapes never change, and have neither 16-bit
integers nor XLA. So a frame lies in the upper left corner of a canvas, and its size is a number
like any other. All is done in whole numbers up to the window, which is therefore exactly that of
`Routine.window_of_frame`, whatever a later quantisation does to floating-point numbers.
"""

import tensorflow as tf

from dualstream.color import tf_color_mask
from dualstream.crop import BLOCK, window_size
from dualstream.crop.crops import STRIDE
from dualstream.pipeline import Routine


def look_at_canvas(
    canvas: tf.Tensor, size: tf.Tensor, routine: Routine
) -> tuple[tf.Tensor, tf.Tensor]:
    """Chooses the window of a frame on a canvas and makes its image.

    Use it in a graph that is converted for LiteRT; elsewhere the routine itself is faster.

    Args:
      canvas: uint8 (H, W, 3), sRGB, of static shape. What lies outside the frame has no effect.
      size: int32 (2,), height and width of the frame, which lies in the upper left corner.
      routine: with crop='array' or 'none', mask='tf' or 'none', and no normaliser.

    Returns:
      (int32 (4,), float32 (height, width, 3)): the window (y, x, height, width) in pixels, and the
      image, sRGB in [0, 1].

    Raises:
      ValueError: the routine is another.

    Example:
      >>> canvas = tf.concat([tf.zeros([80, 40, 3], tf.uint8), 99 * tf.ones([80, 40, 3], tf.uint8)
      ...                     * tf.constant([0, 1, 0], tf.uint8)], axis=1)
      >>> window, image = look_at_canvas(canvas, tf.constant([64, 80]), Routine((32, 32)))
      >>> window.numpy(), image.shape
      (array([16, 40, 32, 32], dtype=int32), TensorShape([32, 32, 3]))
    """
    if routine.crop not in ('array', 'none') or routine.mask == 'cv' or routine.normalizer:
        raise ValueError("routine must have crop 'array' or 'none', no mask 'cv' and no "
                         f'normalizer; got {routine}')
    if routine.crop == 'none':
        window = tf.concat([[0, 0], size], axis=0)
        return window, _shrink(canvas, window, routine.target_size)
    window = _leafiest_window(canvas, size, routine)
    make_image = _enlarge if routine.zoom == 1 else _shrink
    return window, make_image(canvas, window, routine.target_size)


def mask_of_canvas(canvas: tf.Tensor, size: tf.Tensor, routine: Routine) -> tf.Tensor:
    """Finds the pixels of a frame on a canvas whose colour lies in a routine's range.

    Args:
      canvas, size, routine: as `look_at_canvas` takes them.

    Returns:
      uint8 (H, W): 1 in the range, 0 elsewhere and outside the frame.
    """
    return tf.cast(_mask(canvas, size, routine.color_range, step=1), tf.uint8)


def _mask(canvas, size, color_range, *, step):
    """The mask of every step-th row and column, 0 in the others: int32 (H, W)."""
    mask = tf.cast(tf_color_mask(tf.cast(canvas, tf.int32), color_range), tf.int32)
    for axis in range(2):
        at = tf.range(canvas.shape[axis])
        looked_at = (at < size[axis]) & tf.equal(at % step, 0)
        mask *= tf.expand_dims(tf.cast(looked_at, tf.int32), 1 - axis)
    return mask


def _leafiest_window(canvas, size, routine):
    """The window that `array_crop` finds, by a table of sums (Crow 1984, Summed-area tables)."""
    of_window = _window_size(canvas, size, routine)
    edges = tf.concat([size, of_window], axis=0)
    # As `Routine.window_of_frame`: every pixel, unless blocks hold all windows.
    in_blocks = tf.reduce_all(tf.equal(edges % BLOCK, 0))
    step = tf.where(in_blocks, routine.mask_step, 1)
    mask = _mask(canvas, size, routine.color_range, step=step)
    above = tf.pad(tf.cumsum(tf.cumsum(mask, axis=0), axis=1), [[1, 0], [1, 0]])

    free = size - of_window
    # As many offsets as the largest frame has; the last ones of a smaller frame are equal.
    ys, xs = (tf.minimum(STRIDE * tf.range(-(-canvas.shape[axis] // STRIDE) + 1), free[axis])
              for axis in range(2))
    rows = tf.gather(above, ys + of_window[0]) - tf.gather(above, ys)
    covered = tf.gather(rows, xs + of_window[1], axis=1) - tf.gather(rows, xs, axis=1)
    off_center = tf.square(2 * ys - free[0])[:, None] + tf.square(2 * xs - free[1])
    off_center = tf.where(tf.equal(covered, tf.reduce_max(covered)), off_center, tf.int32.max)
    best = tf.argmin(tf.reshape(off_center, [-1]), output_type=tf.int32)
    count = xs.shape[0]
    start = tf.stack([tf.gather(ys, best // count), tf.gather(xs, best % count)])
    return tf.concat([start, of_window], axis=0)


def _window_size(canvas, size, routine):
    """`window_size` from tables, since phones have no float64: int32 (2,).

    A window fits into a frame if it fits into a much wider one and into a much higher one.
    """
    far = 8 * max(*canvas.shape[:2], *routine.target_size)

    def fit(height, width):
        frame = tf.stack([height, width])
        zoom = routine.zoom_of(frame, seed=(0, 0))  # of no effect without a random crop
        return window_size(frame, routine.target_size, zoom)

    with tf.init_scope():
        by_height = tf.map_fn(lambda height: fit(height, far), 1 + tf.range(canvas.shape[0]))
        by_width = tf.map_fn(lambda width: fit(far, width), 1 + tf.range(canvas.shape[1]))
    return tf.minimum(tf.gather(tf.constant(by_height.numpy()), size[0] - 1),
                      tf.gather(tf.constant(by_width.numpy()), size[1] - 1))


def _enlarge(canvas, window, target_size):
    """The image of a window no larger than it: each pixel is between the nearest four."""
    (above, below, down), (left, right, across) = (
        _neighbours(window[axis], window[axis + 2], target_size[axis]) for axis in range(2))

    def between(first, second, share):
        return first + (second - first) * share

    def row(ys):
        pixels = tf.gather(canvas, ys)
        first, second = (tf.cast(tf.gather(pixels, xs, axis=1), tf.float32)
                         for xs in (left, right))
        return between(first, second, across[:, None])

    return between(row(above), row(below), down[:, None, None]) / 255


def _neighbours(start, length, count):
    """The two pixels nearest to each of `count` places along a span, and how near the second is."""
    place = _places(length, count) - 0.5
    place = tf.clip_by_value(place, 0.0, tf.cast(length - 1, tf.float32))
    first = tf.cast(tf.floor(place), tf.int32)
    second = tf.minimum(first + 1, length - 1)
    return start + first, start + second, place - tf.cast(first, tf.float32)


def _shrink(canvas, window, target_size):
    """The image of a window of any size, as tf.image.resize with antialias makes it."""
    rows, columns = (
        _triangles(window[axis], window[axis + 2], canvas.shape[axis], target_size[axis])
        for axis in range(2))
    height, width = canvas.shape[:2]
    pixels = tf.reshape(tf.cast(canvas, tf.float32), [height, 3 * width])
    pixels = tf.reshape(rows @ pixels, [target_size[0], width, 3])
    pixels = tf.transpose(pixels, [1, 0, 2])
    pixels = tf.reshape(pixels, [width, 3 * target_size[0]])
    image = tf.reshape(columns @ pixels, [target_size[1], target_size[0], 3])
    return tf.transpose(image, [1, 0, 2]) / 255


def _triangles(start, length, along, count):
    """Weights of all pixels along the canvas for each of `count` places: float32 (count, along)."""
    radius = tf.maximum(tf.cast(length, tf.float32) / count, 1.0)
    pixels = tf.range(along) - start
    far = tf.abs(_places(length, count)[:, None] - (tf.cast(pixels, tf.float32) + 0.5))
    weights = tf.nn.relu(1 - far / radius)
    weights *= tf.cast((pixels >= 0) & (pixels < length), tf.float32)
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)


def _places(length, count):
    """The middles of `count` equal parts of a span: float32 (count,), in pixels from its start."""
    return (tf.range(count, dtype=tf.float32) + 0.5) * (tf.cast(length, tf.float32) / count)

"""Ways from the bytes of a photograph to an image: functions of one example, for tf.data."""

import functools
from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf

from dualstream.color import LEAF
from dualstream.color.packed import count_blocks
from dualstream.crop.crops import STRIDE
from dualstream.pipeline import Routine
from dualstream.pipeline.decode import cut, decode_window, to_image
from dualstream.pipeline.restarts import cut_jpeg

TARGET = (224, 224)
BASELINE = 'none'

Way = Callable[[dict[str, tf.Tensor]], tf.Tensor]


def our_ways() -> dict[str, Way]:
    """Lists functions example -> image by name: the routines, the looks and the bounds.

    `none` is the plainest baseline: decode, and resize without antialiasing. This package's own
    routine without a crop, `none_antialiased`, decodes at a reduced scale and antialiases.
    """
    routines = {
        f'{mask}-{crop}': Routine(TARGET, mask, crop, 'pixels')
        for mask in ('cv', 'tf') for crop in ('loop', 'array', 'random')}
    return {
        BASELINE: _plain,
        'none_antialiased': _way(Routine(TARGET, 'none', 'none')),
        **{name: _way(routine) for name, routine in routines.items()},
        'cv_py_function': _opencv_in_one_py_function,
        'glance': _way(Routine(TARGET, look='glance')),
        'grid': _way(Routine(TARGET, look='grid')),
        'grid_zoom_2': _way(Routine(TARGET, look='grid', zoom=2.0)),
        'grid_zoom_4': _way(Routine(TARGET, look='grid', zoom=4.0)),
        'half_scale': _half_scale,
        'window_known': _window_known,
        'ceiling': _ceiling,
    }


def stages() -> dict[str, Way]:
    """Lists functions example -> a few numbers by name: each way up to each of its stages."""
    pixels, glance, grid = (Routine(TARGET, look=look) for look in ('pixels', 'glance', 'grid'))
    two, four = (Routine(TARGET, look='grid', zoom=zoom) for zoom in (2.0, 4.0))

    def frame(example, ratio=1, **options):
        return tf.io.decode_jpeg(example['image'], channels=3, ratio=ratio, **options)

    ours = our_ways()
    return {
        'none: decode the frame': lambda example: tf.shape(frame(example)),
        'none: resize it': ours['none'],
        'pixels: decode the frame, mask it': lambda example: count_blocks(
            frame(example), step=pixels.mask_step)[0],
        'pixels: choose': _window(pixels),
        'pixels: cut': ours['tf-array'],
        'glance: decode the frame at 1/8': lambda example: tf.shape(frame(example, 8)),
        'glance: mask it, choose': _window(glance),
        'glance: decode the window': ours['glance'],
        'glance, faster options: decode the frame at 1/8': lambda example: tf.shape(frame(
            example, 8, fancy_upscaling=False, dct_method='INTEGER_FAST')),
        'grid: choose': _window(grid),
        'grid: cut the small JPEG': lambda example: _small_jpeg(
            example, grid.window_of_example(example, _seed(example)))[1],
        'grid: decode it': ours['grid'],
        'grid, zoom 2: choose': _window(two),
        'grid, zoom 2: cut and decode at half scale': ours['grid_zoom_2'],
        'grid, zoom 4: choose': _window(four),
        'grid, zoom 4: cut, decode at half scale, resize': ours['grid_zoom_4'],
        'window known: cut the small JPEG': lambda example: _small_jpeg(
            example, example['window'])[1],
        'window known: decode it': ours['window_known'],
        'ceiling: decode the window': ours['ceiling'],
    }


def with_window(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Adds the window that the grid chooses to an example, for `ceiling`, which chooses none."""
    routine = Routine(TARGET, look='grid')
    size = tf.cast(tf.stack([example['height'], example['width']]), tf.int32)
    window = routine.window(example['leaf_grid'], _seed(example), size, block=8)
    return {**example, 'window': window}


def _way(routine: Routine) -> Way:
    return lambda example: routine(example, _seed(example))


def _window(routine: Routine) -> Way:
    return lambda example: routine.window_of_example(example, _seed(example))


def _seed(example):
    return tf.stack([tf.cast(example['index'], tf.int32), 0])


def _plain(example):
    frame = tf.io.decode_jpeg(example['image'], channels=3)
    return tf.image.resize(frame, TARGET) / 255


def _half_scale(example):
    """Decodes the whole frame at half scale, and resizes it without antialiasing."""
    frame = tf.io.decode_jpeg(example['image'], channels=3, ratio=2)
    return tf.image.resize(frame, TARGET) / 255


def _window_known(example):
    """Decodes the window that the grid chose, and nothing else, by its restarts."""
    return decode_window(
        example['image'], example['window'], TARGET, restarts=example['restarts'])


def _small_jpeg(example, window):
    return cut_jpeg(example['image'], example['restarts'], window)


def _ceiling(example):
    """Decodes the window that the grid chose, with `decode_and_crop_jpeg` and nothing else."""
    pixels = tf.io.decode_and_crop_jpeg(
        example['image'], example['window'], channels=3, dct_method='INTEGER_ACCURATE')
    return to_image(pixels, TARGET)


def _opencv_in_one_py_function(example):
    """Decodes in TensorFlow and chooses in OpenCV, on 8 bits, in one py_function."""
    frame = tf.io.decode_jpeg(example['image'], channels=3)
    window = tf.py_function(lambda pixels: opencv_window(pixels.numpy()), [frame], tf.int32)
    return to_image(cut(frame, tf.ensure_shape(window, [4])), TARGET)


def opencv_window(pixels: np.ndarray) -> np.ndarray:
    """Chooses the leafiest window with OpenCV: cvtColor, inRange, integral image.

    Args:
      pixels: uint8 (H, W, 3), RGB, at least as large as the target.

    Returns:
      int32 (4,). OpenCV's 8 bits round hue to 2 degrees, so it may not be the leafiest.
    """
    low, high = opencv_bounds()
    mask = cv2.inRange(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV), low, high)
    integral = cv2.integral(mask)
    height, width = TARGET
    tops, lefts = integral[:-height:STRIDE], integral[height::STRIDE]
    covered = (lefts[:, width::STRIDE] - lefts[:, :-width:STRIDE]
               - tops[:, width::STRIDE] + tops[:, :-width:STRIDE])
    y, x = np.unravel_index(covered.argmax(), covered.shape)
    return np.array([STRIDE * y, STRIDE * x, height, width], np.int32)


@functools.cache
def opencv_bounds() -> list[np.ndarray]:
    """Converts the leaf's thresholds to OpenCV's 8-bit HSV: hue in 2 degrees, others in 1/255."""
    bounds = zip(LEAF.hue, LEAF.saturation, LEAF.value)
    return [np.array([hue // 2, 255 * s, 255 * v]) for hue, s, v in bounds]

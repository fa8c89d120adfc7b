"""Measures how leafy crops are, what a glance loses and what more saccades gain."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from dualstream.color import tf_color_mask
from dualstream.crop import array_crop, candidate_windows, coverage, max_rand_crop
from dualstream.crop.crops import STRIDE
from dualstream.pipeline import Routine
from dualstream.pipeline.decode import decode_jpeg
from experiments.preprocessing.ways import TARGET

SACCADES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def coverage_of_image(image: np.ndarray) -> float:
    """Computes the share of an image's pixels that the mask covers.

    Args:
      image: (h, w, 3), uint8, or float32 in [0, 1].
    """
    return float(tf.reduce_mean(tf.cast(tf_color_mask(image), tf.float32)))


def of_windows(examples: Iterable) -> dict[str, list]:
    """Measures each photograph's best coverage, what glance and grid lose, and what saccades gain.

    Returns:
      'best', 'lost by pixels' (of every fourth row and column), 'lost by glance', 'lost by grid':
      shares of the window, one number per photograph;
      'expected': for each number of SACCADES, the mean coverage that probability theory predicts;
      'measured': the mean coverage that `max_rand_crop` reaches.
    """
    routines = {look: Routine(TARGET, look=look) for look in ('pixels', 'glance', 'grid')}
    results = {'best': [], **{f'lost by {look}': [] for look in routines}}
    expected, measured = [], []
    for example in examples:
        frame = decode_jpeg(example['image'])
        mask = tf_color_mask(frame)
        best = float(coverage(mask, array_crop(mask, TARGET)))
        results['best'].append(best)
        for name, routine in routines.items():
            chosen = routine.window_of_example(example, tf.constant([0, 0]))
            results[f'lost by {name}'].append(best - float(coverage(mask, chosen)))
        expected.append(_expected_coverages(mask.numpy()))
        seed = tf.stack([tf.cast(example['index'], tf.int32), 0])
        measured.append([float(coverage(mask, max_rand_crop(
                             mask, TARGET, seed, saccades=saccades)))
                         for saccades in SACCADES])
    results['expected'] = np.mean(expected, axis=0).tolist()
    results['measured'] = np.mean(measured, axis=0).tolist()
    return results


def _expected_coverages(mask: np.ndarray) -> list[float]:
    """Computes the mean of the largest of n draws from all windows' coverages, n in SACCADES."""
    integral = np.pad(mask.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    windows = candidate_windows(tf.constant(mask.shape), TARGET, STRIDE).numpy()
    y, x, height, width = windows.T
    covered = (integral[y + height, x + width] - integral[y, x + width]
               - integral[y + height, x] + integral[y, x])
    ascending = np.sort(covered / (height * width))
    below = np.arange(len(ascending) + 1) / len(ascending)
    return [float(ascending @ np.diff(below**saccades)) for saccades in SACCADES]

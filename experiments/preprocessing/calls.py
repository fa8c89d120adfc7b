"""Measures ways to call mask and crop: eagerly, as a graph, with a signature, by XLA."""

import time

import numpy as np
import tensorflow as tf

from dualstream.color import cv_color_mask, tf_color_mask
from dualstream.pipeline import Routine
from experiments.preprocessing.ways import TARGET

KINDS = ('eager', 'tf.function', 'with a signature', 'XLA')


def milliseconds(
    frame: np.ndarray, crops: tuple[str, ...], repeats: int, progress
) -> dict[str, dict[str, float | str]]:
    """Measures the milliseconds from a decoded frame to its window.

    Args:
      frame: uint8 (H, W, 3).
      crops: names of crops.
      repeats: timed calls of each; a first one, which traces and compiles, is not timed.
      progress: wraps the list of calls.

    Returns:
      Routine -> kind of call -> median milliseconds, or the reason why the call fails.
    """
    signature = [tf.TensorSpec([None, None, 3], tf.uint8)]
    calls = {}
    for name, choose in _choosers(crops).items():
        calls[name, 'eager'] = choose
        calls[name, 'tf.function'] = tf.function(choose)
        calls[name, 'with a signature'] = tf.function(choose, input_signature=signature)
        calls[name, 'XLA'] = tf.function(choose, jit_compile=True)
    results = {routine: {} for routine, _ in calls}
    frame = tf.constant(frame)
    for (routine, kind), call in progress(list(calls.items())):
        try:
            call(frame)
        except (tf.errors.OpError, ValueError) as error:
            results[routine][kind] = _reason(error)
            continue
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            call(frame).numpy()
            times.append(1000 * (time.perf_counter() - started))
        results[routine][kind] = float(np.median(times))
    return results


def _choosers(crops):
    """Lists functions frame -> window by routine, and one with the packed mask."""
    seed = tf.constant([0, 0])

    def chooser(color_mask, routine):
        return lambda frame: routine.window(color_mask(frame), seed)

    choosers = {
        f'{mask}-{crop}': chooser(color_mask, Routine(TARGET, mask, crop, 'pixels'))
        for mask, color_mask in (('cv', cv_color_mask), ('tf', tf_color_mask))
        for crop in crops}
    packed = Routine(TARGET, 'tf', 'array', 'pixels')
    choosers['tf-array, packed'] = lambda frame: packed.window_of_frame(frame, seed)
    return choosers


def _reason(error) -> str:
    if 'EagerPyFunc' in str(error):
        return 'refused: EagerPyFunc is Python, and XLA has no kernel of it'
    return 'refused: ' + str(error).strip().splitlines()[0][:60]

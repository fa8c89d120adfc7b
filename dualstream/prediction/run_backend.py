"""A finished run, or its .keras file, as a backend: the fastest, and what the others are like."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from dualstream.evaluation.refusal import Refusal, verdicts_of
from dualstream.pipeline import Routine
from dualstream.prediction.backend import Answer, Frames
from dualstream.training.finished import load_run
from dualstream.training.looking import prediction_routine

_BATCH = 16
_SEED = (0, 0)  # of no effect: the routine draws nothing


@dataclasses.dataclass(frozen=True)
class RunBackend:
    """A network, the routine that makes its images, and what it refuses."""

    network: keras.Model
    routine: Routine
    label_names: tuple[str, ...]
    refusal: Refusal

    @functools.cached_property
    def look_at(self):
        """What the routine makes of a frame and its bytes: window, coverage and image.

        Traced once, which takes longer than a prediction.
        """
        def look_at(frame, contents):
            return tf.cond(
                tf.equal(contents, ''), lambda: self.routine.look_at(frame, _SEED),
                lambda: self.routine.look_at(frame, _SEED, contents=contents))

        return tf.function(look_at, autograph=False, input_signature=[
            tf.TensorSpec([None, None, 3], tf.uint8), tf.TensorSpec([], tf.string)])

    def answers(self, frames: Frames) -> Iterator[tuple[int, Answer]]:
        """Answers about frames, as `Backend.answers` says."""
        def look(number, *photo):
            return (number, *self.look_at(*photo))

        if isinstance(frames, tf.data.Dataset):
            batches = frames.map(look, tf.data.AUTOTUNE).ignore_errors().batch(_BATCH)
            batches = batches.prefetch(tf.data.AUTOTUNE).as_numpy_iterator()
        else:
            batches = _in_batches(itertools.starmap(look, frames))
        for numbers, windows, coverages, images in batches:
            # A smaller last batch is filled up, so that the network is compiled for two sizes only.
            size = 1 if len(numbers) == 1 else _BATCH
            filled = np.resize(images, [size, *images.shape[1:]])
            probabilities = keras.ops.convert_to_numpy(
                self.network.predict_on_batch(filled))[:len(numbers)].astype(np.float32)
            verdicts = verdicts_of(coverages, probabilities.max(axis=1), self.refusal)
            for each in zip(numbers, probabilities, windows, coverages, verdicts):
                yield int(each[0]), Answer(each[1], each[2], float(each[3]), str(each[4]))


def _in_batches(looks: Iterator[tuple]) -> Iterator[tuple[np.ndarray, ...]]:
    while some := list(itertools.islice(looks, _BATCH)):
        yield tuple(np.stack(each) for each in zip(*some))


def load_run_backend(source: str) -> RunBackend:
    """Loads a run.

    Args:
      source: the run's folder, or a .keras file with summary.json beside it.

    Raises:
      UserError: a file is missing or faulty, or the run is older than refusal.
    """
    run = load_run(source)
    return RunBackend(run.network, prediction_routine(run.config), run.label_names, run.refusal)

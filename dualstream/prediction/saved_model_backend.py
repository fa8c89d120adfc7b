"""A SavedModel of `python -m dualstream.export` as a backend."""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator

import tensorflow as tf

from dualstream.prediction.backend import Answer
from dualstream.runtime.errors import UserError

_SIGNATURE = 'frames'
_OUTPUTS = {'probabilities', 'label_names', 'window', 'coverage', 'verdict'}


@dataclasses.dataclass(frozen=True)
class SavedModelBackend:
    """The signature that takes frames, with what keeps its weights alive."""

    serve: Callable
    label_names: tuple[str, ...]
    loaded: tf.Module

    def answers(self, frames: tf.data.Dataset) -> Iterator[tuple[int, Answer]]:
        """Answers about frames, as `Backend.answers` says; sizes differ, so one at a time."""
        for number, frame, _ in frames.prefetch(tf.data.AUTOTUNE):
            answer = {name: value.numpy()[0]
                      for name, value in self.serve(frames=frame[None]).items()}
            yield int(number), Answer(
                answer['probabilities'], answer['window'], float(answer['coverage']),
                answer['verdict'].decode())


def load_saved_model_backend(path: pathlib.Path) -> SavedModelBackend:
    """Loads a SavedModel. It is a program: load none from a stranger.

    Args:
      path: the folder that holds saved_model.pb.

    Raises:
      UserError: it cannot be read, or dualstream did not export it.
    """
    try:
        loaded = tf.saved_model.load(str(path))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f'{path} is not a whole SavedModel: {reason}') from error
    serve = loaded.signatures.get(_SIGNATURE) if hasattr(loaded, 'signatures') else None
    if serve is None or not _OUTPUTS <= set(serve.structured_outputs):
        raise UserError(f'{path} was not exported by dualstream: it has no signature '
                        f'{_SIGNATURE!r} that gives {", ".join(sorted(_OUTPUTS))}')
    names = serve(frames=tf.zeros([1, 64, 64, 3], tf.uint8))['label_names'].numpy()[0]
    return SavedModelBackend(serve, tuple(name.decode() for name in names), loaded)

"""What `python -m dualstream.export` wrote, as backends: a SavedModel, a LiteRT or an ONNX file."""

import dataclasses
import json
import pathlib
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from dualstream.evaluation.refusal import VERDICTS
from dualstream.export.litert import LABELS, open_litert
from dualstream.export.onnx import open_session
from dualstream.prediction.backend import Answer, Frames
from dualstream.runtime.errors import UserError

_OUTPUTS = ('probabilities', 'window', 'coverage', 'verdict')


@dataclasses.dataclass(frozen=True)
class ExportedBackend:
    """An exported file.

    Attributes:
      judge: gives the answer about an upright frame, uint8 (H, W, 3).
      label_names: the classes.
    """

    judge: Callable[[np.ndarray], Answer]
    label_names: tuple[str, ...]

    def answers(self, frames: Frames) -> Iterator[tuple[int, Answer]]:
        """Answers about frames, as `Backend.answers` says, one at a time, since sizes differ."""
        if isinstance(frames, tf.data.Dataset):
            frames = frames.prefetch(tf.data.AUTOTUNE).as_numpy_iterator()
        for number, frame, _ in frames:
            yield int(number), self.judge(frame)


def load_saved_model(path: pathlib.Path) -> ExportedBackend:
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
    signatures = getattr(loaded, 'signatures', {})
    if 'frames' not in signatures or not {*_OUTPUTS, 'label_names'} <= {
            *signatures['frames'].structured_outputs}:
        raise UserError(f'{path} is not a SavedModel that dualstream exported')

    def run(frame: np.ndarray) -> dict[str, np.ndarray]:
        # From `loaded`, which keeps the weights.
        answers = loaded.signatures['frames'](frames=tf.constant(frame[None]))
        return {name: value.numpy()[0] for name, value in answers.items()}

    names = run(np.zeros([64, 64, 3], np.uint8))['label_names']

    def judge(frame: np.ndarray) -> Answer:
        said = run(frame)
        return _answer(said, said['verdict'].decode())

    return ExportedBackend(judge, tuple(name.decode() for name in names))


def load_litert(path: pathlib.Path) -> ExportedBackend:
    """Loads a LiteRT file.

    Raises:
      UserError: dualstream did not export it, or the extra litert is missing.
    """
    run = open_litert(path)
    try:
        with zipfile.ZipFile(path) as appended:
            labels = json.loads(appended.read(LABELS))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f'{path} does not name its classes; export the run again') from error

    def judge(frame: np.ndarray) -> Answer:
        said = run(frame)
        return _answer(said, VERDICTS[int(said['verdict'])])

    return ExportedBackend(judge, tuple(labels))


def load_onnx(path: pathlib.Path) -> ExportedBackend:
    """Loads an ONNX file.

    Raises:
      UserError: dualstream did not export it, or the extra onnx is missing.
    """
    try:
        session = open_session(path)
        labels = json.loads(session.get_modelmeta().custom_metadata_map['label_names'])
    except UserError:
        raise
    except Exception as error:  # the runtime's errors have no class in common but this one
        raise UserError(f'{path} is not an ONNX file that dualstream exported') from error

    def judge(frame: np.ndarray) -> Answer:
        said = dict(zip(_OUTPUTS, session.run(_OUTPUTS, {'frame': frame})))
        return _answer(said, str(said['verdict']))

    return ExportedBackend(judge, tuple(labels))


def _answer(said: dict[str, np.ndarray], verdict: str) -> Answer:
    return Answer(said['probabilities'], said['window'], float(said['coverage']), verdict)

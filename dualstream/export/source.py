"""What is exported: a finished run's network, and how it looks at photographs."""

import dataclasses
import io
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from dualstream.evaluation.refusal import Refusal
from dualstream.export.folding import fold_batch_normalization, in_float32
from dualstream.export.parity import Answers
from dualstream.pipeline import Routine, decode_frame
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.finished import load_run
from dualstream.training.looking import routine_of

SEED = (0, 0)
"""For a routine that is exported, of no effect: it draws nothing."""

_ORIENTATION = 0x0112  # the EXIF tag (CIPA DC-008)
_TURNS = {
    2: lambda frame: frame[:, ::-1], 3: lambda frame: frame[::-1, ::-1],
    4: lambda frame: frame[::-1], 5: lambda frame: frame.transpose(1, 0, 2),
    6: lambda frame: frame[::-1].transpose(1, 0, 2),
    7: lambda frame: frame[::-1, ::-1].transpose(1, 0, 2),
    8: lambda frame: frame[:, ::-1].transpose(1, 0, 2)}


@dataclasses.dataclass(frozen=True)
class Source:
    """A finished run, ready for a format.

    Attributes:
      network: gives probabilities (batch, classes) of images; the run's, with its batch
        normalisation folded into its convolutions.
      routine: chooses the window of a photograph, as `exported_routine` says.
      label_names: the classes, in the network's order.
      refusal: the thresholds of its verdicts.
      summary: all that the run's summary.json holds.
    """

    network: keras.Model
    routine: Routine
    label_names: tuple[str, ...]
    refusal: Refusal
    summary: dict[str, Any]

    def look(self, frame: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Chooses the window of a frame and makes its image, eagerly or in a graph.

        Args:
          frame: uint8 (H, W, 3), sRGB.

        Returns:
          (int32 (4,), float32, float32 (height, width, 3)): the window (y, x, height, width), its
          coverage in [0, 1], and the image for the network, sRGB in [0, 1].
        """
        if self.routine.crop == 'none':
            window = tf.concat([[0, 0], tf.shape(frame)[:2]], axis=0)
        else:
            window = self.routine.window_of_frame(frame, SEED)
        image = self.routine.image_of_frame(frame, window)
        return window, self.routine.coverage(image), self.routine.normalize(image)


def upright_frame(contents: bytes) -> np.ndarray:
    """Decodes a photograph and turns it upright as its EXIF orientation says.

    Args:
      contents: the bytes of a JPEG or PNG.

    Returns:
      uint8 (H, W, 3), sRGB.

    Raises:
      UserError: the bytes are not a whole image.
    """
    try:
        with Image.open(io.BytesIO(contents), formats=('JPEG', 'PNG')) as picture:
            turn = _TURNS.get(picture.getexif().get(_ORIENTATION))
        frame = decode_frame(contents).numpy()
    except (tf.errors.InvalidArgumentError, UnidentifiedImageError) as error:
        raise UserError('a photograph is not a whole JPEG or PNG') from error
    return np.ascontiguousarray(turn(frame)) if turn else frame


def load_source(folder: str) -> Source:
    """Loads a finished run to be exported.

    Args:
      folder: of the run.

    Raises:
      UserError: it is not a finished run, or one that cannot be exported.
    """
    run = load_run(folder)
    return Source(
        fold_batch_normalization(run.network), exported_routine(run.config), run.label_names,
        run.refusal, run.summary)


def exported_routine(config: TrainConfig) -> Routine:
    """Makes the routine that an exported network is used with: its windows are the run's.

    A photograph of a user comes without a leaf grid, so its window is chosen from its pixels; and
    the same photograph must give the same answer, so crop='random' becomes 'array', the leafiest of
    all windows instead of the leafiest of some.

    Raises:
      UserError: the run's mask is OpenCV's.
    """
    if config.mask == 'cv':
        raise UserError(
            'the run was trained with --mask=cv, which is OpenCV behind Python: no exported file '
            'can hold it. --mask=tf gives the same mask; train with that one')
    routine = routine_of(config)
    if routine.crop == 'none':
        return routine
    return dataclasses.replace(routine, crop='array', look='pixels')


def answer_in_python(workdir: str, photographs: Sequence[bytes]) -> Answers:
    """What a run answers in Python, which the formats are compared with.

    The network is the saved one, with nothing folded, and the routine makes the images of bytes, as
    it does for evaluation: those of the upright frame as a PNG. (Of a JPEG it may decode a large
    window at a smaller scale, which is quick and rounds otherwise; no format is given that.)

    Args:
      workdir: the run's folder.
      photographs: the bytes of JPEGs and PNGs.

    Raises:
      UserError: a photograph is not a whole image.
    """
    run = load_run(workdir)
    routine, network = exported_routine(run.config), in_float32(run.network)
    windows, images = [], []
    for contents in tqdm(photographs, 'In Python', unit=' photographs', disable=None):
        frame = upright_frame(contents)
        example = {'image': tf.io.encode_png(frame, compression=1)}
        whole = tf.constant([0, 0, *frame.shape[:2]])
        windows.append(whole if routine.crop == 'none' else
                       routine.window_of_example(example, SEED))
        images.append(routine(example, SEED))
    probabilities = network.predict(np.stack(images), batch_size=16, verbose=0)
    return Answers(probabilities, np.stack(windows))

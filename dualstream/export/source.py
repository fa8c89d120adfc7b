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
from dualstream.training.looking import prediction_routine

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

    @property
    def reduces(self) -> bool:
        """Whether large windows of JPEGs may be decoded at a reduced scale, as in training."""
        return self.routine.crop == 'none' or self.routine.zoom != 1

    def look(
        self, frame: tf.Tensor, contents: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Chooses the window of a frame and makes its image, eagerly or in a graph.

        Args:
          frame: uint8 (H, W, 3), sRGB.
          contents: the bytes that it was decoded from, string, if they are known and upright.

        Returns:
          (int32 (4,), float32, float32 (height, width, 3)): the window (y, x, height, width), its
          coverage in [0, 1], and the image for the network, sRGB in [0, 1].
        """
        return self.routine.look_at(frame, SEED, contents=contents)


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
        turn = _turn_of(contents)
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
    """Makes the routine that an exported network is used with: `prediction_routine`.

    Raises:
      UserError: the run's mask is OpenCV's.
    """
    if config.mask == 'cv':
        raise UserError(
            'the run was trained with --mask=cv, which is OpenCV behind Python: no exported file '
            'can hold it. --mask=tf gives the same mask; train with that one')
    return prediction_routine(config)


def answer_in_python(
    workdir: str, photographs: Sequence[bytes], *, of_frames: bool = False
) -> Answers:
    """What a run answers in Python, which the formats are compared with.

    The network is the saved one, with nothing folded, and the routine makes the images of bytes, as
    it does for evaluation; a photograph that EXIF says to turn becomes an upright PNG before.

    Args:
      workdir: the run's folder.
      photographs: the bytes of JPEGs and PNGs.
      of_frames: whether only decoded frames are given, as to a format that takes pixels. It makes a
        difference where the routine decodes large windows of a JPEG at a reduced scale.

    Raises:
      UserError: a photograph is not a whole image.
    """
    run = load_run(workdir)
    routine, network = exported_routine(run.config), in_float32(run.network)
    windows, images = [], []
    for contents in tqdm(photographs, 'In Python', unit=' photographs', disable=None):
        frame = upright_frame(contents)
        if of_frames or _turn_of(contents):
            contents = tf.io.encode_png(frame, compression=1)
        example = {'image': contents}
        windows.append([0, 0, *frame.shape[:2]] if routine.crop == 'none' else
                       routine.window_of_example(example, SEED).numpy())
        images.append(routine(example, SEED))
    probabilities = network.predict(np.stack(images), batch_size=16, verbose=0)
    return Answers(probabilities, np.array(windows, np.int32))


def _turn_of(contents: bytes):
    """What turns the frame of a photograph upright; None where it is."""
    with Image.open(io.BytesIO(contents), formats=('JPEG', 'PNG')) as picture:
        return _TURNS.get(picture.getexif().get(_ORIENTATION))

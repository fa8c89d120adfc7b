"""A trained network as a value that takes photographs and gives predictions."""

import dataclasses
import os
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np

from dualstream.prediction.backend import Backend
from dualstream.prediction.exported_backend import load_litert, load_onnx, load_saved_model
from dualstream.prediction.frames import fault_of, frames_of_files, read_upright
from dualstream.prediction.run_backend import load_run_backend
from dualstream.runtime.errors import UserError

_LOADERS = {'.tflite': load_litert, '.onnx': load_onnx}

Photo = str | os.PathLike | bytes | np.ndarray


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What is said of one photograph.

    Attributes:
      name: the photograph's path, or its place among those that were given, from 1.
      verdict: 'diagnosis'; 'unsure', where no class is probable enough; 'not a leaf', where too
        little of the window has a leaf's colours; '' where there is an error.
      probabilities: of each class, calibrated, the most probable first.
      window: (y, x, height, width) of what the network saw, in pixels of the upright frame.
      coverage: the share of the window that has a leaf's colours, in [0, 1].
      error: what is wrong with the photograph; '' where nothing is.
    """

    name: str
    verdict: str = ''
    probabilities: dict[str, float] = dataclasses.field(default_factory=dict)
    window: tuple[int, int, int, int] = (0, 0, 0, 0)
    coverage: float = 0.0
    error: str = ''

    def top(self, count: int = 3) -> list[tuple[str, float]]:
        """Gives the most probable classes, each with its probability."""
        return list(self.probabilities.items())[:count]


@dataclasses.dataclass(frozen=True)
class Predictor:
    """A trained network that takes photographs and gives predictions; `load` makes one.

    Attributes:
      backend: the network in its format.

    Example:

    >>> from dualstream import load
    >>> predictor = load('runs/demo')  # doctest: +SKIP
    >>> predictor.predict('leaf.jpg').top(1)  # doctest: +SKIP
    [('cmd', 0.93)]
    """

    backend: Backend

    @property
    def label_names(self) -> tuple[str, ...]:
        """The classes."""
        return self.backend.label_names

    def predict(self, photos: Photo | Sequence[Photo]) -> Prediction | list[Prediction]:
        """Predicts one photograph, or several.

        Args:
          photos: a photograph, or a list of them, or an array (n, H, W, 3). A photograph is a path;
            the bytes of a JPEG or PNG, at most 30 MB and 50 megapixels; or an array (H, W, 3),
            uint8 or floating in [0, 1], sRGB, upright. What EXIF says of a file's orientation is
            carried out.

        Returns:
          A Prediction, or a list of them in the same order. In a list, a photograph that cannot be
          read has an `error`.

        Raises:
          UserError: the only photograph cannot be read.
          ValueError: an array has another shape, dtype or range.
        """
        single = isinstance(photos, (str, os.PathLike, bytes)) or (
            isinstance(photos, np.ndarray) and photos.ndim == 3)
        if not single:
            return self._predict_all(list(photos))
        name = os.fspath(photos) if isinstance(photos, (str, os.PathLike)) else '1'
        try:
            frame = read_upright(photos)
        except UserError as error:
            raise UserError(f'{name}: {error}') from error
        # Without the pipeline of `stream`, which takes longer to build than one photograph takes.
        (_, answer), = self.backend.answers(iter([(0, *frame)]))
        return self._prediction(name, answer)

    def stream(self, paths: Sequence[str | os.PathLike]) -> Iterator[Prediction]:
        """Predicts files one after the other; use it for thousands of them.

        Args:
          paths: of the photographs.

        Yields:
          The prediction of each, in their order; one that cannot be read has an `error`.
        """
        paths = [os.fspath(path) for path in paths]
        answers = self.backend.answers(frames_of_files(paths))
        ahead = next(answers, None)
        for number, path in enumerate(paths):
            if ahead and ahead[0] == number:
                yield self._prediction(path, ahead[1])
                ahead = next(answers, None)
            else:
                yield Prediction(path, error=fault_of(path) or 'cannot be decoded')

    def _predict_all(self, photos: list[Photo]) -> list[Prediction]:
        made = {}
        paths = {number: os.fspath(photo) for number, photo in enumerate(photos)
                 if isinstance(photo, (str, os.PathLike))}
        made.update(zip(paths, self.stream([*paths.values()])))

        def frames():
            for number, photo in enumerate(photos):
                if number not in paths:
                    try:
                        yield number, *read_upright(photo)
                    except UserError as error:
                        made[number] = Prediction(str(number + 1), error=str(error))

        for number, answer in self.backend.answers(frames()):
            made[number] = self._prediction(str(number + 1), answer)
        return [made[number] for number in range(len(photos))]

    def _prediction(self, name: str, answer) -> Prediction:
        order = np.argsort(-answer.probabilities, kind='stable')
        return Prediction(
            name, answer.verdict,
            {self.label_names[label]: float(answer.probabilities[label]) for label in order},
            tuple(map(int, answer.window)), answer.coverage)


def load(source: str | os.PathLike) -> Predictor:
    """Loads a trained network to predict with, in whichever format it was saved.

    Keras files are loaded in safe mode. A SavedModel is a program: its graph can read and write
    files, so load none from a stranger.

    Args:
      source: the folder of a run; a .keras file with the run's summary.json beside it; or what
        `python -m dualstream.export` wrote: the folder of a SavedModel, a .tflite or a .onnx file.

    Raises:
      UserError: the file is missing, faulty or of another format.
    """
    path = pathlib.Path(source)
    if path.is_dir() and (path / 'saved_model.pb').is_file():
        return Predictor(load_saved_model(path))
    if path.is_file() and path.suffix in _LOADERS:
        return Predictor(_LOADERS[path.suffix](path))
    return Predictor(load_run_backend(str(source)))

"""A sheet of photographs, each with its window and what a network answered."""

import dataclasses

import matplotlib.figure
import numpy as np
from PIL import Image

from dualstream.figures.photo import read_photo
from dualstream.figures.routine_figure import draw_window
from dualstream.pipeline import Photos, Routine
from dualstream.pipeline.batches import evaluation_seed

_COLUMNS = 6
_SIDE = 320  # px, the longer side of a thumbnail
_INK = '0.15'


@dataclasses.dataclass(frozen=True)
class Answer:
    """A photograph on the sheet.

    Attributes:
      contents: the bytes of its file.
      window: int (4,), (y, x, height, width) in pixels of the frame; None for all of it.
      text: written above it.
    """

    contents: bytes
    window: np.ndarray | None
    text: str


def read_answers(
    photos: Photos, purpose: str, texts: dict[int, str], *, routine: Routine, seed: int
) -> list[Answer]:
    """Reads photographs of a split, with the windows that an evaluation looks at.

    Args:
      photos: the data set.
      purpose: 'train', 'validation', 'test', or a part of one's own.
      texts: place in the order of the split -> what to write above the photograph.
      routine: chooses the windows.
      seed: of the evaluation's batches.

    Returns:
      One for each text, in their order.
    """
    answers = {}
    for place, example in enumerate(photos.read(purpose)):
        if place in texts:
            window = None if routine.crop == 'none' else routine.window_of_example(
                example, evaluation_seed(seed, example)).numpy()
            answers[place] = Answer(example['image'].numpy(), window, texts[place])
    return [answers[place] for place in texts]


def answer_sheet(answers: list[Answer]) -> matplotlib.figure.Figure:
    """Draws photographs with their windows, six in a row.

    Args:
      answers: at least one.
    """
    rows = -(-len(answers) // _COLUMNS)
    figure = matplotlib.figure.Figure(figsize=(14, 2.4 * rows), layout='constrained')
    for axes in figure.subplots(rows, _COLUMNS, squeeze=False).flat:
        axes.axis('off')
    for axes, answer in zip(figure.axes, answers):
        pixels = read_photo(answer.contents)
        thumbnail = Image.fromarray(pixels)
        thumbnail.thumbnail((_SIDE, _SIDE))
        axes.imshow(thumbnail)
        if answer.window is not None:
            scale = np.array([thumbnail.height, thumbnail.width]) / pixels.shape[:2]
            draw_window(axes, answer.window * np.tile(scale, 2), 1.8)
        axes.set_title(answer.text, fontsize=8, color=_INK)
    return figure

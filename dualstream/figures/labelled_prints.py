"""Prints of a data set's photographs, by their places, for a sheet."""

import numpy as np

from dualstream.figures.photo import read_photo
from dualstream.figures.prediction_sheet import Print
from dualstream.pipeline import Photos, Routine
from dualstream.pipeline.batches import evaluation_seed


def read_prints(
    photos: Photos, purpose: str, texts: dict[int, tuple[str, str, str]], *, routine: Routine,
    seed: int,
) -> list[Print]:
    """Reads photographs of a split, with the windows that an evaluation looks at.

    Args:
      photos: the data set.
      purpose: 'train', 'validation', 'test', or a part of one's own.
      texts: place in the order of the split -> three lines to write above the photograph.
      routine: chooses the windows.
      seed: of the evaluation's batches.

    Returns:
      One for each text, in their order.
    """
    prints = {}
    for place, example in enumerate(photos.read(purpose)):
        if place in texts:
            frame = read_photo(example['image'].numpy())
            window = np.array([0, 0, *frame.shape[:2]])
            if routine.crop != 'none':
                window = routine.window_of_example(example, evaluation_seed(seed, example)).numpy()
            prints[place] = Print.of(*texts[place], frame=frame, window=window)
    return [prints[place] for place in texts]

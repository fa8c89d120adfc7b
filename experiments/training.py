"""Trains as `dualstream.train` does, on one fold, and gives what tables say of it."""

import dataclasses
import tempfile
from collections.abc import Callable

import keras

from dualstream.pipeline.parts import Parts
from dualstream.runtime import devices
from dualstream.training.config import TrainConfig
from dualstream.training.run import train
from dualstream.training.workdir import Workdir


def train_and_score(
    config: TrainConfig, photos: Parts, routine: Callable | None = None,
    build: Callable | None = None,
) -> dict[str, dict | float]:
    """Trains one network on the photographs of a fold, and scores it on those that are held out.

    Args:
      config: of the training.
      photos: the fold's photographs.
      routine: makes the images, if not None, in the place of the configuration's.
      build: makes the network, if not None, as `train` takes it.

    Returns:
      'one view' and, where the recipe has others, 'several views' -> accuracy, as the network is,
      and balanced accuracy, with the priors divided out; the scores of predicting one class for
      all; how many photographs there were; seconds that the training and its scoring took.
    """
    keras.utils.clear_session()
    with (tempfile.TemporaryDirectory() as scratch,
          Workdir(scratch, dataclasses.asdict(config), resume=False) as workdir):
        trained = train(config, photos=photos, place=devices.place(), workdir=workdir,
                        routine=routine, build=build, verbose=0)

    def scores(by_prior):
        return {'accuracy': by_prior['data'].accuracy,
                'balanced_accuracy': by_prior['uniform'].balanced_accuracy}

    several = {} if trained.scores is trained.one_view else {
        'several views': scores(trained.scores)}
    test = trained.one_view['data']
    return {'one view': scores(trained.one_view), **several,
            'trivial': {'accuracy': test.trivial_accuracy,
                        'balanced_accuracy': 1 / len(test.per_class_recall)},
            'training_pictures': photos.count('train'),
            'validation_pictures': photos.count('validation'),
            'held_out_pictures': photos.count('test'), 'training_seconds': trained.seconds}

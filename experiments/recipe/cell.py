"""Runs one cell of the table: one recipe, one fold, one seed."""

import dataclasses
import tempfile

import keras

from dualstream.evaluation.predictions import predict
from dualstream.evaluation.scores import Scores
from dualstream.pipeline import make_evaluation_batches
from dualstream.runtime import devices
from dualstream.training.config import TrainConfig
from dualstream.training.looking import views_of
from dualstream.training.run import train
from dualstream.training.workdir import Workdir
from experiments.recipe.folds import FOLDS, Fold
from experiments.recipe.recipes import Tried

BASE = TrainConfig(preset='nano', image_size=(128, 128), batch_size=16, saccades=16)


def run_cell(builder, tried: Tried, seed: int, epochs: int) -> dict:
    """Trains one network with the recipe and scores it on the third that `seed` says.

    All recipes have the same folds, initial weights and order of images.

    Returns:
      Number of views -> balanced accuracy on the held-out images; how many images there were;
      epochs trained; seconds that the training and its scoring took.
    """
    keras.utils.clear_session()
    photos = Fold(builder, seed % FOLDS)
    config = dataclasses.replace(
        BASE, crop=tried.crop, epochs=epochs, seed=seed, recipe=tried.recipe)
    with (tempfile.TemporaryDirectory() as scratch,
          Workdir(scratch, dataclasses.asdict(config), resume=False) as workdir):
        trained = train(
            config, photos=photos, place=devices.place(), workdir=workdir, verbose=0)

    def score(views: tuple) -> float:
        looked = dataclasses.replace(
            config, recipe=dataclasses.replace(config.recipe, views=views))
        test = make_evaluation_batches(
            photos, 'test', views_of(looked), batch_size=config.batch_size, seed=seed)
        return Scores.of(predict(trained.model, test, photos.label_names)).balanced_accuracy

    return {'balanced_accuracy': {str(max(1, len(views))): score(views) for views in tried.views},
            'training_pictures': photos.count('train'),
            'held_out_pictures': photos.count('test'),
            'epochs_trained': len(trained.rows),
            'training_seconds': trained.seconds}

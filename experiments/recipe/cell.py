"""One cell of the table: one recipe, one fold, one seed."""

import time

import keras

from dualstream import network
from dualstream.pipeline import Routine, evaluation_batches, training_batches, weighted_targets
from dualstream.pipeline.batches import steps_per_epoch
from dualstream.evaluation.scores import Scores
from dualstream.training import recipe
from dualstream.training.callbacks import Validate
from dualstream.training.early_stopping import KeepBest
from dualstream.training.loop import fit
from experiments.recipe.folds import FOLDS, Fold
from experiments.recipe.recipes import Recipe

IMAGE_SIZE = (128, 128)
BATCH_SIZE = 16
LEARNING_RATE = 2e-3
SACCADES = 16


def run_cell(builder, tried: Recipe, seed: int, epochs: int) -> dict:
    """Trains one network with the recipe and scores it on the third that `seed` says.

    The folds are the same for all recipes; so are weights at the start and the pictures' order.

    Returns:
      balanced accuracy on what was held out, by the number of windows; how many pictures
      there were; epochs trained; seconds that the training took.
    """
    begun = time.perf_counter()
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    photos = Fold(builder, seed % FOLDS)
    routine = Routine(IMAGE_SIZE, 'tf', tried.crop, saccades=SACCADES)
    steps = steps_per_epoch(photos, BATCH_SIZE)
    model = network.build(
        'nano', image_size=IMAGE_SIZE, classes=len(photos.label_names), seed=seed)
    recipe.compile_network(model, LEARNING_RATE, steps * epochs,
                           label_smoothing=tried.label_smoothing, ema=tried.ema)
    weights = [1.0] * len(photos.label_names)
    if tried.class_weights:
        weights = list(recipe.class_weights(photos.label_counts('train')).values())
    batches = weighted_targets(
        training_batches(photos, routine, BATCH_SIZE, epochs, seed,
                         color_jitter=tried.color_jitter),
        weights, tried.mixup, seed)
    best, beside = None, []
    if tried.early_stopping:
        best = KeepBest(tried.early_stopping)
        validation = evaluation_batches(photos, 'validation', routine, BATCH_SIZE, seed)
        beside = [Validate(validation, photos.label_names), best]
    fit(model, batches, steps, epochs, 0, None, beside, verbose=0)
    if best:
        model.set_weights(best.weights)
    trained = time.perf_counter() - begun

    def score(windows):
        test = evaluation_batches(photos, 'test', routine, BATCH_SIZE, seed, windows)
        return Scores.of(model, test, photos.label_names).balanced_accuracy

    return {'balanced_accuracy': {str(windows): score(windows) for windows in tried.windows},
            'training_pictures': photos.count('train'),
            'held_out_pictures': photos.count('test'),
            'epochs_trained': len(best.scores) if best else epochs,
            'training_seconds': trained}

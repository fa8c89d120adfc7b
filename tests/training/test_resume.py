"""An interrupted run, taken up again at any step, ends exactly as one that never was."""

import dataclasses

import keras
import numpy as np
import pytest

from dualstream.pipeline import (
    Routine, evaluation_batches, training_batches, weighted_targets)
from dualstream.pipeline.batches import steps_per_epoch
from dualstream.evaluation.scores import Scores
from dualstream.training import recipe
from dualstream.training.callbacks import Progress, Validate
from dualstream.training.early_stopping import KeepBest
from dualstream.training.loop import fit
from dualstream.training.workdir import Workdir

ROUTINE = Routine((32, 32), 'tf', 'random', saccades=2)
BATCH, EPOCHS = 8, 3


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What may be added to the plain recipe."""

    label_smoothing: float = 0.0
    color_jitter: float = 0.0
    mixup: float = 0.0
    ema: float = 0.0
    patience: int = 0


PLAIN = Recipe()
ALL = Recipe(label_smoothing=0.1, color_jitter=0.2, mixup=0.3, ema=0.8, patience=EPOCHS)


class Interruption(Exception):
    pass


class Interrupt(keras.callbacks.Callback):
    """Stops a run after so many of its steps, as a power cut would."""

    def __init__(self, after):
        super().__init__()
        self._left = after

    def on_train_batch_end(self, batch, logs=None):
        self._left -= 1
        if self._left == 0:
            raise Interruption


def network():
    """Has all that must be remembered: batch statistics, dropout's seeds, moments."""
    return keras.Sequential([
        keras.Input([32, 32, 3]),
        keras.layers.Conv2D(8, 3, 2, kernel_initializer=keras.initializers.HeNormal(1)),
        keras.layers.BatchNormalization(), keras.layers.ReLU(),
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.5, seed=2),
        keras.layers.Dense(5, 'softmax', kernel_initializer=keras.initializers.HeNormal(3))])


def train(photos, path, checkpoint_steps, interrupt_after=None, added=PLAIN):
    steps = steps_per_epoch(photos, BATCH)
    model = network()
    recipe.compile_network(model, 0.01, steps * EPOCHS,
                           label_smoothing=added.label_smoothing, ema=added.ema)
    workdir = Workdir(path, {}, resume=True)
    workdir.claim()
    best = KeepBest(added.patience) if added.patience else None
    progress = Progress(workdir, steps, BATCH, checkpoint_steps, best)
    progress.set_model(model)
    progress.restore()
    validation = evaluation_batches(photos, 'validation', ROUTINE, BATCH, 0)
    batches = weighted_targets(
        training_batches(photos, ROUTINE, BATCH, EPOCHS, 0, progress.step, added.color_jitter),
        [1.0, 2.0, 1.0, 0.5, 1.0], added.mixup, 0, progress.step)
    callbacks = [
        Validate(validation, photos.label_names), *([best] if best else []), progress]
    if interrupt_after:
        callbacks.append(Interrupt(interrupt_after))
    if not (best and best.stopped):
        fit(model, batches, steps, EPOCHS, progress.step, None, callbacks)
    if best:
        model.set_weights(best.weights)
    return model, progress.rows


@pytest.fixture(scope='module')
def uninterrupted(photos, tmp_path_factory):
    return {added: train(photos, tmp_path_factory.mktemp('whole'), 100, added=added)
            for added in (PLAIN, ALL)}


def assert_same_run(run, other):
    for variable, other_variable in zip(run[0].variables, other[0].variables, strict=True):
        np.testing.assert_array_equal(variable, other_variable)
    for variable, other_variable in zip(
            run[0].optimizer.variables, other[0].optimizer.variables, strict=True):
        np.testing.assert_array_equal(variable, other_variable)
    for row, other_row in zip(run[1], other[1], strict=True):
        assert {**row, 'images_per_second': 0} == {**other_row, 'images_per_second': 0}


def test_same_seed_same_weights(photos, uninterrupted, tmp_path):
    assert_same_run(train(photos, tmp_path, checkpoint_steps=100), uninterrupted[PLAIN])


@pytest.mark.parametrize('after, checkpoint_steps, added', [
    *((*when, PLAIN) for when in ((3, 1), (5, 1), (7, 2), (8, 3), (11, 4))),
    *((*when, ALL) for when in ((3, 1), (8, 3), (11, 4)))])
def test_resumed_run_is_bit_identical(
        photos, uninterrupted, tmp_path, after, checkpoint_steps, added):
    assert steps_per_epoch(photos, BATCH) * EPOCHS > after
    with pytest.raises(Interruption):
        train(photos, tmp_path, checkpoint_steps, interrupt_after=after, added=added)
    assert_same_run(train(photos, tmp_path, checkpoint_steps, added=added), uninterrupted[added])


def test_a_training_that_stopped_early_does_not_go_on(photos, tmp_path, monkeypatch):
    # Validation that always says the same: the first epoch is the best, and patience ends with the
    # second.
    monkeypatch.setattr(Scores, 'balanced_accuracy', 0.5)
    impatient = dataclasses.replace(ALL, patience=1)
    model, rows = train(photos, tmp_path / 'run', 100, added=impatient)
    assert len(rows) == 2 < EPOCHS
    with pytest.raises(Interruption):  # in the second epoch, with which it is to end all the same
        train(photos, tmp_path / 'cut', 1, steps_per_epoch(photos, BATCH) + 2, added=impatient)
    for folder in ('cut', 'run'):
        again, same_rows = train(photos, tmp_path / folder, 1, added=impatient)
        for row, same_row in zip(rows, same_rows, strict=True):
            assert {**row, 'images_per_second': 0} == {**same_row, 'images_per_second': 0}
        for variable, same in zip(model.weights, again.weights, strict=True):
            np.testing.assert_array_equal(variable, same)


def test_a_run_may_be_interrupted_often(photos, uninterrupted, tmp_path):
    for _ in range(5):
        with pytest.raises(Interruption):
            train(photos, tmp_path, checkpoint_steps=1, interrupt_after=2)
    assert_same_run(train(photos, tmp_path, checkpoint_steps=1), uninterrupted[PLAIN])


def test_a_finished_training_is_not_trained_on(photos, uninterrupted, tmp_path):
    train(photos, tmp_path, checkpoint_steps=100)
    assert_same_run(train(photos, tmp_path, checkpoint_steps=100), uninterrupted[PLAIN])

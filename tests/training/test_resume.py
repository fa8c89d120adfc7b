"""An interrupted run, resumed at any step, ends exactly as one that was never interrupted."""

import dataclasses
import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from dualstream.evaluation.scores import Scores
from dualstream.pipeline import (
    Routine,
    make_evaluation_batches,
    make_training_batches,
    weigh_targets,
)
from dualstream.pipeline.batches import count_steps
from dualstream.training import recipe
from dualstream.training.callbacks import SaveProgress, ShowInputs, StoppedBySignal, Validate
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


class PowerCut(Exception):
    """Ends a run without any warning."""


class Interrupt(keras.callbacks.Callback):
    """Interrupts a run during one of its steps: by a signal, or as a power cut would."""

    def __init__(self, after, number=None):
        super().__init__()
        self._left, self._number = after, number

    def on_train_batch_end(self, batch, logs=None):
        self._left -= 1
        if self._left == 0:
            if self._number is None:
                raise PowerCut
            os.kill(os.getpid(), self._number)


def network():
    """Has all that must be remembered: batch statistics, dropout's seeds, moments."""
    return keras.Sequential([
        keras.Input([32, 32, 3]),
        keras.layers.Conv2D(8, 3, 2, kernel_initializer=keras.initializers.HeNormal(1)),
        keras.layers.BatchNormalization(), keras.layers.ReLU(),
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.5, seed=2),
        keras.layers.Dense(5, 'softmax', kernel_initializer=keras.initializers.HeNormal(3))])


def train(photos, path, checkpoint_steps, *interrupt, added=PLAIN):
    """A training as `dualstream.train` runs it; returns the network and the lines of metrics."""
    with Workdir(path, {}, resume=True) as workdir:
        workdir.claim()
        return train_in(workdir, photos, checkpoint_steps, interrupt, added)


def train_in(workdir, photos, checkpoint_steps, interrupt, added):
    steps = count_steps(photos, BATCH)
    model = network()
    recipe.compile_network(model, 0.01, steps * EPOCHS,
                           label_smoothing=added.label_smoothing, ema=added.ema)
    best = KeepBest(added.patience) if added.patience else None
    progress = SaveProgress(workdir, steps_per_epoch=steps, batch_size=BATCH,
                            checkpoint_steps=checkpoint_steps, best=best)
    progress.restore(model)
    validation = make_evaluation_batches(photos, 'validation', ROUTINE, batch_size=BATCH, seed=0)

    def make_batches(start, stop):
        batches = make_training_batches(
            photos, ROUTINE, BATCH, epochs=EPOCHS, seed=0, start_step=start, stop_step=stop,
            color_jitter=added.color_jitter)
        return weigh_targets(batches, [1.0, 2.0, 1.0, 0.5, 1.0], mixup_alpha=added.mixup,
                                seed=0, start_step=start)

    callbacks = [
        Validate(validation, photos.label_names), *([best] if best else []), progress]
    if interrupt:
        callbacks.append(Interrupt(*interrupt))
    if not (best and best.stopped):
        fit(model, make_batches, steps_per_epoch=steps, epochs=EPOCHS, start_step=progress.step,
            callbacks=callbacks)
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


def test_same_seed_same_weights_and_a_finished_training_does_not_go_on(
        photos, uninterrupted, tmp_path):
    for _ in range(2):  # the second time, there is nothing left to train
        assert_same_run(train(photos, tmp_path, 100), uninterrupted[PLAIN])


@pytest.fixture(autouse=True)
def handlers():
    """The signals' handlers, restored after each test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield handlers
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize('after, checkpoint_steps, number, status, added', [
    (8, 3, None, None, ALL),  # in the midst of an epoch, two steps after a checkpoint
    (3, 100, signal.SIGINT, 130, ALL),
    (5, 100, signal.SIGTERM, 143, PLAIN),  # in the last step of an epoch
])
def test_a_resumed_run_is_bit_identical(
        photos, uninterrupted, tmp_path, handlers, after, checkpoint_steps, number, status, added):
    with pytest.raises(StoppedBySignal if number else PowerCut) as stop:
        train(photos, tmp_path, checkpoint_steps, after, number, added=added)
    if number:
        assert stop.value.code == status and stop.value.step == after
        assert stop.value.signal_name == number.name
        assert handlers == {number: signal.getsignal(number) for number in handlers}
    assert_same_run(train(photos, tmp_path, checkpoint_steps, added=added), uninterrupted[added])


def test_a_training_that_stopped_early_does_not_go_on(photos, tmp_path, monkeypatch):
    # Validation always gives the same score: the first epoch is the best, and patience ends with
    # the second.
    monkeypatch.setattr(Scores, 'balanced_accuracy', 0.5)
    impatient = dataclasses.replace(ALL, patience=1)
    model, rows = train(photos, tmp_path, 1, added=impatient)
    assert len(rows) == 2 < EPOCHS
    again, same_rows = train(photos, tmp_path, 1, added=impatient)
    assert rows == same_rows
    for variable, same in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(variable, same)


@pytest.mark.slow
def test_a_second_ctrl_c_stops_at_once(photos, tmp_path):
    class Twice(Interrupt):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            os.kill(os.getpid(), signal.SIGINT)

    small, workdir = network(), Workdir(tmp_path, {}, resume=False)
    recipe.compile_network(small, 0.01, 10)
    progress = SaveProgress(workdir, steps_per_epoch=5, batch_size=4, checkpoint_steps=100)
    progress.restore(small)
    with pytest.raises(KeyboardInterrupt):
        fit(small, random_batches, steps_per_epoch=5, epochs=1,
            callbacks=[progress, Twice(1, signal.SIGINT)], verbose=0)
    assert workdir.checkpoints.steps == []
    workdir.close()


def random_batches(start, stop):
    """Batches without any photographs."""
    rng = np.random.default_rng(0)
    images = rng.random((stop - start, 4, 32, 32, 3), np.float32)
    return tf.data.Dataset.from_tensor_slices((images, rng.integers(0, 5, (stop - start, 4))))


class BreakWeights(keras.callbacks.Callback):
    """Makes a weight infinite after the third step, whose loss was finite."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            weights = self.model.trainable_variables[0]
            weights.assign(weights * np.inf)


def broken_batches(start, stop):
    """Batches of which the third has no finite loss."""
    return random_batches(start, stop).enumerate().map(
        lambda number, batch: (tf.where(number == 2, np.nan, batch[0]), batch[1]))


@pytest.mark.parametrize('make_batches, callbacks, what', [
    (broken_batches, [], 'the loss is nan'),
    (random_batches, [BreakWeights()], 'a weight is not finite')])
def test_what_is_not_finite_is_never_saved(tmp_path, make_batches, callbacks, what):
    small = network()
    recipe.compile_network(small, 0.01, 10)
    with Workdir(tmp_path, {}, resume=False) as workdir:
        progress = SaveProgress(workdir, steps_per_epoch=5, batch_size=4, checkpoint_steps=1)
        progress.restore(small)
        with pytest.raises(FloatingPointError, match=f'{what} at step 3: try a lower'):
            fit(small, make_batches, steps_per_epoch=5, epochs=1,
                callbacks=[*callbacks, progress], verbose=0)
        assert workdir.checkpoints.steps == [1, 2]


def test_the_rest_of_an_epoch_and_later_epochs_are_made_apart():
    made = []

    def make_batches(start, stop):
        made.append((start, stop))
        return random_batches(start, stop)

    for start, expected in ((0, [(0, 15)]), (7, [(7, 10), (10, 15)]), (13, [(13, 15)]),
                            (10, [(10, 15)]), (15, [])):
        small = network()
        recipe.compile_network(small, 0.01, 15)
        fit(small, make_batches, steps_per_epoch=5, epochs=3, start_step=start, verbose=0)
        assert made == expected and int(small.optimizer.iterations) == 15 - start
        made.clear()


def test_no_callback_makes_jax_wait_for_the_device():
    # Keras's own condition for handing `on_train_batch_end` to another thread.
    for callback in (Validate(None, []), ShowInputs(None, None), KeepBest(1),
                     SaveProgress(None, steps_per_epoch=1, batch_size=1, checkpoint_steps=1)):
        assert getattr(callback, 'async_safe', False) or 'on_train_batch_end' not in vars(
            type(callback))

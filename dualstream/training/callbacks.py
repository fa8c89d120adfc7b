"""Callbacks of a training: validation, example images, progress on disk, and traces.

Keras waits for the device after each step if a callback reads its results. On JAX it does not if
all callbacks are `async_safe`, and calls `on_train_batch_end` in another thread later. So nothing
here reads results between checkpoints, and what belongs to a step is done as the next one starts.
"""

import contextlib
import csv
import os
import signal
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from dualstream.evaluation.predictions import predict
from dualstream.evaluation.scores import Scores
from dualstream.runtime.cluster import Cluster
from dualstream.traces.capture import Capture, Facts
from dualstream.training.early_stopping import KeepBest
from dualstream.training.recipe import averaged
from dualstream.training.workdir import Workdir

_LEAD = 3
"""Steps that are traced without a mark before the first: while a trace starts, the input pipeline
gets ahead of the training, and these steps use that lead up."""


class Validate(keras.callbacks.Callback):
    """Scores the network on a split after each epoch, and adds the scores to the epoch's logs.

    The logs get val_loss, val_accuracy and val_balanced_accuracy. A network that keeps a moving
    average of its weights is scored with the average. Place it first.
    """

    def __init__(self, batches: tf.data.Dataset, label_names: list[str]):
        """Takes the split to score on.

        Args:
          batches: (images, labels), as `make_evaluation_batches` gives them.
          label_names: the classes.
        """
        super().__init__()
        self._batches = batches
        self._label_names = label_names

    def on_epoch_end(self, epoch, logs=None):
        with averaged(self.model):
            scores = Scores.of(predict(self.model, self._batches, self._label_names))
        logs['val_loss'] = scores.cross_entropy
        logs['val_accuracy'] = scores.accuracy
        logs['val_balanced_accuracy'] = scores.balanced_accuracy


class ShowInputs(keras.callbacks.Callback):
    """Shows some images after each epoch, as the network got them in it, and its predictions."""

    def __init__(
        self, sample: Callable[[int], tf.data.Dataset],
        show: Callable[[np.ndarray, np.ndarray, np.ndarray, int], None],
    ):
        """Takes where the images come from, and where they go.

        Args:
          sample: gives one batch of (images, labels) of an epoch, counted from 0.
          show: gets images (batch, height, width, 3), labels (batch,), probabilities (batch,
            classes) and the epoch.
        """
        super().__init__()
        self._sample, self._show = sample, show

    def on_epoch_end(self, epoch, logs=None):
        images, labels = next(self._sample(epoch).as_numpy_iterator())
        probabilities = keras.ops.convert_to_numpy(self.model.predict_on_batch(images))
        self._show(images, labels, probabilities, epoch)


class StoppedBySignal(SystemExit):
    """SIGTERM or Ctrl-C stopped the training, which is saved; its status is 128 + the signal.

    Attributes:
      step: steps trained and saved.
      signal_name: 'SIGTERM' or 'SIGINT'.
    """

    def __init__(self, step: int, number: int):
        super().__init__(128 + number)
        self.step, self.signal_name = step, signal.Signals(number).name


class SaveProgress(keras.callbacks.Callback):
    """Writes metrics.csv and the checkpoints, and stops the training on SIGTERM and Ctrl-C.

    It saves after every `checkpoint_steps` steps, after each epoch, and when a signal stops the
    training, after the current step; then it raises `StoppedBySignal`. A second Ctrl-C stops at
    once, without saving. A checkpoint is never written with a loss or weights that are not finite:
    FloatingPointError is raised instead. Several hosts all continue from the chief's checkpoint,
    and all stop after the same step when one of them gets a signal.

    Place it last of those that add to an epoch's logs. Call `restore` before the training.

    Attributes:
      step: steps trained so far.
      rows: the lines of metrics.csv, one dict an epoch.
      earlier_seconds: what the run took before it was interrupted, up to its last checkpoint.
    """

    async_safe = True  # on_train_batch_end reads nothing but the clock

    def __init__(
        self, workdir: Workdir, *, steps_per_epoch: int, batch_size: int, checkpoint_steps: int,
        best: KeepBest | None = None, cluster: Cluster = Cluster(),
    ):
        """Takes where to save, and how often.

        Args:
          workdir: where metrics.csv and the checkpoints are kept.
          steps_per_epoch: batches in an epoch of the training.
          batch_size: examples in a batch.
          checkpoint_steps: steps between checkpoints, at least 1.
          best: the training's early stopping, if it has one.
          cluster: the hosts that train together.
        """
        super().__init__()
        self.step, self.rows, self.earlier_seconds = 0, [], 0.0
        self._created = time.perf_counter()
        self._workdir = workdir
        self._steps_per_epoch = steps_per_epoch
        self._batch_size = batch_size
        self._checkpoint_steps = checkpoint_steps
        self._best = best
        self._cluster = cluster
        self._signals = _Signals(cluster.hosts)
        self._metrics = None  # of an epoch that was interrupted
        self._seconds = 0.0  # that the interrupted epoch took before

    def restore(self, model: keras.Model) -> None:
        """Restores the newest checkpoint, if there is one: weights, optimiser, seeds, metrics.

        Args:
          model: compiled, with its optimiser built.

        Raises:
          UserError: there are checkpoints, and none can be read.
        """
        self.set_model(model)
        checkpoint = self._cluster.from_chief(self._workdir.checkpoints.load())
        if checkpoint is None:
            return
        self.step, arrays, metadata = checkpoint
        self.rows, self.earlier_seconds = metadata['rows'], metadata['wall_seconds']
        self._seconds = metadata['epoch_seconds']
        for name, variable in self._variables().items():
            variable.assign(arrays[name])
        if self._best and self.rows:
            self._best.scores = [row['val_balanced_accuracy'] for row in self.rows]
            self._best.weights = _arrays_of('best', arrays)
        if self.step % self._steps_per_epoch:
            # Keras makes the metrics' variables with the first batch, whatever it holds.
            model.test_on_batch(np.zeros([self._batch_size, *model.input_shape[1:]]),
                                np.zeros([self._batch_size, *model.output_shape[1:]]))
            self._metrics = _arrays_of('metric', arrays)

    def on_train_begin(self, logs=None):
        self._signals.catch()

    def on_train_end(self, logs=None):
        self._signals.restore()
        if self._cluster.hosts == 1 and self._signals.caught:  # since the last step was saved
            self._stop()

    def on_epoch_begin(self, epoch, logs=None):
        if self._metrics is not None:  # Keras has just set them to zero
            for variable, value in zip(self.model.metrics_variables, self._metrics, strict=True):
                variable.assign(value)
        self._epoch_start = self.step
        self._started = time.perf_counter() - self._seconds
        self._metrics, self._seconds = None, 0.0

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            return
        self.step = self._epoch_start + batch
        stop = self._stop_requested()
        if stop or self.step % self._checkpoint_steps == 0:
            if keras.backend.backend() == 'jax':  # which keeps what it trains apart from the model
                self.model.jax_state_sync()
            self._check_finite(self.model.get_metrics_result()['loss'])
            self._save(time.perf_counter() - self._started)
        if stop:
            self._stop()

    def on_train_batch_end(self, batch, logs=None):
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.step = (epoch + 1) * self._steps_per_epoch
        self._check_finite(logs['loss'])
        images = self._steps_per_epoch * self._batch_size
        self.rows.append({
            'epoch': epoch + 1,
            **{name: float(value) for name, value in logs.items()},
            'images_per_second': images / (self._trained - self._started),
        })
        with self._workdir.writing('metrics.csv') as path, path.open('w', newline='') as file:
            table = csv.DictWriter(file, self.rows[0])
            table.writeheader()
            table.writerows(self.rows)
        self._save(0.0)
        if self._stop_requested():
            self._stop()

    def _stop_requested(self) -> bool:
        """Whether to stop after this step; all hosts must call it after every step."""
        return self._cluster.stop_requested(self.step) or (
            self._cluster.hosts == 1 and self._signals.caught is not None)

    def _stop(self) -> None:
        self._signals.restore()  # Keras does not call on_train_end after an exception
        raise StoppedBySignal(self.step, self._signals.caught or signal.SIGTERM)

    def _check_finite(self, loss: float) -> None:
        """Raises FloatingPointError where the mean loss of the epoch so far is not finite."""
        if not np.isfinite(float(loss)):
            self._fail(f'the loss is {float(loss)}')

    def _fail(self, what: str) -> None:
        self._signals.restore()
        raise FloatingPointError(f'{what} at step {self.step}: try a lower --learning_rate')

    def _save(self, epoch_seconds: float) -> None:
        arrays = {name: keras.ops.convert_to_numpy(variable)
                  for name, variable in self._variables().items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            self._fail('a weight is not finite')  # after a step with a loss that was
        for index, variable in enumerate(self.model.metrics_variables):
            arrays[f'metric{index:04d}'] = keras.ops.convert_to_numpy(variable)
        if self._best and self._best.weights:
            arrays |= {f'best{index:04d}': value
                       for index, value in enumerate(self._best.weights)}
        self._workdir.checkpoints.save(self.step, arrays, {
            'rows': self.rows,
            'epoch_seconds': epoch_seconds,
            'wall_seconds': self.earlier_seconds + time.perf_counter() - self._created,
        })

    def _variables(self) -> dict[str, keras.Variable]:
        """Everything that training changes; dropout's seeds are among the model's variables."""
        kinds = {'model': self.model.variables, 'optimizer': self.model.optimizer.variables}
        return {f'{kind}{index:04d}': variable for kind, variables in kinds.items()
                for index, variable in enumerate(variables)}


class _Signals:
    """Catches SIGTERM, by which a machine announces that it is taken away, and Ctrl-C.

    JAX listens for SIGTERM where several hosts train, so that they stop together; Ctrl-C is passed
    on to it as SIGTERM.
    """

    def __init__(self, hosts: int):
        self._hosts = hosts
        self._former = {}
        self.caught: int | None = None

    def catch(self) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM) if self._hosts == 1 else (signal.SIGINT,)
        for number in numbers:
            self._former.setdefault(number, signal.signal(number, self._note))

    def restore(self) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former = {}

    def _note(self, number, frame):
        self.caught = number  # the current step ends first
        if number == signal.SIGINT:
            signal.signal(number, self._former[number])
            # Not by print, which must not be called while the main program prints.
            os.write(2, b'\nstopping after this step; press Ctrl-C again to stop without saving\n')
        if self._hosts > 1:
            os.kill(os.getpid(), signal.SIGTERM)


class TraceSteps(keras.callbacks.Callback):
    """Traces some steps of a training, for TensorBoard's profile page and for `review`.

    Each step's mark ends when its results are there, so on JAX a training with this callback waits
    for the device after each step.
    """

    def __init__(
        self, first: int, last: int, *, logdir: str, start_step: int, images: int,
        devices: list[str], level: str = 'ops',
    ):
        """Takes which steps to trace.

        Args:
          first: the first step to trace, counted from 1.
          last: the last step to trace, at least `first`.
          logdir: the folder that TensorBoard shows.
          start_step: steps trained before.
          images: examples in a step.
          devices: where the network was asked to run, such as '/device:GPU:0'.
          level: a name in `capture.LEVELS`.
        """
        super().__init__()
        self._first, self._last, self._step = first, last, start_step
        self._logdir, self._images, self._devices, self._level = logdir, images, devices, level
        self._tracing = contextlib.ExitStack()
        self._mark = contextlib.ExitStack()
        self._capture = None

    def on_train_batch_begin(self, batch, logs=None):
        self._step += 1
        if self._capture is None and self._first - _LEAD <= self._step <= self._last:
            facts = Facts.of(
                self.model, images=self._images, training=True, devices=self._devices)
            self._capture = self._tracing.enter_context(
                Capture(self._logdir, facts, self._level))
        if self._capture and self._step >= self._first:
            self._mark.enter_context(self._capture.step(self._step))

    def on_train_batch_end(self, batch, logs=None):
        self._mark.close()
        if self._step == self._last:
            self.on_train_end()

    def on_train_end(self, logs=None):
        self._tracing.close()
        self._capture = None


def _arrays_of(kind: str, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """A checkpoint's arrays of one kind, in their order."""
    return [arrays[name] for name in sorted(arrays) if name.startswith(kind)]

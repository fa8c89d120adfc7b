"""What happens beside the steps: validation, checkpoints, the metrics' table, and traces."""

import contextlib
import csv
import signal
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from dualstream.runtime.cluster import Cluster
from dualstream.evaluation.scores import Scores
from dualstream.report.tensorboard import write_pictures
from dualstream.traces.capture import Capture, Facts
from dualstream.training.early_stopping import KeepBest
from dualstream.training.recipe import averaged
from dualstream.training.workdir import Workdir

_LEAD = 3
"""Steps that are traced unmarked: while a trace begins the input runs ahead, which they use up."""


class Validate(keras.callbacks.Callback):
    """After each epoch, scores the network on a split and adds that to the epoch's logs.

    A network that keeps a moving average of its weights is scored with the average.
    """

    def __init__(self, batches: tf.data.Dataset, label_names: list[str]):
        super().__init__()
        self._batches = batches
        self._label_names = label_names

    def on_epoch_end(self, epoch, logs=None):
        with averaged(self.model):
            scores = Scores.of(self.model, self._batches, self._label_names)
        logs['val_loss'] = scores.cross_entropy
        logs['val_accuracy'] = scores.accuracy
        logs['val_balanced_accuracy'] = scores.balanced_accuracy


class Pictures(keras.callbacks.Callback):
    """After each epoch, shows in TensorBoard some pictures as the network got them in it."""

    def __init__(self, logdir: str, sample: Callable[[int], tf.data.Dataset],
                 label_names: list[str]):
        """Args:
          logdir: where TensorBoard looks.
          sample: one batch of (images, labels) of an epoch, counted from 0.
          label_names: the classes.
        """
        super().__init__()
        self._logdir, self._sample, self._label_names = logdir, sample, label_names

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(f'{self._logdir}/train')

    def on_epoch_end(self, epoch, logs=None):
        images, labels = next(self._sample(epoch).as_numpy_iterator())
        probabilities = keras.ops.convert_to_numpy(self.model.predict_on_batch(images))
        write_pictures(
            self._writer, images, labels, probabilities, self._label_names, epoch)

    def on_train_end(self, logs=None):
        self._writer.close()


class Preempted(SystemExit):
    """The training was told to end, by SIGTERM, and is saved; the status is that of the signal."""

    def __init__(self, step: int):
        super().__init__(128 + signal.SIGTERM)
        self.step = step


class Progress(keras.callbacks.Callback):
    """Keeps metrics.csv and the checkpoints, so that a run can go on from its last step.

    A SIGTERM ends it, saved, after the step under way, or after the epoch's end if that is near, by
    raising `Preempted`. Place it behind the callbacks that add to an epoch's logs. Of several hosts
    all go on from the chief's checkpoint, and all end when one gets a SIGTERM.

    Attributes:
      step: batches trained so far.
      rows: one dict an epoch, the lines of metrics.csv.
      earlier_seconds: that the run took before it was interrupted, up to its last checkpoint.
    """

    def __init__(
        self, workdir: Workdir, steps_per_epoch: int, batch_size: int, every: int,
        best: KeepBest | None = None, cluster: Cluster = Cluster(),
    ):
        """Args:
          workdir: where both are kept.
          steps_per_epoch, batch_size: of the training.
          every: steps between checkpoints.
          best: the training's early stopping, if it has one.
          cluster: the hosts that train together.
        """
        super().__init__()
        self.step, self.rows, self.earlier_seconds = 0, [], 0.0
        self._born = time.perf_counter()
        self._workdir = workdir
        self._steps_per_epoch = steps_per_epoch
        self._batch_size = batch_size
        self._every = every
        self._best = best
        self._cluster = cluster
        self._preempted = False
        self._metrics = None  # of an epoch that an interruption cut in two
        self._seconds = 0.0  # that the cut epoch took before

    def restore(self) -> None:
        """Takes up the newest checkpoint, if there is one: weights, optimiser, seeds, metrics."""
        checkpoint = self._cluster.from_chief(self._workdir.load_checkpoint())
        if checkpoint is None:
            return
        self.step, arrays, story = checkpoint
        self.rows, self.earlier_seconds = story['rows'], story['wall_seconds']
        self._seconds = story['epoch_seconds']
        for name, variable in self._variables().items():
            variable.assign(arrays[name])
        if self._best and self.rows:
            self._best.scores = [row['val_balanced_accuracy'] for row in self.rows]
            self._best.weights = [arrays[name] for name in sorted(arrays)
                                  if name.startswith('best')]
        if self.step % self._steps_per_epoch:
            # Keras makes the metrics' variables with the first batch of whatever kind.
            self.model.test_on_batch(np.zeros([self._batch_size, *self.model.input_shape[1:]]),
                                     np.zeros([self._batch_size, *self.model.output_shape[1:]]))
            self._metrics = [arrays[name] for name in sorted(arrays) if name.startswith('metric')]

    def on_train_begin(self, logs=None):
        # A preempted machine says so by SIGTERM, and leaves some seconds. Several hosts have JAX
        # listen for it.
        if self._cluster.hosts == 1:
            self._default = signal.signal(signal.SIGTERM, self._preempt)

    def on_train_end(self, logs=None):
        if self._cluster.hosts == 1:
            signal.signal(signal.SIGTERM, self._default)

    def _preempt(self, number, frame):
        self._preempted = True  # a step is not to be cut in two

    def on_epoch_begin(self, epoch, logs=None):
        if self._metrics is not None:  # Keras has just set them to zero
            for variable, value in zip(self.model.metrics_variables, self._metrics, strict=True):
                variable.assign(value)
        self._started = time.perf_counter() - self._seconds
        self._metrics, self._seconds = None, 0.0

    def on_train_batch_end(self, batch, logs=None):
        if not np.isfinite(logs['loss']):
            raise FloatingPointError(
                f'the loss is {logs["loss"]} at step {self.step + 1}: try a lower --learning_rate')
        self.step += 1
        self._trained = time.perf_counter()
        self._preempted = self._preempted or self._cluster.told_to_end(self.step)
        within_epoch = self.step % self._steps_per_epoch != 0
        if within_epoch and (self._preempted or self.step % self._every == 0):
            self._save(self._trained - self._started)
        if within_epoch and self._preempted:
            raise Preempted(self.step)

    def on_epoch_end(self, epoch, logs=None):
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
        if self._preempted:
            raise Preempted(self.step)

    def _save(self, epoch_seconds: float) -> None:
        if keras.backend.backend() == 'jax':  # which holds what it trains apart from the model
            self.model.jax_state_sync()
        arrays = {name: keras.ops.convert_to_numpy(variable)
                  for name, variable in self._variables().items()}
        for index, variable in enumerate(self.model.metrics_variables):
            arrays[f'metric{index:04d}'] = keras.ops.convert_to_numpy(variable)
        if self._best and self._best.weights:
            arrays |= {f'best{index:04d}': value
                       for index, value in enumerate(self._best.weights)}
        self._workdir.save_checkpoint(self.step, arrays, {
            'rows': self.rows,
            'epoch_seconds': epoch_seconds,
            'wall_seconds': self.earlier_seconds + time.perf_counter() - self._born,
        })

    def _variables(self) -> dict[str, keras.Variable]:
        """Everything that training changes; dropout's seeds are among the model's variables."""
        kinds = {'model': self.model.variables, 'optimizer': self.model.optimizer.variables}
        return {f'{kind}{index:04d}': variable for kind, variables in kinds.items()
                for index, variable in enumerate(variables)}


class Trace(keras.callbacks.Callback):
    """Traces some steps of a training, for TensorBoard's profile page and for the review."""

    def __init__(self, first: int, last: int, logdir: str, start_step: int, images: int,
                 devices: list[str], level: str = 'ops'):
        """Args:
          first, last: the steps to trace, counted from 1, both included.
          logdir: where TensorBoard looks.
          start_step: steps trained before.
          images: in a step.
          devices: where the network was asked to run, as '/device:GPU:0'.
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
            facts = Facts.of(self.model, self._images, training=True, devices=self._devices)
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

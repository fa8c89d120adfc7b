"""The loop over epochs, starting at any step."""

import sys
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def fit(
    network: keras.Model,
    make_batches: Callable[[int, int], tf.data.Dataset],
    *,
    steps_per_epoch: int,
    epochs: int,
    start_step: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int | None = None,
) -> None:
    """Trains a network from any step on, where Keras's `fit` starts at whole epochs only.

    Use it instead of `network.fit` where a training may be interrupted. A network that keeps a
    moving average of its weights has the average for weights at the end.

    Args:
      network: compiled.
      make_batches: gives the batches from a step on, up to but not including another step, both
        counted over all epochs from 0. It is called once for the rest of an epoch that was
        interrupted, where there is one, and once for all later epochs, so that no image is decoded
        twice.
      steps_per_epoch: batches in an epoch, at least 1.
      epochs: of the whole training, at least 1.
      start_step: steps trained before, from 0 to steps_per_epoch * epochs.
      callbacks: called as Keras calls them.
      verbose: 0 prints nothing, 1 shows a progress bar, 2 prints a line an epoch; None is 1 on a
        terminal, else 2.

    Example:

    >>> network = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
    >>> network.compile('sgd', 'mse')
    >>> data = tf.data.Dataset.from_tensors((tf.ones([4, 2]), tf.ones([4, 1])))
    >>> make_batches = lambda start, stop: data.repeat(stop - start)
    >>> fit(network, make_batches, steps_per_epoch=5, epochs=2, start_step=7, verbose=0)
    >>> int(network.optimizer.iterations)
    3
    """
    if verbose is None:
        verbose = 1 if sys.stdout.isatty() else 2
    epoch, done = divmod(start_step, steps_per_epoch)
    common = {'shuffle': False, 'verbose': verbose}
    stopped = False
    if done:
        end = (epoch + 1) * steps_per_epoch
        network.fit(make_batches(start_step, end), initial_epoch=epoch, epochs=epoch + 1,
                    steps_per_epoch=end - start_step, callbacks=[*callbacks, _KeepWeights()],
                    **common)
        epoch, stopped = epoch + 1, network.stop_training
    if epoch < epochs and not stopped:
        batches = make_batches(epoch * steps_per_epoch, epochs * steps_per_epoch)
        network.fit(batches, initial_epoch=epoch, epochs=epochs, steps_per_epoch=steps_per_epoch,
                    callbacks=list(callbacks), **common)
    network.optimizer.finalize_variable_values(network.trainable_variables)


class _KeepWeights(keras.callbacks.Callback):
    """Restores the weights after a `fit` that is not the last: Keras ends each with averages."""

    def on_epoch_end(self, epoch, logs=None):
        self._weights = [keras.ops.convert_to_numpy(variable)
                         for variable in self.model.trainable_variables]

    def on_train_end(self, logs=None):
        for variable, value in zip(self.model.trainable_variables, self._weights, strict=True):
            variable.assign(value)

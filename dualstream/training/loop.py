"""The loop over epochs, from any step on."""

import keras
import tensorflow as tf


def fit(
    network: keras.Model,
    batches: tf.data.Dataset,
    steps_per_epoch: int,
    epochs: int,
    start_step: int,
    class_weight: dict[int, float] | None,
    callbacks: list[keras.callbacks.Callback],
    verbose: int | str = 'auto',
) -> None:
    """Keras's `fit`, which begins at whole epochs only, made to begin at any step.

    At its end a network that keeps a moving average of its weights has the average for weights.

    Args:
      network: compiled.
      batches: those that are left, from start_step on, of all epochs in one data set.
      steps_per_epoch, epochs: of the whole training.
      start_step: steps done before; within an epoch, the rest of that epoch comes first.
      class_weight: of each class in the loss; None where the batches bring weights.
      callbacks: called as Keras calls them.
      verbose: as of Keras's `fit`; 0 shows nothing.
    """
    epoch, done = divmod(start_step, steps_per_epoch)
    common = {'class_weight': class_weight, 'callbacks': callbacks, 'shuffle': False,
              'verbose': verbose}
    if done:
        rest = steps_per_epoch - done
        network.fit(batches.take(rest), initial_epoch=epoch, epochs=epoch + 1,
                    steps_per_epoch=rest, **{**common, 'callbacks': [*callbacks, _KeepWeights()]})
        batches, epoch = batches.skip(rest), epoch + 1
    stopped = done and network.stop_training
    if epoch < epochs and not stopped:
        network.fit(batches, initial_epoch=epoch, epochs=epochs,
                    steps_per_epoch=steps_per_epoch, **common)
    network.optimizer.finalize_variable_values(network.trainable_variables)


class _KeepWeights(keras.callbacks.Callback):
    """Undoes that Keras ends each of its `fit`s, not the last alone, with averages for weights."""

    def on_epoch_end(self, epoch, logs=None):
        self._weights = [keras.ops.convert_to_numpy(variable)
                         for variable in self.model.trainable_variables]

    def on_train_end(self, logs=None):
        for variable, value in zip(self.model.trainable_variables, self._weights, strict=True):
            variable.assign(value)

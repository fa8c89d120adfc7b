"""The loop over epochs, from any step on."""

import keras
import tensorflow as tf


def fit(
    network: keras.Model,
    batches: tf.data.Dataset,
    steps_per_epoch: int,
    epochs: int,
    start_step: int,
    class_weight: dict[int, float],
    callbacks: list[keras.callbacks.Callback],
) -> None:
    """Keras's `fit`, which begins at whole epochs only, made to begin at any step.

    Args:
      network: compiled.
      batches: those that are left, from start_step on, of all epochs in one data set.
      steps_per_epoch, epochs: of the whole training.
      start_step: steps done before; within an epoch, the rest of that epoch comes first.
      class_weight: of each class in the loss.
      callbacks: called as Keras calls them.
    """
    epoch, done = divmod(start_step, steps_per_epoch)
    common = {'class_weight': class_weight, 'callbacks': callbacks, 'shuffle': False}
    if done:
        rest = steps_per_epoch - done
        network.fit(batches.take(rest), initial_epoch=epoch, epochs=epoch + 1,
                    steps_per_epoch=rest, **common)
        batches, epoch = batches.skip(rest), epoch + 1
    if epoch < epochs:
        network.fit(batches, initial_epoch=epoch, epochs=epochs,
                    steps_per_epoch=steps_per_epoch, **common)

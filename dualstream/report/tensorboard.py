"""What a run shows in TensorBoard: curves, graphs of its mask and crop, and images."""

import functools
import os

import keras
import numpy as np
import tensorflow as tf

from dualstream.color import cv_color_mask, tf_color_mask
from dualstream.pipeline import Photos, Routine, make_training_sample
from dualstream.training.callbacks import ShowInputs
from dualstream.training.config import TrainConfig
from dualstream.training.looking import training_routine_of

_IMAGES = 12
"""Images that are shown after each epoch."""


def tensorboard_callbacks(
    config: TrainConfig, *, photos: Photos, logdir: os.PathLike | str
) -> list[keras.callbacks.Callback]:
    """Makes the callbacks by which a training shows itself in TensorBoard.

    Args:
      config: what defines the run.
      photos: what it is trained on.
      logdir: the folder that TensorBoard shows.

    Returns:
      Callbacks for `training.run.train`: curves, the graphs of mask and crop, and after each epoch
      some images as the network got them in it, with its predictions.
    """
    routine = training_routine_of(config)
    curves = keras.callbacks.TensorBoard(str(logdir), write_graph=False)
    curves.async_safe = True  # it reads nothing before the end of an epoch

    @functools.cache  # made by the first epoch, since the training clears the folder at its start
    def writer() -> tf.summary.SummaryWriter:
        return tf.summary.create_file_writer(os.path.join(logdir, 'train'))

    def sample(epoch: int) -> tf.data.Dataset:
        return make_training_sample(photos, routine, _IMAGES, epoch=epoch, seed=config.seed,
                               color_jitter=config.recipe.color_jitter)

    def show(images, labels, probabilities, epoch):
        write_images(writer(), images, labels, probabilities=probabilities,
                     label_names=photos.label_names, step=epoch)

    return [curves, _WriteGraphs(logdir, routine), ShowInputs(sample, show)]


class _WriteGraphs(keras.callbacks.Callback):
    """Writes the graphs of a routine's mask and crop as the training starts."""

    async_safe = True  # it reads nothing of the training

    def __init__(self, logdir: os.PathLike | str, routine: Routine):
        super().__init__()
        self._logdir, self._routine = logdir, routine

    def on_train_begin(self, logs=None):
        write_graphs(self._logdir, self._routine)


def write_graphs(logdir: os.PathLike | str, routine: Routine) -> None:
    """Writes the graphs of a routine's mask and crop, each as a run under `logdir`/graphs.

    An EagerPyFunc in a graph is Python, which no accelerator can run.

    Args:
      logdir: the folder that TensorBoard shows.
      routine: one with a crop; another has no such graphs.
    """
    if routine.crop == 'none':
        return
    color_mask = {'cv': cv_color_mask, 'tf': tf_color_mask}[routine.mask]
    masking = tf.function(
        lambda frame: color_mask(frame, routine.color_range),
        input_signature=[tf.TensorSpec([None, None, 3], tf.uint8, 'frame')])
    cropping = tf.function(
        routine.window,
        input_signature=[tf.TensorSpec([None, None], tf.bool, 'mask'),
                         tf.TensorSpec([2], tf.int64, 'seed')])
    crop_name = {'random': 'max_rand_crop'}.get(routine.crop, f'{routine.crop}_crop')
    for name, function in ((color_mask.__name__, masking), (crop_name, cropping)):
        writer = tf.summary.create_file_writer(os.path.join(logdir, 'graphs', name))
        with writer.as_default():
            tf.summary.graph(function.get_concrete_function().graph.as_graph_def())
        writer.close()


def write_images(
    writer: tf.summary.SummaryWriter, images: np.ndarray, labels: np.ndarray, *,
    probabilities: np.ndarray, label_names: list[str], step: int,
) -> None:
    """Writes images as the network gets them, each with its label and its prediction.

    Args:
      writer: of the run.
      images: uint8 (batch, height, width, 3), sRGB.
      labels: int (batch,).
      probabilities: float32 (batch, classes).
      label_names: the classes.
      step: the step or epoch that TensorBoard shows them at.
    """
    with writer.as_default():
        for number, (image, label, each) in enumerate(
                zip(images, labels, probabilities), start=1):
            predicted = int(each.argmax())
            tf.summary.image(
                f'crops/{number:02d}', image[None], step,
                description=f'{label_names[label]}, predicted {label_names[predicted]} '
                            f'({each[predicted]:.0%})')
    writer.flush()

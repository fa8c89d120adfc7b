"""What a run shows in TensorBoard beside its curves: graphs of its functions, and its pictures."""

import os

import numpy as np
import tensorflow as tf

from dualstream.color import cv_color_mask, tf_color_mask
from dualstream.pipeline import Routine

PICTURES = 12
"""Of a batch, that are shown."""


def write_graphs(logdir: os.PathLike | str, routine: Routine) -> None:
    """The graphs of a routine's mask and crop, each as a run of its own under `logdir`/graphs.

    They say what runs where: an EagerPyFunc in one is Python, which no accelerator can run.
    """
    if routine.crop == 'none':
        return
    color_mask = {'cv': cv_color_mask, 'tf': tf_color_mask}[routine.mask]
    masking = tf.function(
        lambda frame: color_mask(frame, routine.hsv_range),
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


def write_pictures(
    writer: tf.summary.SummaryWriter, images: np.ndarray, labels: np.ndarray,
    probabilities: np.ndarray, label_names: list[str], step: int,
) -> None:
    """Some pictures as the network gets them, each under the name of what it is and is taken for.

    Args:
      writer: of the run.
      images: float32 (batch, height, width, 3), sRGB in [0, 1].
      labels: int (batch,).
      probabilities: float32 (batch, classes).
      label_names: the classes.
      step: that TensorBoard shows them at.
    """
    with writer.as_default():
        for number, (image, label, each) in enumerate(
                zip(images[:PICTURES], labels, probabilities), start=1):
            taken = int(each.argmax())
            tf.summary.image(
                f'crops/{number:02d}', image[None], step,
                description=f'{label_names[label]}, taken for {label_names[taken]} '
                            f'({each[taken]:.0%})')
    writer.flush()

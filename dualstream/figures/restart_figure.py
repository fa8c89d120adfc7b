"""The figure of a window cut out of a JPEG: its MCUs, the intervals taken, the small JPEG."""

import matplotlib.figure
import matplotlib.patches
import numpy as np
import tensorflow as tf

from dualstream.pipeline.decode import decode_jpeg
from dualstream.pipeline.restarts import cut_jpeg, find_restarts


def restart_figure(contents: bytes, window: np.ndarray, *, title: str) -> matplotlib.figure.Figure:
    """Draws which intervals of a JPEG a window needs, and the small JPEG that they make.

    Args:
      contents: the bytes of a JPEG that `find_restarts` finds restarts in.
      window: int (4,), (y, x, height, width) in pixels of the frame.
      title: of the figure.
    """
    restarts = find_restarts(contents)
    small, start = cut_jpeg(
        tf.constant(contents), tf.constant(restarts), tf.constant(window, tf.int32))
    frame, part = (decode_jpeg(each).numpy() for each in (contents, small))
    y, x, height, width = window
    start = start.numpy()
    corner = np.array([y, x]) - start
    step = restarts[:, 0]  # the size of an interval
    taken = np.zeros(frame.shape[:2], bool)
    taken[corner[0]:corner[0] + part.shape[0], corner[1]:corner[1] + part.shape[1]] = True
    pale = np.where(taken[..., None], frame, 255 - (255 - frame) // 3)

    figure = matplotlib.figure.Figure(figsize=(11, 5.2), layout='constrained')
    figure.suptitle(title)
    whole, alone = figure.subplots(1, 2, width_ratios=[frame.shape[1], part.shape[1] * 1.3])
    whole.imshow(pale)
    whole.set_title(f'the JPEG: {len(contents):,} bytes, {np.prod(restarts[:, 1]):,} intervals of '
                    f'{step[0]} x {step[1]} pixels', fontsize=10)
    alone.imshow(part)
    alone.set_title(f'the small JPEG: {len(small.numpy()):,} bytes', fontsize=10)
    for axes, (top, left), size in ((whole, (y, x), frame.shape), (alone, start, part.shape)):
        axes.set_xticks(np.arange(0, size[1], step[1]) - 0.5, [])
        axes.set_yticks(np.arange(0, size[0], step[0]) - 0.5, [])
        axes.grid(color='white', linewidth=0.5, alpha=0.7)
        axes.tick_params(length=0)
        axes.add_patch(matplotlib.patches.Rectangle(
            (left - 0.5, top - 0.5), width, height, fill=False, color='orangered', linewidth=2.5))
    return figure

"""Draws the explanation of a decision."""

import matplotlib.colors
import matplotlib.figure
import numpy as np

from dualstream.color.luma import LUMA
from dualstream.evaluation.explanation import Explanation
from dualstream.figures.routine_figure import draw_window

STREAM_COLORS = {'gray': '0.45', 'hsv': 'mediumseagreen'}


def explanation_figure(
    photo: np.ndarray,
    window: np.ndarray,
    image: np.ndarray,
    *,
    explanation: Explanation,
    label_names: list[str],
    title: str,
) -> matplotlib.figure.Figure:
    """Draws what a network saw, where each stream looked, and what each contributed.

    Args:
      photo: uint8 (H, W, 3), sRGB.
      window: int32 (4,), (y, x, height, width) of the part of it that the network saw.
      image: float32 (h, w, 3), sRGB in [0, 1], as the network saw it.
      explanation: of the decision on the image.
      label_names: the names of all classes.
      title: the figure's title.
    """
    figure = matplotlib.figure.Figure(figsize=(12, 7.5), layout='constrained')
    figure.suptitle(title, fontsize=13)
    (whole, seen, probable), (gray, hsv, adds) = figure.subplots(2, 3)
    for axes, pixels, heading in (
            (whole, photo, 'the photograph, and the window'),
            (seen, image, 'what the network saw'),
            (gray, np.repeat(image @ np.reshape(LUMA, [3, 1]), 3, axis=2),
             'where the gray stream looked'),
            (hsv, _color_alone(image), 'where the HSV stream looked')):
        axes.imshow(np.clip(pixels, 0, 255 if pixels.dtype == np.uint8 else 1))
        axes.set_title(heading, fontsize=10)
        axes.axis('off')
    draw_window(whole, window, 2.5)
    for axes, stream in ((gray, 'gray'), (hsv, 'hsv')):
        heat = explanation.looked[stream]
        axes.imshow(heat, cmap='inferno', vmin=0, vmax=1, alpha=0.65 * heat)

    _bars(probable, label_names, 100 * explanation.probabilities, 'probability / %',
          ['seagreen' if label == explanation.label else 'lightsteelblue'
           for label in range(len(label_names))], '%.1f')
    probable.set_xlim(0, 115)
    names = {'gray': 'gray stream', 'hsv': 'HSV stream'}
    contributions = explanation.contributions
    _bars(adds, [names[stream] for stream in contributions], list(contributions.values()),
          f'adds to the log-odds of {label_names[explanation.label]}',
          [STREAM_COLORS[stream] for stream in contributions], '%+.2f')
    adds.axvline(0, color='black', linewidth=0.8)
    adds.margins(x=0.2)
    return figure


def _bars(axes, names, values, heading, colors, form):
    axes.bar_label(axes.barh(names, values, color=colors), fmt=form, padding=3, fontsize=9)
    axes.invert_yaxis()
    axes.set_title(heading, fontsize=10)
    axes.spines[['top', 'right']].set_visible(False)


def _color_alone(image: np.ndarray) -> np.ndarray:
    """Sets all values of an image to 0.8 and keeps its hues and saturations."""
    hsv = matplotlib.colors.rgb_to_hsv(np.clip(image, 0, 1))
    hsv[..., 2] = 0.8
    return matplotlib.colors.hsv_to_rgb(hsv)

"""Draws suggested thresholds: the histograms that they come from, old and new thresholds."""

import matplotlib.axes
import matplotlib.colors
import matplotlib.figure
import numpy as np

from dualstream.color import HsvRange
from dualstream.color.suggest import Suggestion
from dualstream.figures.hue_wheel import draw_hue_wheel

_OLD, _NEW = '0.45', '#d1006c'
_INK = '0.15'


def suggestion_figure(
    suggestion: Suggestion, current: HsvRange, title: str = ''
) -> matplotlib.figure.Figure:
    """Draws hue, saturation and value with the thresholds in use and the suggested ones.

    Args:
      suggestion: from `dualstream.color.suggest.suggest_range`; it may have no range.
      current: the thresholds in use, which the suggestion is compared with.
      title: above all.
    """
    figure = matplotlib.figure.Figure(figsize=(13, 7.5), layout='constrained')
    figure.suptitle(title, fontsize=13, color=_INK)
    places = figure.subplot_mosaic(
        [['hue', 'hue', 'hue'], ['saturation', 'value', 'wheel']],
        height_ratios=(1.15, 1), width_ratios=(1, 1, 0.8))
    found = suggestion.hsv_range
    _draw_hues(places['hue'], suggestion, current)
    for name, shares in (('saturation', suggestion.saturations), ('value', suggestion.values)):
        axes = places[name]
        axes.bar(np.arange(100) / 100, shares, width=0.01, align='edge', color='#6aa84f')
        _draw_bounds(axes, getattr(current, name)[:1], _OLD, '--')
        if found:
            _draw_bounds(axes, getattr(found, name)[:1], _NEW, '-')
        # The last bar counts what the sensor clipped; it may exceed the axes.
        axes.set_ylim(0, max(1.15 * shares[:-1].max(), 1e-3))
        _tidy(axes, f'{name} of the pixels of these hues', 1)
    draw_hue_wheel(places['wheel'], found or current)
    places['wheel'].set_title('the suggested range' if found else 'the range in use',
                              fontsize=11, color=_INK)
    return figure


def _draw_hues(axes: matplotlib.axes.Axes, suggestion: Suggestion, current: HsvRange) -> None:
    degrees = np.arange(360)
    colors = matplotlib.colors.hsv_to_rgb(
        np.stack([degrees / 360, np.full(360, 0.8), np.full(360, 0.85)], axis=-1))
    axes.bar(degrees, suggestion.hues, width=1, align='edge', color=colors)
    axes.plot(degrees + 0.5, suggestion.smooth_hues, color=_INK, linewidth=1.2, label='smoothed')
    _draw_bounds(axes, current.hue, _OLD, '--', 'in use: {}° to {}°'.format(*current.hue))
    if suggestion.hsv_range:
        hue = suggestion.hsv_range.hue
        _draw_bounds(axes, hue, _NEW, '-', 'suggested: {}° to {}°'.format(*hue))
        axes.axvspan(*hue, color=_NEW, alpha=0.07, linewidth=0)
        mode = suggestion.mode
        axes.plot(mode + 0.5, suggestion.smooth_hues[mode], 'v', color=_NEW, markersize=8,
                  label=f'the mode: {mode}°')
    _tidy(axes, 'hue / degrees, each pixel weighted by its chroma', 360)
    axes.set_xticks(range(0, 361, 30))
    axes.legend(frameon=False)


def _draw_bounds(axes, bounds, color: str, style: str, label: str | None = None) -> None:
    for bound in bounds:
        axes.axvline(bound, color=color, linestyle=style, linewidth=2, label=label)
        label = None  # one entry in the legend for both ends


def _tidy(axes: matplotlib.axes.Axes, label: str, top: float) -> None:
    axes.set(xlabel=label, ylabel='share', xlim=(0, top))
    axes.spines[['top', 'right']].set_visible(False)

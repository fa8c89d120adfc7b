"""A figure of an IHC measurement: what counts as positive, and where the thresholds lie."""

import matplotlib.figure
import numpy as np

from dualstream.slides.ihc import Ihc

_INK = '0.15'
_POSITIVE, _NEGATIVE = (0.84, 0.15, 0.16), (0.12, 0.35, 0.80)


def ihc_figure(picture: np.ndarray, ihc: Ihc, title: str = '') -> matplotlib.figure.Figure:
    """Draws the picture, an overlay, both amounts, the colour histogram and the densities.

    Args:
      picture: uint8 (H, W, 3), that was measured.
      ihc: what `measure_ihc` found.
      title: above all.
    """
    figure = matplotlib.figure.Figure(figsize=(14, 8.4), layout='constrained')
    figure.suptitle(f'{title}\n{in_words(ihc)}', fontsize=11, color=_INK)
    grid = figure.subplots(2, 3)
    grid[0, 0].imshow(picture)
    grid[0, 0].set_title('picture', fontsize=10)
    _draw_overlay(grid[0, 1], picture, ihc)
    _draw_angles(grid[0, 2], ihc)
    for axes, number, name, threshold in (
            (grid[1, 0], 0, 'haematoxylin', ihc.hematoxylin_threshold),
            (grid[1, 1], 1, 'DAB', ihc.dab_threshold)):
        image = axes.imshow(ihc.amounts[..., number], cmap='gray_r', vmin=0, vmax=1)
        axes.set_title(f'{name}, optical density (threshold {threshold:.2f})', fontsize=10)
        figure.colorbar(image, ax=axes, shrink=0.8)
    _draw_densities(grid[1, 2], ihc)
    for axes in (*grid[0, :2], *grid[1, :2]):
        axes.set_xticks([])
        axes.set_yticks([])
    return figure


def in_words(ihc: Ihc) -> str:
    """Says the shares and their intervals in a line."""
    if ihc.by_area.value is None:
        return 'nothing is stained'
    area = (f'positive by area {ihc.by_area.value:.1%} (95% interval {ihc.by_area.low:.1%} to '
            f'{ihc.by_area.high:.1%})')
    if ihc.by_count.value is None:
        return f'{area}; no nuclei'
    nuclei = len(ihc.positive_nuclei) + len(ihc.negative_nuclei)
    return (f'{area}, by count {ihc.by_count.value:.1%} ({ihc.by_count.low:.1%} to '
            f'{ihc.by_count.high:.1%}) of {nuclei:,} nuclei')


def _draw_overlay(axes, picture: np.ndarray, ihc: Ihc) -> None:
    shown = 0.35 + 0.65 * picture / 255
    for mask, color in ((ihc.positive, _POSITIVE), (ihc.negative, _NEGATIVE)):
        shown[mask] = 0.55 * shown[mask] + 0.45 * np.array(color)
    axes.imshow(shown)
    for nuclei, color in ((ihc.positive_nuclei, _POSITIVE), (ihc.negative_nuclei, _NEGATIVE)):
        axes.plot(nuclei[:, 1], nuclei[:, 0], '.', markersize=2, color='black')
        axes.plot(nuclei[:, 1], nuclei[:, 0], '.', markersize=1, color=color)
    axes.set_title(f'positive (red) and negative (blue); nuclei of {ihc.radius:g} px', fontsize=10)


def _draw_angles(axes, ihc: Ihc) -> None:
    degrees = np.arange(90) + 0.5
    blue = degrees < ihc.split
    for part, color in ((blue, _NEGATIVE), (~blue, (0.55, 0.33, 0.15))):
        axes.bar(degrees[part], ihc.angles[part], width=1, color=color)
    axes.axvline(ihc.split, color=_INK, linestyle=':')
    axes.set_yscale('symlog')
    axes.set_xlabel('0°: haematoxylin alone; 90°: DAB alone')
    axes.set_ylabel('stained pixels')
    axes.set_title(f'colour histogram, divided at {ihc.split:.0f}°', fontsize=10)


def _draw_densities(axes, ihc: Ihc) -> None:
    for number, name, color, threshold in (
            (0, 'haematoxylin', _NEGATIVE, ihc.hematoxylin_threshold),
            (1, 'DAB', (0.55, 0.33, 0.15), ihc.dab_threshold)):
        axes.hist(ihc.amounts[..., number].ravel(), bins=100, range=(0, 1.5), histtype='step',
                  color=color, label=name)
        axes.axvline(threshold, color=color, linestyle=':')
    axes.set_yscale('symlog')
    axes.set_xlabel('optical density')
    axes.set_ylabel('pixels')
    axes.legend(fontsize=8)
    axes.set_title('densities and thresholds', fontsize=10)

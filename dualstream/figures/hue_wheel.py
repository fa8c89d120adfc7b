"""The hue wheel: hue around, saturation outward, with the range of a mask highlighted."""

import matplotlib.axes
import matplotlib.colors
import matplotlib.figure
import numpy as np

from dualstream.color import LEAF, HsvRange, tf_color_mask

FADED = 0.16
"""The opacity of colours outside the range."""

_PIXELS = 601  # along the wheel's side; odd, so that gray is one pixel in the middle
_INK = '0.15'


def hue_wheel_figure(hsv_range: HsvRange = LEAF) -> matplotlib.figure.Figure:
    """Draws the hue wheel of a range, a scale of values and the thresholds in words.

    Args:
      hsv_range: to highlight.
    """
    figure = matplotlib.figure.Figure(figsize=(6.4, 5.6), layout='constrained')
    wheel, scale = figure.subplots(1, 2, width_ratios=(12, 1))
    draw_hue_wheel(wheel, hsv_range)
    draw_value_scale(scale, hsv_range)
    figure.suptitle(in_words(hsv_range), fontsize=11, color=_INK)
    return figure


def in_words(hsv_range: HsvRange) -> str:
    """Writes thresholds as text.

    Example:
      >>> in_words(HsvRange(hue=(340, 20)))
      'hue 340° to 20° through red, saturation from 0.20, value from 0.12'
    """
    parts = ['hue {}° to {}°'.format(*hsv_range.hue) + ' through red' * hsv_range.wraps]
    for name in ('saturation', 'value'):
        lo, hi = getattr(hsv_range, name)
        parts.append(f'{name} from {lo:.2f}' if hi == 1 else f'{name} {lo:.2f} to {hi:.2f}')
    return ', '.join(parts)


def wheel_image(hsv_range: HsvRange, pixels: int = _PIXELS) -> np.ndarray:
    """Computes the wheel as an image: red at the right, hue counter-clockwise, gray in the middle.

    Its colours have the largest value that the range allows, so that hue and saturation alone
    decide what is highlighted.

    Args:
      hsv_range: the range to highlight.
      pixels: along the image's side.

    Returns:
      float32 (pixels, pixels, 4), RGBA in [0, 1]: opaque inside the range, `FADED` outside, and
      clear beyond the wheel.
    """
    across = np.linspace(-1, 1, pixels)
    x, y = np.meshgrid(across, across[::-1])
    saturation = np.hypot(x, y)
    hsv = np.stack([
        np.degrees(np.arctan2(y, x)) % 360 / 360, np.minimum(saturation, 1),
        np.full_like(x, hsv_range.value[1])], axis=-1)
    rgb = matplotlib.colors.hsv_to_rgb(hsv).astype(np.float32)
    alpha = np.where(tf_color_mask(rgb, hsv_range).numpy(), 1, FADED) * (saturation <= 1)
    return np.concatenate([rgb, alpha[..., None].astype(np.float32)], axis=-1)


def draw_hue_wheel(axes: matplotlib.axes.Axes, hsv_range: HsvRange) -> None:
    """Draws the wheel with its degrees, and the outline of the range."""
    axes.imshow(wheel_image(hsv_range), extent=(-1, 1, -1, 1), interpolation='bilinear')
    for degrees in range(0, 360, 30):
        x, y = _on_wheel(degrees, 1.13)
        axes.text(x, y, f'{degrees}°', ha='center', va='center', fontsize=8, color=_INK)
    for ring in (0.25, 0.5, 0.75, 1):
        axes.plot(*_on_wheel(np.arange(361), ring), color=_INK, linewidth=0.5,
                  alpha=1 if ring == 1 else 0.25)
    axes.plot(*_outline(hsv_range), color=_INK, linewidth=1.8)
    axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect='equal')
    axes.axis('off')


def draw_value_scale(axes: matplotlib.axes.Axes, hsv_range: HsvRange) -> None:
    """Draws a scale of values in the range's middle hue, with the range highlighted."""
    lo, hi = hsv_range.hue
    hue = (lo + (hi - lo) % 360 / 2) % 360 / 360
    values = np.linspace(0, 1, 256)
    rgb = matplotlib.colors.hsv_to_rgb(
        np.stack([np.full(256, hue), np.full(256, hsv_range.saturation[1]), values], axis=-1))
    inside = (values >= hsv_range.value[0]) & (values <= hsv_range.value[1])
    rgba = np.concatenate([rgb, np.where(inside, 1, FADED)[:, None]], axis=-1)
    axes.imshow(rgba[:, None], extent=(0, 1, 0, 1), origin='lower', aspect='auto')
    for bound in hsv_range.value:
        axes.axhline(bound, color=_INK, linewidth=1.8, clip_on=False)
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position('right')
    axes.set_ylabel('value', color=_INK)
    axes.tick_params(labelsize=8, colors=_INK)


def _on_wheel(degrees, saturation) -> tuple[np.ndarray, np.ndarray]:
    turn = np.radians(degrees)
    return saturation * np.cos(turn), saturation * np.sin(turn)


def _outline(hsv_range: HsvRange) -> tuple[np.ndarray, np.ndarray]:
    """The range's outline: along the outer arc and back along the inner one."""
    lo, hi = hsv_range.hue
    arc = np.linspace(lo, hi + 360 * hsv_range.wraps, 200)
    inner, outer = hsv_range.saturation
    turn = np.concatenate([arc, arc[::-1], arc[:1]])
    return _on_wheel(turn, np.repeat([outer, inner, outer], [200, 200, 1]))

"""The hue wheel: hue around, saturation or chroma outward, with the range of a mask highlighted."""

import math

import matplotlib.axes
import matplotlib.colors
import matplotlib.figure
import numpy as np

from dualstream.color import (
    LEAF,
    HsvRange,
    LchRange,
    lab_to_rgb,
    lch_to_lab,
    tf_color_mask,
)

FADED = 0.16
"""The opacity of colours outside the range."""

_PIXELS = 601  # along the wheel's side; odd, so that gray is one pixel in the middle
_INK = '0.15'
_MOST_CHROMA = 134  # of the colours of sRGB: where the rim of the wheel of CIE LCh lies
_SCALE_CHROMA = 20  # of the scale of lightness; more is rare in dark and light colours


def hue_wheel_figure(color_range: HsvRange | LchRange = LEAF) -> matplotlib.figure.Figure:
    """Draws the hue wheel of a range, a scale of values or lightness, and the thresholds in words.

    Args:
      color_range: to highlight.
    """
    figure = matplotlib.figure.Figure(figsize=(6.4, 5.6), layout='constrained')
    wheel, scale = figure.subplots(1, 2, width_ratios=(12, 1))
    draw_hue_wheel(wheel, color_range)
    draw_value_scale(scale, color_range)
    figure.suptitle(in_words(color_range), fontsize=11, color=_INK)
    return figure


def in_words(color_range: HsvRange | LchRange) -> str:
    """Writes thresholds as text.

    Example:
      >>> in_words(HsvRange(hue=(340, 20)))
      'hue 340° to 20° through red, saturation from 0.20, value from 0.12'
    """
    parts = ['hue {:g}° to {:g}°'.format(*color_range.hue) + ' through red' * color_range.wraps]
    if isinstance(color_range, LchRange):
        parts[0] = 'CIE LCh: ' + parts[0].replace(' red', ' 0°')
        others = {'chroma': (math.inf, 'g'), 'lightness': (100, 'g')}
    else:
        others = {'saturation': (1, '.2f'), 'value': (1, '.2f')}
    for name, (top, form) in others.items():
        lo, hi = getattr(color_range, name)
        parts.append(f'{name} from {lo:{form}}' if hi == top
                     else f'{name} {lo:{form}} to {hi:{form}}')
    return ', '.join(parts)


def wheel_image(color_range: HsvRange | LchRange, pixels: int = _PIXELS) -> np.ndarray:
    """Computes the wheel as an image: hue 0 at the right, counter-clockwise, gray in the middle.

    In HSV its colours have the largest value that the range allows, in CIE LCh the lightness in the
    middle of the range, so that hue and saturation or chroma alone decide what is highlighted.

    Args:
      color_range: the range to highlight.
      pixels: along the image's side.

    Returns:
      float32 (pixels, pixels, 4), RGBA in [0, 1]: opaque inside the range, `FADED` outside, and
      clear beyond the wheel, which in CIE LCh has the shape of sRGB at that lightness.
    """
    across = np.linspace(-1, 1, pixels)
    x, y = np.meshgrid(across, across[::-1])
    radius, hue = np.hypot(x, y), np.degrees(np.arctan2(y, x)) % 360
    if isinstance(color_range, LchRange):
        lightness = np.full_like(x, np.mean(color_range.lightness))
        rgb = _rgb_of_lch(lightness, _MOST_CHROMA * radius, hue, clip=False)
        on_wheel = ((rgb > -1e-4) & (rgb < 1 + 1e-4)).all(axis=-1)
        rgb = rgb.clip(0, 1)
    else:
        hsv = [hue / 360, np.minimum(radius, 1), np.full_like(x, color_range.value[1])]
        rgb = matplotlib.colors.hsv_to_rgb(np.stack(hsv, axis=-1)).astype(np.float32)
        on_wheel = radius <= 1
    alpha = np.where(tf_color_mask(rgb, color_range).numpy(), 1, FADED) * on_wheel
    return np.concatenate([rgb, alpha[..., None].astype(np.float32)], axis=-1)


def draw_hue_wheel(axes: matplotlib.axes.Axes, color_range: HsvRange | LchRange) -> None:
    """Draws the wheel with its degrees, and the outline of the range."""
    axes.imshow(wheel_image(color_range), extent=(-1, 1, -1, 1), interpolation='bilinear')
    for degrees in range(0, 360, 30):
        x, y = _on_wheel(degrees, 1.13)
        axes.text(x, y, f'{degrees}°', ha='center', va='center', fontsize=8, color=_INK)
    for ring in (0.25, 0.5, 0.75, 1):
        axes.plot(*_on_wheel(np.arange(361), ring), color=_INK, linewidth=0.5,
                  alpha=1 if ring == 1 else 0.25)
    axes.plot(*_outline(color_range), color=_INK, linewidth=1.8)
    axes.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect='equal')
    axes.axis('off')


def draw_value_scale(axes: matplotlib.axes.Axes, color_range: HsvRange | LchRange) -> None:
    """Draws a scale of values, or lightness, in the range's middle hue, the range highlighted."""
    lo, hi = color_range.hue
    hue = np.full(256, (lo + (hi - lo) % 360 / 2) % 360)
    share = np.linspace(0, 1, 256)
    if isinstance(color_range, LchRange):
        name, top, bounds = 'lightness', 100, color_range.lightness
        rgb = _rgb_of_lch(100 * share, np.full(256, _SCALE_CHROMA), hue)
    else:
        name, top, bounds = 'value', 1, color_range.value
        rgb = matplotlib.colors.hsv_to_rgb(
            np.stack([hue / 360, np.full(256, color_range.saturation[1]), share], axis=-1))
    inside = (top * share >= bounds[0]) & (top * share <= bounds[1])
    rgba = np.concatenate([rgb, np.where(inside, 1, FADED)[:, None]], axis=-1)
    axes.imshow(rgba[:, None], extent=(0, 1, 0, top), origin='lower', aspect='auto')
    for bound in bounds:
        axes.axhline(bound, color=_INK, linewidth=1.8, clip_on=False)
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position('right')
    axes.set_ylabel(name, color=_INK)
    axes.tick_params(labelsize=8, colors=_INK)


def _on_wheel(degrees, saturation) -> tuple[np.ndarray, np.ndarray]:
    turn = np.radians(degrees)
    return saturation * np.cos(turn), saturation * np.sin(turn)


def _outline(color_range: HsvRange | LchRange) -> tuple[np.ndarray, np.ndarray]:
    """The range's outline: along the outer arc and back along the inner one."""
    lo, hi = color_range.hue
    arc = np.linspace(lo, hi + 360 * color_range.wraps, 200)
    inner, outer = (np.minimum(np.divide(color_range.chroma, _MOST_CHROMA), 1)
                    if isinstance(color_range, LchRange) else color_range.saturation)
    turn = np.concatenate([arc, arc[::-1], arc[:1]])
    return _on_wheel(turn, np.repeat([outer, inner, outer], [200, 200, 1]))


def _rgb_of_lch(lightness, chroma, hue, *, clip: bool = True) -> np.ndarray:
    lch = np.stack([lightness, chroma, hue], axis=-1).astype(np.float32)
    return np.asarray(lab_to_rgb(lch_to_lab(lch), clip=clip))

"""Draws what the seven routines do with one photograph; for notebooks and dualstream.show."""

import matplotlib.axes
import matplotlib.figure
import matplotlib.patches
import matplotlib.patheffects
import numpy as np
import tensorflow as tf

from dualstream.color import LEAF, HsvRange, LchRange
from dualstream.crop.zoom import Zoom
from dualstream.figures.hue_wheel import draw_hue_wheel, in_words
from dualstream.figures.photo import Photo, read_photo
from dualstream.figures.windows import View, leaf_mask, view
from dualstream.pipeline.decode import cut

CHOSEN = '#ff1f8f'
"""Magenta stands out from leaves, soil and sky alike."""

_CROPS = ('none', 'loop', 'array', 'random')
_SHOWN = (4, 5)  # rows and columns of the loop's windows that are drawn, out of all
_MOST = 48  # of the saccades are drawn
_INK = '0.15'
_CAPTION = {'fontsize': 9, 'color': '0.35'}
_HALO = [matplotlib.patheffects.withStroke(linewidth=4.5, foreground='white')]


def routine_figure(
    photo: Photo,
    color_range: HsvRange | LchRange = LEAF,
    *,
    target_size: tuple[int, int] = (224, 224),
    saccades: int = 16,
    seed: int = 0,
    zoom: Zoom = 1.0,
    title: str = '',
) -> matplotlib.figure.Figure:
    """Draws what each routine does: where it looks, what it chooses, and the resulting image.

    Args:
      photo: a path, the bytes of an image, or an array (H, W, 3), uint8 or floating in [0, 1].
      color_range: the mask's range.
      target_size: height and width of the image to make.
      saccades: windows that max_rand_crop looks at.
      seed: of those windows.
      zoom: pixels of the photograph for one of the image, as `Routine` takes it.
      title: above all.

    Returns:
      The figure: the photograph and its mask above, then a column for each crop. A notebook shows
      it; `figure.savefig` writes it to a file.

    Raises:
      ValueError: photo is not an image, or target_size, saccades or zoom is not positive.
      OSError: the file cannot be read.
    """
    pixels = read_photo(photo)
    mask = leaf_mask(pixels, color_range)
    masks = ('cv', 'tf') if isinstance(color_range, HsvRange) else ('tf',)
    views = [view(mask, target_size, crop, saccades=saccades, seed=seed, zoom=zoom)
             for crop in _CROPS]
    figure = matplotlib.figure.Figure(figsize=(14, 11), layout='constrained')
    figure.suptitle(title, fontsize=15, color=_INK)
    figure.get_layout_engine().set(h_pad=0.08)
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.75))
    photo_axes, mask_axes, wheel_axes = above.subplots(1, 3, width_ratios=(1.4, 1.4, 1))
    height, width = mask.shape
    _show(photo_axes, pixels, f'the photograph, {height} x {width}')
    _show(mask_axes, _masked(pixels, mask, 225),
          f'the mask, {"the same from cv and tf" if len(masks) == 2 else "from tf"}: covers '
          f'{mask.mean():.1%}')
    draw_hue_wheel(wheel_axes, color_range)
    wheel_axes.set_title(
        ',\n'.join(in_words(color_range).rsplit(', ', 1)), fontsize=10, color=_INK)
    looks, images = below.subplots(2, len(_CROPS), height_ratios=(1, 1.25))
    for crop, seen, look, image in zip(_CROPS, views, looks, images):
        _show(look, _masked(pixels, mask, 40, 0.6), _heading(crop, seen, masks))
        _draw_windows(look, crop, seen)
        shown = cut(tf.constant(pixels), tf.constant(seen.chosen))
        made = tf.image.resize(shown, target_size, antialias=True).numpy() / 255
        _show(image, np.clip(made, 0, 1), f'{seen.coverage:.1%} leaf', CHOSEN)
    return figure


def draw_window(axes: matplotlib.axes.Axes, window: np.ndarray, linewidth: float) -> None:
    """Draws a chosen window in bold.

    Args:
      axes: to draw in.
      window: (4,), (y, x, height, width) in pixels.
      linewidth: in points.
    """
    axes.add_patch(_rectangle(
        window, edgecolor=CHOSEN, linewidth=linewidth, zorder=3, path_effects=_HALO))


def _heading(crop: str, seen: View, masks: tuple[str, ...]) -> str:
    if crop == 'none':
        return 'none\nthe whole frame, resized'
    count = len(seen.considered)
    return '  and  '.join(f'{mask}-{crop}' for mask in masks) + '\n' + {
        'loop': f'{count:,} windows, one after the other',
        'array': f'{count:,} windows, all at once',
        'random': f'{count:,} windows, drawn at random'}[crop]


def _draw_windows(axes: matplotlib.axes.Axes, crop: str, seen: View) -> None:
    """Draws some of the considered windows thin, their middles, and the chosen one in bold."""
    thin = {'edgecolor': 'white', 'linewidth': 0.6, 'alpha': 0.7}
    if crop == 'array':
        y, x = _middles(seen.considered)
        axes.scatter(x, y, s=3, c=seen.coverages, cmap='inferno', linewidths=0)
        axes.set_xlabel('dots: their middles; the lighter, the leafier', **_CAPTION)
    elif crop != 'none':
        windows = _thinned(seen.considered) if crop == 'loop' else seen.considered[:_MOST]
        for window in windows:
            axes.add_patch(_rectangle(window, **thin))
        y, x = _middles(windows)
        axes.plot(x, y, color='white', linewidth=0.9, marker='o', markersize=3)
        axes.set_xlabel(f'thin: {len(windows)} of them, joined in order', **_CAPTION)
    draw_window(axes, seen.chosen, 2.5)


def _middles(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return windows[:, 0] + windows[:, 2] / 2, windows[:, 1] + windows[:, 3] / 2


def _thinned(windows: np.ndarray) -> np.ndarray:
    """Selects a few windows at even distances, those at the edges included."""
    ys, xs = (np.unique(windows[:, axis]) for axis in (0, 1))
    rows, columns = (
        offsets[np.linspace(0, len(offsets) - 1, min(shown, len(offsets))).round().astype(int)]
        for offsets, shown in zip((ys, xs), _SHOWN))
    return windows[np.isin(windows[:, 0], rows) & np.isin(windows[:, 1], columns)]


def _rectangle(window: np.ndarray, **style) -> matplotlib.patches.Rectangle:
    y, x, height, width = window.tolist()
    return matplotlib.patches.Rectangle((x - 0.5, y - 0.5), width, height, fill=False, **style)


def _masked(pixels: np.ndarray, mask: np.ndarray, tone: int, opacity: float = 1) -> np.ndarray:
    """Paints all but the leaf in a tone of gray."""
    painted = (1 - opacity) * pixels + opacity * tone
    return np.where(mask[..., None], pixels, painted.astype(np.uint8))


def _show(axes: matplotlib.axes.Axes, image: np.ndarray, title: str, color: str = _INK) -> None:
    axes.imshow(image)
    axes.set_title(title, fontsize=11, color=color)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)

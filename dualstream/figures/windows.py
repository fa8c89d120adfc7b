"""Computes what the routines look at in one photograph: mask, windows and their coverage."""

import dataclasses

import numpy as np
import tensorflow as tf

from dualstream.color import LEAF, HsvRange, LchRange, tf_color_mask
from dualstream.crop import candidate_windows, coverage, saccade_windows
from dualstream.crop.crops import STRIDE
from dualstream.crop.zoom import Zoom
from dualstream.pipeline import Routine


@dataclasses.dataclass(frozen=True)
class View:
    """How one crop sees a photograph.

    Attributes:
      considered: int32 (n, 4), the windows (y, x, height, width) that it looks at, in their order.
      coverages: float64 (n,), the share of each that the mask covers, in [0, 1].
      chosen: int32 (4,), the one that it chooses.
      coverage: of the chosen one, in [0, 1].
    """

    considered: np.ndarray
    coverages: np.ndarray
    chosen: np.ndarray
    coverage: float


def leaf_mask(photo: np.ndarray, color_range: HsvRange | LchRange = LEAF) -> np.ndarray:
    """Computes the leaf mask, bool (H, W), of a photograph, uint8 (H, W, 3); cv and tf agree."""
    return tf_color_mask(photo, color_range).numpy()


def view(
    mask: np.ndarray, target_size: tuple[int, int], crop: str, *, saccades: int = 16, seed: int = 0,
    zoom: Zoom = 1.0,
) -> View:
    """Computes what a crop looks at and chooses.

    Args:
      mask: bool (H, W).
      target_size: height and width of the crop to make; shrunk in a frame that is smaller.
      crop: 'none', 'loop', 'array' or 'random'. The loop's choice is found as the array's, which
        is the same: looking at one window after another takes minutes in a large frame.
      saccades, seed: how many windows 'random' draws, and from what.
      zoom: of the windows, as `Routine` takes it.

    Raises:
      ValueError: target_size, saccades or zoom is not positive.
    """
    if crop == 'none':
        frame = np.array([0, 0, *mask.shape], np.int32)
        return View(frame[None], mask.mean()[None], frame, float(mask.mean()))
    routine = Routine(target_size, 'tf', 'array' if crop == 'loop' else crop, 'pixels', saccades,
                      zoom=zoom)
    stateless_seed = tf.constant([seed, 0])
    size = tf.constant(mask.shape)
    zoom = routine.zoom_of(size, stateless_seed)
    if crop == 'random':
        windows = saccade_windows(
            size, target_size, stateless_seed, saccades=saccades, stride=STRIDE, zoom=zoom)
    else:
        windows = candidate_windows(size, target_size, STRIDE, zoom=zoom)
    chosen = routine.window(tf.constant(mask), stateless_seed)
    windows = windows.numpy()
    return View(windows, _coverages(mask, windows), chosen.numpy(),
                float(coverage(tf.constant(mask), chosen)))


def _coverages(mask: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Computes the coverages of all windows at once from an integral image."""
    integral = np.pad(mask.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    y, x, height, width = windows.T
    covered = (integral[y + height, x + width] - integral[y, x + width]
               - integral[y + height, x] + integral[y, x])
    return covered / (height * width)

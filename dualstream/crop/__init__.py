"""Where to look: windows of a frame, and the crops that choose the leafiest of them."""

from dualstream.crop.crops import array_crop, loop_crop, max_rand_crop
from dualstream.crop.grid import BLOCK, leaf_grid
from dualstream.crop.windows import (
    candidate_windows,
    center_window,
    coverage,
    saccade_windows,
    window_size,
)

__all__ = [
    'BLOCK', 'array_crop', 'candidate_windows', 'center_window', 'coverage', 'leaf_grid',
    'loop_crop', 'max_rand_crop', 'saccade_windows', 'window_size',
]

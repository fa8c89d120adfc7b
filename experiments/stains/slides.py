"""Synthetic tissue, and two simulated scanners that look at it.

No real slides: nuclei are ellipses of haematoxylin in a cloudy ground of eosin. A scanner is a
model, too: stain vectors, a matrix that mixes the channels, and a gamma.
"""

import dataclasses
import functools

import numpy as np
import scipy.ndimage

SIZE = 64
"""Pixels along the side of a tile."""

TASKS = {
    'size': 'class 1 has nuclei 1.4 times as wide, and half as many',
    'staining': 'class 1 has nuclei that hold 1.5 times as much haematoxylin',
}
"""What tells the two classes of tissue apart. Shape survives normalisation; how much stain a
nucleus holds is what normalisation is meant to make alike."""


@dataclasses.dataclass(frozen=True)
class Scanner:
    """A simulated scanner with its laboratory.

    Attributes:
      stains: optical density of haematoxylin and of eosin in red, green and blue, a row each.
      matrix: mixes red, green and blue; its rows sum to 1, so that white stays white.
      gamma: the power of the intensities.
      strengths: factors of the two concentrations.
    """

    stains: tuple
    matrix: tuple
    gamma: float
    strengths: tuple[float, float]

    def scan(self, concentrations: np.ndarray) -> np.ndarray:
        """Pictures tissue: float (..., H, W, 2) to uint8 (..., H, W, 3)."""
        density = (concentrations * self.strengths) @ np.array(self.stains)
        light = np.exp(-density) @ np.array(self.matrix).T
        return np.round(255 * np.clip(light, 0, 1)**self.gamma).astype(np.uint8)


SCANNERS = {
    'A': Scanner(((0.65, 0.70, 0.29), (0.2159, 0.8012, 0.5581)), np.eye(3).tolist(), 1.0, (1, 1)),
    'B': Scanner(((0.56, 0.72, 0.40), (0.12, 0.92, 0.37)),
                 [[0.90, 0.08, 0.02], [0.04, 0.92, 0.04], [0.02, 0.10, 0.88]], 0.8, (0.8, 1.3)),
}


@functools.lru_cache(maxsize=4)  # all ways have the same tissue, one after the other
def draw_tissue(task: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws tiles of two classes of tissue, in turns.

    Args:
      task: one of TASKS.
      count: how many tiles.
      seed: determines all.

    Returns:
      float32 (count, SIZE, SIZE, 2), concentrations of haematoxylin and eosin, and int (count,),
      the classes, 0 or 1.
    """
    draw = np.random.default_rng([seed, sorted(TASKS).index(task)])
    labels = np.arange(count) % 2
    tiles = np.stack([_draw_tile(task, label, draw) for label in labels])
    return tiles.astype(np.float32), labels


def _draw_tile(task: str, label: int, draw: np.random.Generator) -> np.ndarray:
    wide, dark = (label == 1 and task == each for each in ('size', 'staining'))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    nuclei = np.zeros([SIZE, SIZE])
    for _ in range(draw.poisson(11 if wide else 22)):
        y, x = draw.uniform(0, SIZE, 2)
        long, short = draw.uniform(3.2, 4.4) * (1.4 if wide else 1) * np.array([1.15, 0.87])
        turn = draw.uniform(0, np.pi)
        near = tuple(slice(max(int(at) - 9, 0), int(at) + 10) for at in (y, x))
        down, right = rows[near] - y, columns[near] - x
        along = down * np.sin(turn) + right * np.cos(turn)
        across = down * np.cos(turn) - right * np.sin(turn)
        distance = np.hypot(along / long, across / short)
        amount = draw.uniform(0.7, 1.1) * (1.5 if dark else 1)
        nuclei[near] = np.maximum(nuclei[near], amount * np.clip(3 * (1 - distance) + 0.5, 0, 1))
    clouds = scipy.ndimage.gaussian_filter(
        draw.normal(size=[2, SIZE, SIZE]), (0, 3, 3), mode='wrap')
    clouds /= clouds.std(axis=(1, 2), keepdims=True)
    haematoxylin = nuclei * (1 + 0.12 * clouds[0]) + 0.05
    eosin = np.clip(0.55 + 0.22 * clouds[1], 0.02, None) * np.where(nuclei > 0.3, 0.5, 1)
    # A laboratory does not stain each slide alike.
    strengths = draw.uniform(0.92, 1.08, 2)
    return np.stack([haematoxylin, eosin], axis=-1) * strengths

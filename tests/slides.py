"""Slides drawn from known stains in known concentrations, for tests: synthetic, no tissue."""

import numpy as np

HAEMATOXYLIN_EOSIN = np.array([[0.65, 0.70, 0.29], [0.2159, 0.8012, 0.5581]])
OTHER_SCANNER = np.array([[0.55, 0.76, 0.35], [0.25, 0.90, 0.35]])


def draw_concentrations(size: int, seed: int = 0, *, pure: float = 0.35) -> np.ndarray:
    """Draws concentrations (size, size, 2); a share of the pixels holds each stain alone."""
    draw = np.random.default_rng(seed)
    amounts = draw.uniform(0.4, 1.3, [size, size, 2])
    which = draw.uniform(size=[size, size])
    amounts[..., 0][which < pure] = 0
    amounts[..., 1][which > 1 - pure] = 0
    return amounts


def stain(amounts: np.ndarray, vectors: np.ndarray = HAEMATOXYLIN_EOSIN) -> np.ndarray:
    """Draws a slide as torchstain's convention reads it: uint8 (H, W, 3)."""
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    intensity = 240 * np.exp(-amounts @ vectors) - 1
    return np.round(np.clip(intensity, 0, 255)).astype(np.uint8)


def degrees_between(found, vectors: np.ndarray = HAEMATOXYLIN_EOSIN) -> np.ndarray:
    """Angles (..., 2) between stains found and known."""
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.sum(np.asarray(found, np.float64) * vectors, axis=-1)
    return np.degrees(np.arccos(np.clip(cosines, -1, 1)))

"""The matrix that separates stains: one unit vector of optical density per stain."""

import numpy as np

_LEAST_VOLUME = 1e-3  # of three unit vectors; below it a separation would mostly amplify noise


def stain_matrix(vectors, *, unit_length: bool = True) -> np.ndarray:
    """Makes a full set of three stains from two or three.

    Use it to separate two stains, such as haematoxylin and eosin: the residual takes up what
    neither of them explains, so that nothing is lost.

    Args:
      vectors: (2, 3) or (3, 3), a stain per row: its optical density in red, green and blue. A
        third row of zeros counts as missing.
      unit_length: whether the rows given are scaled to length 1; the residual always is.

    Returns:
      float64 (3, 3): the rows, and where there are two, a third one at right angles to both, their
      cross product.

    Raises:
      ValueError: the shape is another, a number is not finite, or the stains are so much alike that
        they cannot be told apart.

    Example:
      >>> from dualstream.color.stain_matrix import stain_matrix
      >>> stain_matrix([(1, 0, 0), (0, 2, 0)])
      array([[1., 0., 0.],
             [0., 1., 0.],
             [0., 0., 1.]])
    """
    rows = np.asarray(vectors, np.float64)
    if rows.shape not in ((2, 3), (3, 3)) or not np.isfinite(rows).all():
        raise ValueError(f'vectors must be two or three rows of three numbers, got {vectors}')
    if len(rows) == 3 and not rows[2].any():
        rows = rows[:2]
    units = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    if len(rows) == 2:
        residual = np.cross(*units)
        residual /= max(np.linalg.norm(residual), 1e-12)
        rows, units = np.stack([*rows, residual]), np.stack([*units, residual])
    if abs(np.linalg.det(units)) < _LEAST_VOLUME:
        raise ValueError(f'vectors must be of stains that differ in colour, got {vectors}')
    return units if unit_length else rows

"""Cells of a table, one per training, kept when finished; and text for their mean and spread."""

import json
import pathlib
from collections.abc import Callable

import numpy as np

from dualstream.runtime.atomic import writing

Cells = list[dict]

SCORES = {'accuracy': 'accuracy', 'balanced_accuracy': 'balanced accuracy'}
"""Keys of cells, and what tables and plots call them."""


def once(kept: pathlib.Path, run: Callable[[], dict]) -> dict:
    """Runs a cell and keeps its result as JSON; a cell that is kept already is read instead.

    Args:
      kept: the cell's file.
      run: makes the cell, of types that JSON has.
    """
    if not kept.exists():
        cell = run()
        with writing(kept) as path:
            path.write_text(json.dumps(cell, indent=1))
    return json.loads(kept.read_text())


def where(cells: Cells, **fields) -> Cells:
    """Selects the cells whose fields have these values."""
    return [cell for cell in cells if all(cell[key] == value for key, value in fields.items())]


def percent(scores: np.ndarray) -> str:
    """Writes mean and standard deviation of scores in [0, 1] in per cent; one score has a 0."""
    return f'{100 * scores.mean():.1f}% ± {100 * scores.std(ddof=min(1, len(scores) - 1)):.1f}'

"""Cells of a table, one a training: each kept when it is finished, and how their spread is said."""

import json
import pathlib
from collections.abc import Callable

import numpy as np

from dualstream.runtime.atomic import writing

Cells = list[dict]


def once(kept: pathlib.Path, run: Callable[[], dict]) -> dict:
    """What `run` gives, as JSON has it; of a cell that is kept already, what it gave then."""
    if not kept.exists():
        cell = run()
        with writing(kept) as path:
            path.write_text(json.dumps(cell, indent=1))
    return json.loads(kept.read_text())


def where(cells: Cells, **fields) -> Cells:
    """The cells that have these fields."""
    return [cell for cell in cells if all(cell[key] == value for key, value in fields.items())]


def percent(scores: np.ndarray) -> str:
    """Mean and standard deviation of scores in [0, 1]; a single one has none."""
    return f'{100 * scores.mean():.1f}% ± {100 * scores.std(ddof=min(1, len(scores) - 1)):.1f}'


def points(differences: list[float]) -> str:
    """Mean and standard deviation of differences of such scores, in points."""
    if not differences:
        return ''
    spread = np.std(differences, ddof=min(1, len(differences) - 1))
    return f'{100 * np.mean(differences):+.1f} ± {100 * spread:.1f}'

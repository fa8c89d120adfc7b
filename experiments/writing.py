"""Writes the results of an experiment into its folder."""

import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dualstream.runtime import atomic


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Writes the lines of a table in Markdown.

    Example:

    >>> table(['network', 'accuracy'], [['nano', '67.0%']])
    ['| network | accuracy |', '| --- | --- |', '| nano | 67.0% |']
    """
    return ['| ' + ' | '.join(row) + ' |' for row in (columns, ['---'] * len(columns), *rows)]


def write_results(
    out: pathlib.Path, results: dict | list, page: str,
    figures: Mapping[str, Any] = {},
) -> None:
    """Writes results.json, results.md and the figures, each of them whole or not at all.

    Args:
      out: the folder; it is made where it is missing.
      results: what JSON can hold.
      page: the text of results.md.
      figures: name of the file -> figure of Matplotlib, drawn at its own dpi.
    """
    out.mkdir(parents=True, exist_ok=True)
    with atomic.writing(out / 'results.json') as path:
        path.write_text(json.dumps(results, indent=1) + '\n')
    with atomic.writing(out / 'results.md') as path:
        path.write_text(page)
    for name, figure in figures.items():
        with atomic.writing(out / name) as path:
            figure.savefig(path, dpi='figure')

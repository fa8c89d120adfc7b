"""Writes the table and the plot of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import SCORES, Cells, where
from experiments.comparison import COLUMNS, compare
from experiments.differences import HOW
from experiments.dots import draw_dots
from experiments.pretraining.cell import NOTHING, PRESET
from experiments.writing import table, write_results


def whole_page(cells: Cells, command: str) -> str:
    """Writes results.md."""
    first = cells[0]
    synthetic = ' (synthetic)' if first['synthetic'] else ''
    return '\n'.join([
        '# What does it gain to start from a network that was trained on other photographs?', '',
        f'`{command}`', '',
        f'{first["dataset"]}{synthetic}: {first["pictures"]} photographs, of which '
        f'{first["near_duplicates"]} are a near-duplicate of another in the same fold; `{PRESET}`, '
        f'{first["epochs"]} epochs, images of 128 x 128 pixels, random windows of the frame in '
        'training, five averaged in scoring. Predicting the most frequent class for all scores '
        f'{first["most_frequent"]:.1%} accuracy and {1 / first["classes"]:.0%} balanced accuracy. '
        "Accuracy is that of the network; for balanced accuracy the classes' shares in training "
        'are divided out of its probabilities. Mean and standard deviation over '
        f'{len({cell["fold"] for cell in cells})} of {first["folds"]} folds. Differences are to '
        f'the training from nothing. {HOW}', '',
        *_table(cells), '', '![Scores by start](scores.png)', ''])


def _table(cells: Cells) -> list[str]:
    compared = compare({start: [cell['several_views'] for cell in where(cells, start=start)]
                        for start in _starts(cells)}, NOTHING, cells[0]['folds'])
    rows = []
    for start, columns in compared.items():
        own = where(cells, start=start)
        source = own[0]['source']
        rows.append([_in_words(start, source, own[0]['dataset']),
                     f'{source["training_seconds"]:,.0f}' if source else '0',
                     f'{np.mean([cell["training_seconds"] for cell in own]):,.0f}', *columns])
    return table(['start', 'seconds on the source', 'seconds on the folds', *COLUMNS], rows)


def _in_words(start: str, source: dict | None, dataset: str) -> str:
    if not source:
        return start
    synthetic = ', synthetic' if source['synthetic'] else ''
    return (f'{start} ({source["pictures"]:,} photographs{synthetic}, without '
            f'{source["left_out"]} near-duplicates of {dataset}, {source["classes"]} classes, '
            f'{source["epochs"]} epochs, training accuracy {source["training_accuracy"]:.0%})')


def figure(cells: Cells) -> matplotlib.figure.Figure:
    """Draws both scores of each start, with each fold as a point."""
    drawn = matplotlib.figure.Figure(figsize=(9, 2.6), layout='constrained', dpi=110)
    for axes, (score, title) in zip(drawn.subplots(1, 2, sharey=True), SCORES.items()):
        draw_dots(axes, {start: [cell['several_views'][score]
                                 for cell in where(cells, start=start)]
                         for start in _starts(cells)}, title, NOTHING)
    drawn.axes[0].invert_yaxis()  # the other axes share it
    return drawn


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and scores.png."""
    write_results(out, cells, whole_page(cells, command), {'scores.png': figure(cells)})


def _starts(cells: Cells) -> list[str]:
    return list(dict.fromkeys(cell['start'] for cell in cells))

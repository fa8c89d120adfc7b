"""Writes the table and the plot of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import SCORES, Cells, where
from experiments.comparison import COLUMNS, compare, trivial
from experiments.differences import HOW
from experiments.writing import table, write_results

VIEWS = ('one view', 'several views')


def whole_page(cells: Cells, command: str) -> str:
    """Writes results.md."""
    first = cells[0]
    synthetic = ' (synthetic)' if first['synthetic'] else ''
    return '\n'.join([
        '# How well does the default training do, and in how many minutes?', '', f'`{command}`', '',
        f'{first["dataset"]}{synthetic}: `{first["network"]}` with images of '
        f'{first["image_size"][0]} x {first["image_size"][1]} pixels, about '
        f'{first["training_pictures"]} photographs to train on and {first["held_out_pictures"]} '
        f'held out; {first["near_duplicates"]} of all photographs are near-duplicates of others, '
        'which share a fold. Mean and standard deviation over '
        f'{len({cell["fold"] for cell in cells})} of {first["folds"]} folds. Accuracy is that of '
        "the network; for balanced accuracy the classes' shares in training are divided out of its "
        'probabilities. Several views: the probabilities of the leafiest windows of middle and '
        'largest size and of the whole frame are averaged; otherwise the first alone counts. The '
        'minutes are those of a training and its scoring.', '',
        *([f'Differences are to `{first["network"]}` in the same minutes. {HOW}', '']
          if len(_names(cells)) > 1 else []),
        *_table(cells), '', '![Scores by minutes](scores.png)', ''])


def _table(cells: Cells) -> list[str]:
    rows = []
    base, *_ = names = _names(cells)
    for share in _shares(cells):
        by_name = {name: own for name in names
                   if (own := where(cells, network=name, share=share))}
        one, several = (compare({name: [cell[views] for cell in own]
                                 for name, own in by_name.items()}, base, cells[0]['folds'])
                        for views in VIEWS)
        for name, own in by_name.items():
            epochs = sorted({cell['epochs'] for cell in own})
            rows.append([name, ' to '.join(map(str, epochs[::max(1, len(epochs) - 1)])),
                         f'{np.mean([cell["seconds"] / 60 for cell in own]):.1f}', *one[name],
                         *several[name][::2]])
    scores = trivial([cell['trivial'] for cell in where(
        cells, network=base, share=_shares(cells)[0])])
    rows.append(['predicting the most frequent class for all', '', '', *scores, *scores[::2]])
    return table(['network', 'epochs', 'minutes', *COLUMNS,
                  *(f'{title}, several views' for title in SCORES.values())], rows)


def figure(cells: Cells) -> matplotlib.figure.Figure:
    """Draws both scores of one view against the minutes of a training, each fold as a point."""
    drawn = matplotlib.figure.Figure(figsize=(9, 3.6), layout='constrained', dpi=110)
    for axes, (score, title) in zip(drawn.subplots(1, 2), SCORES.items()):
        for name in _names(cells):
            own = where(cells, network=name)
            by_share = [where(own, share=share) for share in _shares(own)]
            minutes = np.array([[cell['seconds'] / 60 for cell in own] for own in by_share])
            values = np.array([[100 * cell['one view'][score] for cell in own] for own in by_share])
            line, = axes.plot(
                minutes.mean(axis=1), values.mean(axis=1), marker='_', markersize=12, label=name)
            axes.plot(minutes, values, 'o', color=line.get_color(), alpha=0.5)
        axes.axhline(100 * np.mean([cell['trivial'][score] for cell in cells]), color='black',
                     linestyle=':', label='one class for all')
        axes.set_xlabel('minutes')
        axes.set_ylabel(f'{title} / %')
        axes.grid(alpha=0.3)
    drawn.axes[0].legend(fontsize=8)
    return drawn


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and scores.png."""
    write_results(out, cells, whole_page(cells, command), {'scores.png': figure(cells)})


def _names(cells: Cells) -> list[str]:
    """The networks that there are cells of, the default one first."""
    return list(dict.fromkeys(cell['network'] for cell in cells))


def _shares(cells: Cells) -> list[float]:
    return sorted({cell['share'] for cell in cells})

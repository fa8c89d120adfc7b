"""Writes the table and the plot of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import SCORES, Cells, where
from experiments.comparison import COLUMNS, compare, trivial
from experiments.differences import HOW
from experiments.dots import draw_dots
from experiments.recipe.recipes import DEFAULT, RECIPES
from experiments.writing import table, write_results


def whole_page(cells: Cells, command: str) -> str:
    """Writes results.md."""
    first = cells[0]
    synthetic = ' (synthetic)' if first['synthetic'] else ''
    return '\n'.join([
        '# Which parts of a training recipe help?', '', f'`{command}`', '',
        f'{first["dataset"]}{synthetic}: `{first["network"]}` with images of '
        f'{first["image_size"][0]} x {first["image_size"][1]} pixels, {first["epochs"]} epochs, '
        f'about {first["training_pictures"]} photographs to train on and '
        f'{first["held_out_pictures"]} held out; {first["near_duplicates"]} of all photographs are '
        'near-duplicates of others, which share a fold. Mean and standard deviation over '
        f'{len({cell["fold"] for cell in cells})} of {first["folds"]} folds. Accuracy is that of '
        "the network; for balanced accuracy the classes' shares in training are divided out of its "
        'probabilities. Each recipe differs from the default one in one thing; differences are to '
        f'the default one. {HOW}', '',
        *_table(cells), '', '![Scores by recipe](scores.png)', ''])


def _table(cells: Cells) -> list[str]:
    compared = compare({name: [cell['one view'] for cell in where(cells, recipe=name)]
                        for name in _names(cells)}, DEFAULT, cells[0]['folds'])
    rows = [[name, *columns, _seconds(where(cells, recipe=name))]
            for name, columns in compared.items()]
    return table(['recipe', *COLUMNS, 'seconds'], [
        *rows, ['predicting the most frequent class for all',
                *trivial([cell['trivial'] for cell in cells]), '']])


def _seconds(cells: Cells) -> str:
    return f'{np.mean([cell["training_seconds"] for cell in cells]):,.0f}'


def figure(cells: Cells) -> matplotlib.figure.Figure:
    """Draws both scores of each recipe, each fold as a point."""
    drawn = matplotlib.figure.Figure(figsize=(10, 3.6), layout='constrained', dpi=110)
    for axes, (score, title) in zip(drawn.subplots(1, 2, sharey=True), SCORES.items()):
        draw_dots(axes, {name: [cell['one view'][score] for cell in where(cells, recipe=name)]
                         for name in _names(cells)}, title, DEFAULT)
        axes.axvline(100 * np.mean([cell['trivial'][score] for cell in cells]), color='black',
                     linestyle=':', label='one class for all')
    drawn.axes[0].invert_yaxis()  # the other axes share it
    drawn.axes[0].legend(fontsize=8)
    return drawn


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and scores.png."""
    write_results(out, cells, whole_page(cells, command), {'scores.png': figure(cells)})


def _names(cells: Cells) -> list[str]:
    """The recipes that there are cells of, in the order of RECIPES."""
    known = {cell['recipe'] for cell in cells}
    return [name for name in RECIPES if name in known]

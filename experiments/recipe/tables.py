"""Writes the table and the plot of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import SCORES, Cells, percent, where
from experiments.differences import HOW, differences, in_words
from experiments.recipe.recipes import DEFAULT, RECIPES
from experiments.writing import write_results


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
    header = ['recipe', *(column for title in SCORES.values() for column in (title, 'difference')),
              'seconds']
    rows = [header, ['---'] * len(header)]
    scores = {score: {name: [cell['one view'][score] for cell in where(cells, recipe=name)]
                      for name in _names(cells)} for score in SCORES}
    compared = {score: differences(by_name, DEFAULT, cells[0]['folds'])
                for score, by_name in scores.items()}
    for name in _names(cells):
        seconds = [cell['training_seconds'] for cell in where(cells, recipe=name)]
        rows.append([name, *(column for score in SCORES for column in (
            percent(np.array(scores[score][name])),
            '' if name == DEFAULT else in_words(*compared[score][name]))),
            f'{np.mean(seconds):,.0f}'])
    trivial = [percent(np.array([cell['trivial'][score] for cell in cells])) for score in SCORES]
    rows.append(['predicting the most frequent class for all', trivial[0], '', trivial[1], '', ''])
    return ['| ' + ' | '.join(row) + ' |' for row in rows]


def figure(cells: Cells) -> matplotlib.figure.Figure:
    """Draws both scores of each recipe, each fold as a point."""
    drawn = matplotlib.figure.Figure(figsize=(10, 3.6), layout='constrained', dpi=110)
    both = drawn.subplots(1, 2, sharey=True)
    names = _names(cells)
    for axes, (score, title) in zip(both, SCORES.items()):
        for place, name in enumerate(names):
            own = [100 * cell['one view'][score] for cell in where(cells, recipe=name)]
            axes.plot(own, [place] * len(own), 'o', color='seagreen', alpha=0.6)
            axes.plot(np.mean(own), place, '|', color='black', markersize=18)
        axes.axvline(100 * np.mean([cell['trivial'][score] for cell in cells]), color='black',
                     linestyle=':', label='one class for all')
        axes.set_xlabel(f'{title} / %')
        axes.grid(alpha=0.3)
    both[0].set_yticks(range(len(names)), names)
    both[0].invert_yaxis()
    both[0].legend(fontsize=8)
    return drawn


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and scores.png."""
    write_results(out, cells, whole_page(cells, command), {'scores.png': figure(cells)})


def _names(cells: Cells) -> list[str]:
    """The recipes that there are cells of, in the order of RECIPES."""
    known = {cell['recipe'] for cell in cells}
    return [name for name in RECIPES if name in known]

"""Writes the tables and the plot of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import Cells, percent, points, where
from experiments.recipe.recipes import PLAIN
from experiments.writing import write_results


def whole_page(cells: Cells, command: str) -> str:
    """Writes results.md, with a table per data set."""
    lines = ['# Which parts of a training recipe help?', '', f'`{command}`', '']
    for dataset in _datasets(cells):
        of_set = where(cells, dataset=dataset)
        first = of_set[0]
        lines += [f'## {dataset}{" (synthetic)" if first["synthetic"] else ""}', '',
                  f'`nano`, images of {first["image_size"][0]} x {first["image_size"][1]} pixels, '
                  f'{first["epochs"]} epochs, about {first["training_pictures"]} photographs to '
                  f'train on and {first["held_out_pictures"]} held out; mean and standard '
                  f'deviation over {len({cell["seed"] for cell in of_set})} seeds, each of another '
                  'fold. Differences are of the same seed and fold: recipes against the plain one, '
                  'several views against one view of the same network.', '',
                  *_table(of_set), '']
    return '\n'.join([*lines, '![Balanced accuracy by recipe](recipes.png)', ''])


def _table(cells: Cells) -> list[str]:
    rows = ['| recipe | balanced accuracy | difference, points |', '| --- ' * 3 + '|']
    for name, scores, base in _rows(cells):
        against = [score - base[seed] for seed, score in scores.items() if seed in base]
        rows.append(f'| {name} | {percent(np.array(list(scores.values())))} | '
                    f'{"" if scores == base else points(against)} |')
    return rows


def _rows(cells: Cells):
    """Yields (name, {seed: score}, {seed: score to compare with}) for each row of a table."""
    def scores(name, views='1'):
        return {cell['seed']: cell['balanced_accuracy'][views]
                for cell in where(cells, recipe=name)}

    for name in dict.fromkeys(cell['recipe'] for cell in cells):
        yield name, scores(name), scores(PLAIN)
        for views in list(where(cells, recipe=name)[0]['balanced_accuracy'])[1:]:
            yield f'{name}, {views} views', scores(name, views), scores(name)


def _figure(cells: Cells) -> matplotlib.figure.Figure:
    datasets = _datasets(cells)
    figure = matplotlib.figure.Figure(figsize=(10, 3.8), layout='constrained', dpi=110)
    for axes, dataset in zip(figure.subplots(1, len(datasets), squeeze=False)[0], datasets):
        rows = list(_rows(where(cells, dataset=dataset)))
        for place, (name, scores, base) in enumerate(rows):
            against = [100 * (score - base[seed]) for seed, score in scores.items()
                       if seed in base]
            color = 'seagreen' if 'views' in name else 'slategray'
            axes.plot(against, [place] * len(against), 'o', color=color, alpha=0.6)
            if against:
                axes.plot(np.mean(against), place, '|', color='black', markersize=18)
        axes.axvline(0, color='black', linestyle=':')
        axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
        axes.set_xlabel('difference of balanced accuracy / points')
        axes.set_title(dataset, fontsize=10)
        axes.grid(alpha=0.3)
        axes.invert_yaxis()
    return figure


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and recipes.png."""
    write_results(out, cells, whole_page(cells, command), {'recipes.png': _figure(cells)})


def _datasets(cells: Cells) -> list[str]:
    return list(dict.fromkeys(cell['dataset'] for cell in cells))

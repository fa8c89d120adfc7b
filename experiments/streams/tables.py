"""Writes the tables and plots of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import Cells, percent, points, where
from experiments.streams.variants import COSTS, VARIANTS
from experiments.writing import write_results


def whole_page(cells: Cells, command: str) -> str:
    lines = ['# Are two streams better than one at equal cost?', '', f'`{command}`', '']
    for source in _sources(cells):
        of_source = where(cells, source=source)
        first = of_source[0]
        synthetic = ' (synthetic)' if first['synthetic'] else ''
        lines += [f'## {source}{synthetic}', '',
                  f'{first["pictures"]} photographs, {first["classes"]} classes, the leafiest '
                  f'windows of {first["image_size"][0]} x {first["image_size"][1]} pixels, '
                  f'{first["epochs"]} epochs; mean and standard deviation over '
                  f'{len({cell["seed"] for cell in of_source})} seeds, each of another fold. '
                  f'Predicting one class for all scores {1 / first["classes"]:.0%}. The last '
                  'columns: the mean drop under nine changes of light, and the worst one.', '']
        for cost in COSTS:
            if where(of_source, cost=cost):
                lines += [f'At equal {cost}:', '', *_table(where(of_source, cost=cost)), '']
        lines += [f'![{source}]({_file_name(source)})', '']
    return '\n'.join(lines)


def _table(cells: Cells) -> list[str]:
    rows = ['| network | parameters | multiply-adds | balanced accuracy | against two streams, '
            'same folds | mean drop | worst drop |', '| --- ' * 7 + '|']
    ours = {cell['seed']: cell['balanced_accuracy']
            for cell in where(cells, variant='two streams')}
    for variant in VARIANTS:
        some = where(cells, variant=variant)
        if not some:
            continue
        scores = np.array([cell['balanced_accuracy'] for cell in some])
        against = [cell['balanced_accuracy'] - ours[cell['seed']]
                   for cell in some if cell['seed'] in ours]
        drops = {light: np.mean([cell['balanced_accuracy'] - cell['changed_light'][light]
                                 for cell in some]) for light in some[0]['changed_light']}
        worst = max(drops, key=drops.get)
        rows.append(
            f'| {variant} | {some[0]["parameters"]:,} | {some[0]["multiply_adds"] / 1e6:.1f} M | '
            f'{percent(scores)} | {points(against)} | {100 * np.mean(list(drops.values())):.1f} '
            f'| {100 * drops[worst]:.1f} ({worst}) |')
    return rows


def _figure(cells: Cells) -> matplotlib.figure.Figure:
    figure = matplotlib.figure.Figure(figsize=(10, 3.8), layout='constrained', dpi=110)
    for axes, cost in zip(figure.subplots(1, len(COSTS), sharey=True), COSTS):
        names = list(VARIANTS)
        for place, variant in enumerate(names):
            scores = [100 * cell['balanced_accuracy']
                      for cell in where(cells, cost=cost, variant=variant)]
            color = 'seagreen' if variant == 'two streams' else 'slategray'
            axes.plot(scores, [place] * len(scores), 'o', color=color, alpha=0.6)
            if scores:
                axes.plot(np.mean(scores), place, '|', color='black', markersize=18)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel('balanced accuracy / %')
        axes.set_title(f'at equal {cost}', fontsize=10)
        axes.grid(alpha=0.3)
    axes.invert_yaxis()
    return figure


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and a plot per source."""
    write_results(out, cells, whole_page(cells, command), {
        _file_name(source): _figure(where(cells, source=source)) for source in _sources(cells)})


def _sources(cells: Cells) -> list[str]:
    return sorted({cell['source'] for cell in cells})


def _file_name(source: str) -> str:
    return source.replace('/', '-') + '.png'

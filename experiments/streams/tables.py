"""Writes the tables and plots of the finished cells."""

import json
import pathlib

import matplotlib.figure
import numpy as np

from dualstream.runtime.atomic import writing
from experiments.cells import Cells, percent, points, where
from experiments.streams.variants import COSTS, VARIANTS


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
    figure = matplotlib.figure.Figure(figsize=(10, 3.8), layout='constrained')
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
    with writing(out / 'results.json') as path:
        path.write_text(json.dumps(cells, indent=1) + '\n')
    with writing(out / 'results.md') as path:
        path.write_text(whole_page(cells, command))
    for source in _sources(cells):
        with writing(out / _file_name(source)) as path:
            _figure(where(cells, source=source)).savefig(path, dpi=110)


def _sources(cells: Cells) -> list[str]:
    return sorted({cell['source'] for cell in cells})


def _file_name(source: str) -> str:
    return source.replace('/', '-') + '.png'

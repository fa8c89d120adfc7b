"""Writes the tables and plots of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import SCORES, Cells, where
from experiments.comparison import COLUMNS, compare
from experiments.differences import HOW
from experiments.dots import draw_dots
from experiments.streams.frames import IMAGE_SIZE
from experiments.streams.variants import REFERENCE, VARIANTS
from experiments.writing import table, write_results

EQUAL = ('multiply-adds', 'time')


def whole_page(cells: Cells, command: str) -> str:
    """Writes results.md."""
    lines = ['# Are two streams better than one at equal cost, and which two?', '', f'`{command}`',
             '']
    for source in _sources(cells):
        of_source = where(cells, source=source)
        first = of_source[0]
        synthetic = ' (synthetic)' if first['synthetic'] else ''
        lines += [f'## {source}{synthetic}', '',
                  f'{first["pictures"]} photographs, of which {first["near_duplicates"]} are a '
                  f'near-duplicate of another in the same fold; {first["classes"]} classes; images '
                  f'of {IMAGE_SIZE[0]} x {IMAGE_SIZE[1]} pixels, random windows of the frame in '
                  'training, five averaged in scoring. Predicting the most frequent class for all '
                  f'scores {first["most_frequent"]:.1%} accuracy and {1 / first["classes"]:.0%} '
                  'balanced accuracy. Accuracy is that of the network; for balanced accuracy the '
                  "classes' shares in training are divided out of its probabilities. Mean and "
                  f'standard deviation over {len({cell["fold"] for cell in of_source})} of '
                  f'{first["folds"]} folds. Differences are to the first row. {HOW} The last '
                  'column: by how many points balanced accuracy falls, of one view, in the mean of '
                  'nine changes of light, and in the worst.', '']
        for equal in EQUAL:
            if where(of_source, equal=equal):
                lines += [f'At equal {equal}:', '', *_table(where(of_source, equal=equal)), '']
        lines += [f'![{source}]({source}.png)', '']
    return '\n'.join(lines)


def _table(cells: Cells) -> list[str]:
    compared = compare({name: [cell['several_views'] for cell in where(cells, name=name)]
                        for name in _names(cells)}, REFERENCE, cells[0]['folds'])
    rows = []
    for name, columns in compared.items():
        own = where(cells, name=name)
        first = own[0]
        rows.append([name, f'{first["parameters"]:,}', f'{first["multiply_adds"] / 1e6:.1f} M',
                     f'{first["step_milliseconds"]:.1f}', str(first['epochs']),
                     f'{np.mean([cell["training_seconds"] for cell in own]):,.0f}', *columns,
                     _in_other_light(own)])
    return table(['network', 'parameters', 'multiply-adds', 'ms a step', 'epochs', 'seconds',
                  *COLUMNS, 'in other light'], rows)


def _in_other_light(own: Cells) -> str:
    drops = {light: 100 * np.mean([
        cell['one_view']['balanced_accuracy'] - cell['changed_light'][light]['balanced_accuracy']
        for cell in own]) for light in own[0]['changed_light']}
    worst = max(drops, key=drops.get)
    return f'{np.mean(list(drops.values())):.1f}, {drops[worst]:.1f} ({worst})'


def _figure(cells: Cells) -> matplotlib.figure.Figure:
    equals = [equal for equal in EQUAL if where(cells, equal=equal)]
    names = _names(cells)
    figure = matplotlib.figure.Figure(
        figsize=(5 * len(SCORES), 1.2 + 0.24 * len(names) * len(equals)), layout='constrained',
        dpi=110)
    panels = figure.subplots(
        len(equals), len(SCORES), squeeze=False, sharex='col', sharey='row')
    for row, equal in zip(panels, equals):
        for axes, (score, title) in zip(row, SCORES.items()):
            own = where(cells, equal=equal)
            draw_dots(axes, {name: [cell['several_views'][score] for cell in where(own, name=name)]
                             for name in _names(own)}, title, REFERENCE)
        row[0].invert_yaxis()  # the other axes of the row share it
        row[0].set_title(f'At equal {equal}', fontsize=9)
    return figure


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and a plot per source."""
    write_results(out, cells, whole_page(cells, command), {
        f'{source}.png': _figure(where(cells, source=source)) for source in _sources(cells)})


def _sources(cells: Cells) -> list[str]:
    return sorted({cell['source'] for cell in cells})


def _names(cells: Cells) -> list[str]:
    """The networks that there are cells of, in the order of VARIANTS."""
    known = {cell['name'] for cell in cells}
    return [name for name in VARIANTS if name in known]

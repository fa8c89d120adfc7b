"""Writes the tables and plots of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from experiments.cells import SCORES, Cells, percent, where
from experiments.differences import HOW, differences, in_words
from experiments.streams.frames import IMAGE_SIZE
from experiments.streams.variants import REFERENCE, VARIANTS
from experiments.writing import write_results

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
    header = ['network', 'parameters', 'multiply-adds', 'ms a step', 'epochs', 'seconds',
              *(column for name in SCORES.values() for column in (name, 'difference')),
              'in other light']
    rows = [header, ['---'] * len(header)]
    names = _names(cells)
    scores = {score: {name: [cell['several_views'][score] for cell in where(cells, name=name)]
                      for name in names} for score in SCORES}
    compared = {score: differences(by_name, REFERENCE, cells[0]['folds'])
                for score, by_name in scores.items()}
    for name in names:
        own = where(cells, name=name)
        first = own[0]
        row = [name, f'{first["parameters"]:,}', f'{first["multiply_adds"] / 1e6:.1f} M',
               f'{first["step_milliseconds"]:.1f}', str(first['epochs']),
               f'{np.mean([cell["training_seconds"] for cell in own]):,.0f}']
        for score in SCORES:
            row += [percent(np.array(scores[score][name])),
                    '' if name == REFERENCE else in_words(*compared[score][name])]
        rows.append([*row, _in_other_light(own)])
    return ['| ' + ' | '.join(row) + ' |' for row in rows]


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
            shown = _names(own)
            for place, name in enumerate(shown):
                each = [100 * cell['several_views'][score] for cell in where(own, name=name)]
                color = 'seagreen' if name == REFERENCE else 'slategray'
                axes.plot(each, [place] * len(each), 'o', color=color, alpha=0.6)
                axes.plot(np.mean(each), place, '|', color='black', markersize=12)
            axes.set_yticks(range(len(shown)), shown, fontsize=8)
            axes.set_xlabel(f'{title} / %')
            axes.grid(alpha=0.3)
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

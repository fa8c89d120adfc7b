"""Writes the tables and the pictures of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np
import scipy.stats

from dualstream.color import StainNormalizer
from dualstream.runtime.choices import NORMALIZATIONS
from experiments.cells import Cells, where
from experiments.stains.cell import REFERENCES, TEST, TRAINING
from experiments.stains.slides import SCANNERS, SIZE, TASKS, draw_tissue
from experiments.writing import write_results


def whole_page(cells: Cells, command: str) -> str:
    """Writes results.md."""
    lines = [
        '# Does it help to normalise stains before a network sees slides of another scanner?', '',
        f'`{command}`', '',
        'Everything here is **synthetic**: the tissue is drawn, and scanners A and B are simulated '
        'by stain vectors, a colour matrix and a gamma '
        '([slides.py](../../stains/slides.py)).',
        f'`nano`, {cells[0]["epochs"]} epochs on {TRAINING} tiles of {SIZE} x {SIZE} pixels by A; '
        f'{TEST} other tiles, each pictured by both. Normalisers learnt {REFERENCES} tiles of A. '
        'Either class for all scores 50%.', '',
        'Accuracy, mean and 95% interval of the mean over the seeds (Student); *minus none* is the '
        'difference on scanner B, seed by seed.', '', '![The tissue, its scanners](slides.png)', '']
    for task in dict.fromkeys(cell['task'] for cell in cells):
        lines += [f'## {task}: {TASKS[task]}', '', _table(where(cells, task=task)), '']
    return '\n'.join([*lines, '![Accuracy on the other scanner](stains.png)', ''])


def _table(cells: Cells) -> str:
    lines = ['| way | same scanner (A) | other scanner (B) | B minus none | refused | seeds |',
             '| --- | --- | --- | --- | --- | --- |']
    base = _scores(cells, 'none', 'B')
    for way in dict.fromkeys(cell['way'] for cell in cells):
        same, other = (_scores(cells, way, scanner) for scanner in SCANNERS)
        difference = '' if way == 'none' else interval(other - base, '+')
        refused = np.mean([cell['refused'] for cell in where(cells, way=way)])
        lines.append(f'| {way} | {interval(same)} | {interval(other)} | {difference} | '
                     f'{100 * refused:.1f}% | {len(other)} |')
    return '\n'.join(lines)


def _scores(cells: Cells, way: str, scanner: str) -> np.ndarray:
    chosen = sorted(where(cells, way=way), key=lambda cell: cell['seed'])
    return np.array([cell['accuracy'][scanner] for cell in chosen])


def interval(scores: np.ndarray, sign: str = '') -> str:
    """Writes the mean of scores in per cent, and the 95% interval of the mean; one has none."""
    mean = f'{100 * scores.mean():{sign}.1f}'
    return f'{mean} ± {100 * half_interval(scores):.1f}' if len(scores) > 1 else mean


def half_interval(scores: np.ndarray) -> float:
    """Half of the 95% interval of a mean, after Student; 0 for one score."""
    if len(scores) < 2:
        return 0.0
    return float(scipy.stats.t.ppf(0.975, len(scores) - 1) * scipy.stats.sem(scores))


def scores_figure(cells: Cells) -> matplotlib.figure.Figure:
    """Draws the accuracy on both scanners, a panel per task."""
    tasks = list(dict.fromkeys(cell['task'] for cell in cells))
    figure = matplotlib.figure.Figure(figsize=(5 * len(tasks), 3.2), layout='constrained', dpi=100)
    for axes, task in zip(figure.subplots(1, len(tasks), sharex=True, squeeze=False)[0], tasks):
        of_task = where(cells, task=task)
        ways = list(dict.fromkeys(cell['way'] for cell in of_task))
        for offset, scanner, color in ((-0.15, 'A', 'lightsteelblue'), (0.15, 'B', 'seagreen')):
            scores = [_scores(of_task, way, scanner) for way in ways]
            axes.errorbar([100 * each.mean() for each in scores], np.arange(len(ways)) + offset,
                          xerr=[100 * half_interval(each) for each in scores], fmt='o',
                          color=color, label=f'scanner {scanner}')
        axes.axvline(50, color='black', linestyle=':')
        axes.set_yticks(range(len(ways)), ways)
        axes.invert_yaxis()
        axes.set_xlabel('accuracy / %')
        axes.set_title(f'classes differ by {task}')
        axes.spines[['top', 'right']].set_visible(False)
    axes.legend(loc='center right', fontsize=8)
    return figure


def slides_figure() -> matplotlib.figure.Figure:
    """Draws a tile of each class as both scanners picture it, and B normalised to A."""
    tissue, _ = draw_tissue('size', REFERENCES, 0)
    seen = {name: scanner.scan(tissue) for name, scanner in SCANNERS.items()}
    columns = {f'scanner {name}': tiles for name, tiles in seen.items()}
    for method in NORMALIZATIONS[1:]:
        normalizer = StainNormalizer(method)
        normalizer.adapt(seen['A'])
        columns[f'B, {method}'] = np.asarray(normalizer(seen['B'][:2]))
    figure = matplotlib.figure.Figure(figsize=(9, 3.9), layout='constrained', dpi=100)
    for row, panels in enumerate(figure.subplots(2, len(columns))):
        for axes, (name, tiles) in zip(panels, columns.items()):
            axes.imshow(tiles[row])
            axes.set_title(f'{name}\nclass {row}', fontsize=8)
            axes.set_axis_off()
    return figure


def write(cells: Cells, command: str, out: pathlib.Path) -> None:
    """Writes results.json, results.md and the pictures."""
    write_results(out, cells, whole_page(cells, command),
                  {'stains.png': scores_figure(cells), 'slides.png': slides_figure()})

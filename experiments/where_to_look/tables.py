"""Writes the table and the plot of the finished cells."""

import pathlib

import matplotlib.figure
import numpy as np

from dualstream.runtime.choices import WHOLE
from experiments.cells import SCORES, Cells, percent, where
from experiments.comparison import COLUMNS, compare, trivial
from experiments.differences import HOW
from experiments.where_to_look.ways import VIEWS, WAYS, ZOOMS, zoom_in_words
from experiments.writing import table, write_results


def whole_page(cells: Cells, command: str, base: str) -> str:
    """Writes results.md, with differences to the way called `base`."""
    first = cells[0]
    synthetic = ' (synthetic)' if first['synthetic'] else ''
    seen = ', '.join(view if view == WHOLE else f'zoom {zoom_in_words(view)}' for view in VIEWS)
    return '\n'.join([
        '# Which part of a photograph should the network see, and how large a part?', '',
        f'`{command}`', '',
        f'{first["dataset"]}{synthetic}: `{first["preset"]}` with images of '
        f'{first["image_size"][0]} x {first["image_size"][1]} pixels, {first["epochs"]} epochs, '
        f'about {first["training_pictures"]} photographs to train on and '
        f'{first["held_out_pictures"]} held out; {first["near_duplicates"]} of all photographs are '
        'near-duplicates of others, which share a fold. Mean and standard deviation over '
        f'{len({cell["fold"] for cell in cells})} of {first["folds"]} folds. Accuracy is that of '
        "the network; for balanced accuracy the classes' shares in training are divided out of "
        f'its probabilities. Differences are to the {base}. {HOW} '
        "For several views, the same network's probabilities for each photograph are averaged over "
        f'{seen}.', '',
        *_table(cells, base), '', *_averages(cells),
        '![Scores by what is looked at](scores.png)', ''])


def _table(cells: Cells, base: str) -> list[str]:
    compared = compare({name: [cell['one view'] for cell in where(cells, way=name)]
                        for name in _names(cells)}, base, cells[0]['folds'])
    rows = []
    for name, columns in compared.items():
        own = where(cells, way=name)
        several = [cell['several views'] for cell in own if 'several views' in cell]
        rows.append([
            name, *columns,
            *(percent(np.array([each[score] for each in several])) if several else ''
              for score in SCORES),
            f'{np.mean([cell["training_seconds"] for cell in own]):,.0f}'])
    rows.append(['predicting the most frequent class for all',
                 *trivial([cell['trivial'] for cell in cells]), *[''] * len(SCORES), ''])
    return table(['what is looked at', *COLUMNS,
                  *(f'{title}, several views' for title in SCORES.values()), 'seconds'], rows)


def _averages(cells: Cells) -> list[str]:
    """Tells apart what the zoom does and what the choice of the window does, if all were tried."""
    ways = [way for way in WAYS if way.zoom in ZOOMS]
    if not all(where(cells, way=way.name) for way in ways):
        return []
    rows = []
    for over, name_of in (('three windows', lambda way: f'zoom {zoom_in_words(way.zoom)}'),
                          ('four zooms', lambda way: way.shown)):
        alike = {}
        for way in ways:
            alike.setdefault(name_of(way), []).append(
                [cell['one view'] for cell in where(cells, way=way.name)])
        means = {name: [{score: np.mean([each[score] for each in of_fold]) for score in SCORES}
                        for of_fold in zip(*by_way)] for name, by_way in alike.items()}
        rows += [[f'{over}: {name}', *columns] for name, columns in compare(
            means, next(iter(means)), cells[0]['folds']).items()]
    return ['One view. Differences are to zoom 1 and to the window in the middle, with intervals '
            'that hold for the zooms, or the windows, together.', '',
            *table(['averaged over', *COLUMNS], rows), '']


def figure(cells: Cells) -> matplotlib.figure.Figure:
    """Draws both scores by zoom, a line for each way, with each fold as a point."""
    drawn = matplotlib.figure.Figure(figsize=(10, 4), layout='constrained', dpi=110)
    zooms = list(dict.fromkeys(zoom_in_words(way.zoom) for way in WAYS if way.zoom is not None))
    for axes, (score, title) in zip(drawn.subplots(1, 2), SCORES.items()):
        for shown in dict.fromkeys(way.shown for way in WAYS):
            ways = [way for way in WAYS if way.shown == shown and where(cells, way=way.name)]
            values = [[100 * cell['one view'][score] for cell in where(cells, way=way.name)]
                      for way in ways]
            if not ways:
                continue
            if ways[0].zoom is None:
                axes.axhline(np.mean(values), label=shown, color='slategray')
                continue
            places = [zooms.index(zoom_in_words(way.zoom)) for way in ways]
            steady = [place for place, way in zip(places, ways) if way.zoom in ZOOMS]
            line, = axes.plot(steady, [np.mean(each) for each in values[:len(steady)]], label=shown)
            for place, each in zip(places, values):
                axes.plot([place] * len(each), each, 'o', color=line.get_color(), alpha=0.5)
        axes.axhline(100 * np.mean([cell['trivial'][score] for cell in cells]), color='black',
                     linestyle=':', label='one class for all')
        axes.set_xticks(range(len(zooms)), zooms)
        axes.set_xlabel('zoom')
        axes.set_ylabel(f'{title} / %')
        axes.grid(alpha=0.3)
    drawn.axes[0].legend(fontsize=8)
    return drawn


def write(cells: Cells, command: str, out: pathlib.Path, base: str) -> None:
    """Writes results.json, results.md and scores.png."""
    write_results(out, cells, whole_page(cells, command, base), {'scores.png': figure(cells)})


def _names(cells: Cells) -> list[str]:
    """The ways that there are cells of, in the order of WAYS."""
    known = {cell['way'] for cell in cells}
    return [way.name for way in WAYS if way.name in known]

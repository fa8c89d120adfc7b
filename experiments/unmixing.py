"""How well are the channels of a fluorescence merge recreated, by hue masks and by least squares?

  python -m experiments.unmixing --channels=d0.tif,d1.tif,d2.tif --out=experiments/results/unmixing

Merges each pair of measured channels (gray pictures of one size) in lookup colours, recreates them
by `hue_channels` and by `unmix`, and compares with what was merged, as three things change, each
alone: how much the channels overlap (a share of the first is mixed into the second, so that part is
synthetic), the quality of the JPEG that the merge is stored as (colour at half resolution, 4:2:0),
and how far the channels are brightened, so that they and the merge clip. The error is the root mean
square, in levels of 8 bits, from the channels before clipping, over the pixels in which one has at
least a tenth of full scale; for least squares also without the pixels that it marks as clipped. The
trivial answer, channels that are all black, stands beside it. Takes about 2 minutes on 2 CPU cores.
Writes results.json, results.md, errors.png and example.png.
"""

import io
import itertools
import pathlib

import numpy as np
from absl import flags
from PIL import Image

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.writing import write_results

_CHANNELS = flags.DEFINE_list('channels', [], 'Gray pictures of one size, at least two.')
_CREDIT = flags.DEFINE_string('credit', '', 'Who made the channels, for under the pictures.')
_OUT = flags.DEFINE_string('out', 'runs/unmixing', 'The folder for the results.')

PALETTES = {'red, green': ('red', 'green'), 'magenta, green': ('magenta', 'green'),
            'okabe_ito': ('okabe_blue', 'okabe_yellow')}
SWEEPS = {'overlap': (0, 0.25, 0.5, 0.75, 0.9), 'jpeg': (None, 95, 90, 75, 50),
          'gain': (1, 1.5, 2, 3, 4)}
"""The values of what changes; the first is the value while something else changes."""
WAYS = ('hue masks', 'least squares', 'all black')
UNCLIPPED = 'least squares, clipped pixels left out'
_BRIGHT = 25  # levels


def main(argv: list[str]) -> None:
    del argv
    channels = _read(_CHANNELS.value)
    with command.hushed():
        import tensorflow  # noqa: F401
    import tqdm

    cells = []
    pairs = list(itertools.combinations(range(len(channels)), 2))
    for pair, palette in tqdm.tqdm(list(itertools.product(pairs, PALETTES)), 'Unmixing',
                                   unit=' merges'):
        two = np.stack([channels[number] for number in pair], axis=-1)
        for what, values in SWEEPS.items():
            cells += [{'pair': list(pair), 'palette': palette, 'what': what, 'value': value,
                       **measure(two, PALETTES[palette], **{what: value})} for value in values]
    _write(cells, channels, pathlib.Path(_OUT.value))


def measure(channels: np.ndarray, colors, *, overlap=0, jpeg=None, gain=1) -> dict:
    """Errors of each way, in levels, on one merge of two channels, uint8 (H, W, 2)."""
    merged, picture = make_picture(channels, colors, overlap=overlap, jpeg=jpeg, gain=gain)
    recreated, clipped = recreate(picture, colors)
    bright = merged.max(axis=-1) >= _BRIGHT
    difference = {way: made.astype(float) - merged for way, made in recreated.items()}
    masks = {way: (way, bright) for way in WAYS}
    masks[UNCLIPPED] = 'least squares', bright & ~clipped
    return {'clipped': float(clipped[bright].mean()), 'bright': float(bright.mean()),
            'error': {name: float(np.sqrt(np.mean(difference[way][mask] ** 2)))
                      for name, (way, mask) in masks.items()}}


def make_picture(channels, colors, *, overlap, jpeg, gain) -> tuple[np.ndarray, np.ndarray]:
    """The channels before clipping, float (H, W, 2), and the picture, uint8 (H, W, 3)."""
    from dualstream import merge

    first, second = np.moveaxis(channels.astype(float), -1, 0)
    mixed = np.stack([first, (1 - overlap) * second + overlap * first], axis=-1)
    merged = np.round(gain * mixed)
    picture = np.asarray(merge(np.minimum(merged, 255).astype(np.uint8), colors))
    if jpeg:
        sink = io.BytesIO()
        Image.fromarray(picture).save(sink, 'JPEG', quality=jpeg, subsampling='4:2:0')
        picture = np.asarray(Image.open(sink))
    return merged, picture


def recreate(picture: np.ndarray, colors) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The channels by each way, uint8 (H, W, 2), and the mask of clipped pixels."""
    from dualstream import hue_channels, unmix

    squares = unmix(picture, colors)
    return {'hue masks': np.asarray(hue_channels(picture, colors)),
            'least squares': np.asarray(squares.channels),
            'all black': np.zeros((*picture.shape[:2], 2), np.uint8)}, np.asarray(squares.clipped)


def _read(paths: list[str]) -> list[np.ndarray]:
    from dualstream.slides.reading import open_slide

    channels = []
    for path in paths:
        with open_slide(path) as slide:
            if slide.shape[2] != 1 or slide.dtype != np.uint8:
                raise UserError(f'{path} must be gray, with 8 bits')
            channels.append(slide.read_rows(0, slide.shape[0])[..., 0])
    if len(channels) < 2 or len({channel.shape for channel in channels}) > 1:
        raise UserError('--channels must name at least two pictures of one size')
    return channels


def _spread(cells, palette: str, what: str, value, read) -> list[float]:
    return [read(cell) for cell in cells if
            (cell['palette'], cell['what'], cell['value']) == (palette, what, value)]


def _text(values: list[float], form: str) -> str:
    mean, low, high = (f'{number:{form}}' for number in (np.mean(values), min(values), max(values)))
    return f'{mean} ({low} to {high})'


def _table(cells) -> str:
    """A row for each palette and value, with mean, least and greatest over the pairs."""
    names = {'overlap': 'overlap {:.0%}', 'jpeg': 'JPEG quality {}', 'gain': 'brightened {} times'}
    pairs = len({tuple(cell['pair']) for cell in cells})
    columns = ('hue masks', 'least squares', UNCLIPPED, 'all black')
    lines = ['Root mean square error in levels of 8 bits, from the channels before clipping, over '
             f'the pixels with at least {_BRIGHT} levels in a channel: mean, and least to '
             f'greatest, of {pairs} pairs of channels.', '',
             f'| lookup colours | what changes | clipped | {" | ".join(columns)} |',
             '| --- | --- | --- | --- | --- | --- | --- |']
    for palette, what in itertools.product(PALETTES, SWEEPS):
        for value in SWEEPS[what]:
            changed = names[what].format(value) if value is not None else 'not compressed'
            clipped = _spread(cells, palette, what, value, lambda cell: cell['clipped'])
            errors = [_text(_spread(cells, palette, what, value,
                                    lambda cell, way=way: cell['error'][way]), '.1f')
                      for way in columns]
            lines.append(f'| {palette} | {changed} | {np.mean(clipped):.1%} | '
                         f'{" | ".join(errors)} |')
    return '\n'.join(lines) + '\n'


def _errors_figure(cells):
    import matplotlib.figure

    labels = {'overlap': 'share of one channel mixed into the other',
              'jpeg': 'JPEG quality (first: none)', 'gain': 'brightened by'}
    figure = matplotlib.figure.Figure(figsize=(12, 4.4), layout='constrained', dpi=100)
    for axes, what in zip(figure.subplots(1, 3, sharey=True), SWEEPS):
        places = np.arange(len(SWEEPS[what]))
        for palette, color in zip(PALETTES, ('firebrick', 'purple', 'steelblue')):
            for way, style in (('hue masks', '--'), ('least squares', '-'), (UNCLIPPED, ':')):
                spreads = [_spread(cells, palette, what, value,
                                   lambda cell, way=way: cell['error'][way])
                           for value in SWEEPS[what]]
                axes.plot(places, [np.mean(spread) for spread in spreads], style, color=color,
                          marker='o', label=f'{palette}: {way}')
                axes.fill_between(places, [min(spread) for spread in spreads],
                                  [max(spread) for spread in spreads], color=color, alpha=0.08)
        axes.set_xticks(places, ['none' if value is None else f'{value:g}'
                                 for value in SWEEPS[what]])
        axes.set_xlabel(labels[what])
    figure.axes[0].set_ylim(0, None)
    figure.axes[0].set_ylabel('error / levels of 8 bits')
    figure.legend(*axes.get_legend_handles_labels(), loc='outside lower center', ncols=3,
                  fontsize=8)
    return figure


def _example_figure(channels):
    import matplotlib.figure

    colors = PALETTES['magenta, green']
    two = np.stack([channels[0], channels[-1]], axis=-1)
    merged, picture = make_picture(two, colors, overlap=0, jpeg=90, gain=1)
    recreated, _ = recreate(picture, colors)
    figure = matplotlib.figure.Figure(figsize=(12, 6.4), layout='constrained', dpi=80)
    grid = figure.subplots(2, 4)
    rows = [('channel {} as measured', merged), ('by hue masks', recreated['hue masks']),
            ('by least squares', recreated['least squares'])]
    grid[0, 0].imshow(picture)
    grid[0, 0].set_title('merge, JPEG quality 90', fontsize=9)
    for line in range(2):
        for axes, (name, shown) in zip(grid[line, 1:], rows):
            axes.imshow(shown[..., line], cmap='gray', vmin=0, vmax=160)
            axes.set_title(f'{name.format(line + 1)}{"" if "{}" in name else ", recreated"}',
                           fontsize=9)
    for axes in grid.flat:
        axes.axis('off')
    grid[1, 0].text(0, 0.5, _CREDIT.value.replace('; ', '\n'), fontsize=8)
    return figure


def _write(cells, channels, out: pathlib.Path) -> None:
    table = _table(cells)
    write_results(out, cells, table, {
        'errors.png': _errors_figure(cells), 'example.png': _example_figure(channels)})
    print(table)


if __name__ == '__main__':
    command.run(main)

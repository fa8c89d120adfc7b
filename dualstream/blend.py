"""Merges fluorescence channels: python -m dualstream.blend CHANNEL... --colors=magenta,green.

Each CHANNEL is a gray picture, JPEG, PNG, BMP or TIFF, of 8 or 16 bits or floating in [0, 1]; all
have one size and depth. The merge goes to --out, a PNG of 8 bits or a TIFF in the channels' depth,
tile by tile. `python -m dualstream.recolor --to=channels` recreates channels from a merge.
"""

import pathlib

from absl import flags

from dualstream.color.fluorochromes.merging import MODES
from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_COLORS = flags.DEFINE_list(
    'colors', ['mgc'], 'Lookup colours of the channels: one each, by name or as #rrggbb, or one of '
    'the palettes rgb, mgc (magenta, green, cyan) and okabe_ito.')
_MODE = flags.DEFINE_enum(
    'mode', 'additive', MODES, 'How colours are combined.')
_STRETCH = flags.DEFINE_boolean(
    'stretch', False, 'Stretch each channel from its 1st to its 99.9th percentile.')
_OUT = flags.DEFINE_string('out', 'runs/merge.png', 'The picture to write, a .png or a .tif.')


def main(argv: list[str]) -> None:
    channels, out = argv[1:], pathlib.Path(_OUT.value)
    if not channels:
        raise UserError('name the channels, a gray picture each')
    if out.suffix.lower() not in ('.png', '.tif', '.tiff'):
        raise UserError(f'--out={out} must end in .png or .tif')
    if out.resolve() in [pathlib.Path(channel).resolve() for channel in channels]:
        raise UserError(f'--out={out} is one of the channels')

    with command.hushed():
        import tensorflow  # noqa: F401
    from tqdm import tqdm

    from dualstream.color import PALETTES, lookup_colors
    from dualstream.slides.blending import blend_files

    colors = _COLORS.value
    colors = colors[0] if len(colors) == 1 and colors[0] in PALETTES else colors
    try:
        lookup_colors(colors, len(channels))
    except ValueError as error:
        raise UserError(f'--colors: {error}') from error
    out.parent.mkdir(parents=True, exist_ok=True)
    with tqdm(unit=' rows', disable=None) as bar:  # None: only on a terminal
        levels = blend_files(channels, out, colors, mode=_MODE.value, stretch=_STRETCH.value,
                             progress=bar.update)
    print(f'{out}: {len(channels)} channels merged, {_MODE.value}')
    if _STRETCH.value:
        for channel, (low, high) in zip(channels, levels):
            print(f'  {channel}: black at {low:.2%} of its range, full colour from {high:.2%}')


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()

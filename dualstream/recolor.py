"""Recolours pictures: python -m dualstream.recolor PHOTO|FOLDER... --to=lab --out=DIR.

--normalize=macenko, vahadane or reinhard gives slides the stains or colours of --reference and
makes DIR/NAME-macenko.tif and so on, a PNG where the picture is an 8-bit file other than TIFF; what
cannot be normalised stays as it is and is named. The stains that macenko and vahadane find go to
DIR/NAME-macenko.json, as QuPath writes them.

--to=lab, hsv, hed (haematoxylin, eosin and DAB), gray or channels (of a fluorescence merge, by the
lookup colours in --colors) makes DIR/NAME-lab.tif and so on. A space or stains come out as 32-bit
numbers with their units, gray and channels with as many bits as the picture has.

Pictures are JPEG, PNG, BMP or TIFF, of 8 or 16 bits a channel or floating in [0, 1]; an alpha
channel is dropped. A TIFF is read and written tile by tile, so that a slide larger than the memory
is no trouble. DIR/recolor-sheet-1.png and so on show each picture before and after. A
picture that cannot be read is named, the others are made, and the status is 1.
"""

import pathlib
from collections.abc import Callable

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.atomic import writing
from dualstream.runtime.choices import NORMALIZATIONS, RECOLORINGS
from dualstream.runtime.errors import UserError, naming
from dualstream.runtime.pictures import (
    Readable,
    check_folder,
    check_target,
    find_pictures,
    free_names,
)

_TO = flags.DEFINE_enum('to', None, RECOLORINGS, 'What to make of red, green and blue.')
_COLORS = flags.DEFINE_list(
    'colors', ['red', 'green', 'blue'], 'Lookup colours of the channels, for --to=channels: one to '
    'three names or #rrggbb, or one of the palettes rgb, mgc and okabe_ito.')
_STAINS = flags.DEFINE_string(
    'stains', None, "The stain vectors and background, for --to=hed: a file with QuPath's JSON; "
    "Ruifrok and Johnston's, as scikit-image scales them, if not given.")
_NORMALIZE = flags.DEFINE_enum(
    'normalize', 'none', NORMALIZATIONS, 'How slides are given the stains of the reference, first.')
_REFERENCE = flags.DEFINE_list(
    'reference', [], 'The picture whose stains --normalize gives to the others, or several.')
_OUT = flags.DEFINE_string('out', 'runs/recolor', 'The folder that the pictures are written to.')


def main(argv: list[str]) -> None:
    if not argv[1:]:
        raise UserError('name a picture, or a folder of pictures')
    if _TO.value is None and _NORMALIZE.value == 'none':
        raise UserError('say what to make: --to=lab, hsv, hed, gray or channels, or --normalize')
    if (_NORMALIZE.value == 'none') != (not _REFERENCE.value):
        raise UserError('--normalize and --reference need each other')
    out = pathlib.Path(_OUT.value)
    check_folder(out)

    with command.hushed():
        import dualstream.slides.recoloring  # noqa: F401, and with it TensorFlow
    from dualstream.slides.reading import SUFFIXES

    recoloring = _recoloring()
    roots = map(pathlib.Path, argv[1:])
    targets = _targets([(root, file) for root in roots for file in find_pictures(root, SUFFIXES)],
                       out)
    out.mkdir(parents=True, exist_ok=True)
    readable = Readable(len(targets), 'pictures')
    with readable.bar:
        _recolor(targets, recoloring, out, readable)
    readable.check()


def _recoloring():
    from dualstream.color.conventions import SKIMAGE
    from dualstream.color.fluorochromes.least_squares import check_apart
    from dualstream.color.fluorochromes.palettes import PALETTES, lookup_colors
    from dualstream.slides.qupath import read_qupath
    from dualstream.slides.recoloring import Recoloring

    colors = _COLORS.value
    colors = PALETTES[colors[0]] if len(colors) == 1 and colors[0] in PALETTES else tuple(colors)
    try:
        check_apart(lookup_colors(colors))
    except ValueError as error:
        raise UserError(f'--colors: {error}') from error
    stains = read_qupath(_STAINS.value) if _STAINS.value else SKIMAGE
    normalizer = None if _NORMALIZE.value == 'none' else _normalizer()
    return Recoloring(to=_TO.value, colors=colors, stains=stains, normalizer=normalizer)


def _normalizer():
    """The normalizer, adapted to overviews of the references."""
    import numpy as np

    from dualstream.color.bit_depth import white_level
    from dualstream.color.stains import StainNormalizer
    from dualstream.slides.reading import open_slide

    normalizer, views = StainNormalizer(_NORMALIZE.value), []
    for reference in _REFERENCE.value:
        with open_slide(reference) as slide:
            if slide.shape[2] != 3:
                raise UserError(f'--reference={reference} is gray')
            view = slide.overview()
        views.append((view / white_level(view.dtype)).astype(np.float32))
    try:
        normalizer.adapt(views)
    except ValueError as error:
        raise UserError(f'--reference={",".join(_REFERENCE.value)}: {error}') from error
    return normalizer


def _targets(files, out: pathlib.Path) -> dict[pathlib.Path, pathlib.Path]:
    """Where each picture goes: its path below the folder that was named, then what it is."""
    made = '-'.join(filter(None, (_NORMALIZE.value.replace('none', ''), _TO.value)))
    wanted = {}
    for root, file in files:
        below = file.relative_to(root) if root.is_dir() else pathlib.Path(file.name)
        wanted[file] = out / below.with_name(f'{below.stem}-{made}')
    photos = () if _TO.value not in (None, 'gray') else ('.jpg', '.jpeg', '.png', '.bmp')
    return {file: name.with_name(
        f'{name.name}{".png" if file.suffix.lower() in photos else ".tif"}')
            for file, name in free_names(wanted).items()}


def _recolor(targets, recoloring, out: pathlib.Path, readable: Readable) -> None:
    """Makes every picture, and sheets of them."""
    from dualstream.figures.recolor_sheet import PER_SHEET, Pair, recolor_sheet
    from dualstream.slides.qupath import write_qupath
    from dualstream.slides.recoloring import recolor_file

    inputs = {file.resolve() for file in targets}

    def make(file):
        target = targets[file]
        with naming(file):
            check_target(target, inputs)
        target.parent.mkdir(parents=True, exist_ok=True)
        made = recolor_file(file, target, recoloring, progress=_progress(file, readable))
        if recoloring.to == 'channels':
            readable.bar.write(f'{file}: {_trust(made.before.pixels, recoloring.colors)}')
        if made.validity not in (None, 'ok'):
            readable.bar.write(f'{file}: {made.validity}; its stains were left as they are')
        if made.stains:
            write_qupath(target.with_suffix('.json'), made.stains, name=file.stem)
        return Pair(file.name, made.before.pixels, made.after.pixels)

    pairs, number = [], 0
    for pair in readable.each(targets, make):
        pairs.append(pair)
        if len(pairs) == PER_SHEET:
            number += 1
            _save(recolor_sheet(pairs, recoloring), out, number, inputs)
            pairs = []
    if pairs:
        _save(recolor_sheet(pairs, recoloring), out, number + 1, inputs)


def _trust(pixels, colors) -> str:
    """What the sampled pixels say of the channels that were recreated."""
    import numpy as np

    from dualstream.color import unmix

    _, clipped, error = map(np.asarray, unmix(pixels, colors))
    return (f'recreated, not measured; {clipped.mean():.1%} of {clipped.size:,} sampled pixels are '
            f'clipped, and the channels leave {np.sqrt(np.mean(error ** 2)):.1%} of white (root '
            'mean square) unexplained')


def _progress(file: pathlib.Path, readable: Readable) -> Callable[[float], None]:
    """Shows after the bar how much of a large picture is done."""
    done = 0.0

    def progress(share: float) -> None:
        nonlocal done
        done += share
        if share < 0.05:
            readable.bar.set_postfix_str(f'{file.name} {done:.0%}')

    return progress


def _save(figure, out: pathlib.Path, number: int, inputs: set[pathlib.Path]) -> None:
    sheet = out / f'recolor-sheet-{number}.png'
    check_target(sheet, inputs)
    with writing(sheet) as path:
        figure.savefig(path, dpi=100)


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()

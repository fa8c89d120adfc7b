"""Shows what the routines do with photographs: python -m dualstream.show PHOTO... --out=DIR.

Each PHOTO that is a file becomes a figure of its own, DIR/NAME.png: its mask, the windows that each
routine considers, the one that it chooses, and the image that comes out. Each PHOTO that is a
folder becomes contact sheets of the pictures in it, DIR/NAME-sheet-1.png and so on. The thresholds
are drawn in DIR/hue_wheel.png. With --space=lch they are of CIE LCh, in which steps look alike.

With --suggest the photographs are not drawn one by one. Their colours propose thresholds: pixels
are counted by hue, each by its chroma; the histogram is smoothed until the hues that a plant can
have hold one mode; the range reaches from there to the valley on each side, or to where a twentieth
of the mode is left; the floors of saturation and value are found in the same way, among the pixels
of those hues. DIR/suggested_thresholds.png shows it.
"""

import itertools
import pathlib

from absl import flags

from dualstream.color.ranges import HsvRange, LchRange
from dualstream.runtime import command, configflags
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError
from dualstream.runtime.pictures import Readable, check_folder, find_pictures
from dualstream.training.config import TrainConfig

_OUT = flags.DEFINE_string('out', 'runs/show', 'The folder that the pictures are written to.')
_SPACE = flags.DEFINE_enum(
    'space', 'hsv', ['hsv', 'lch'], "What the mask's thresholds are of: hue, saturation and value, "
    'or CIE LCh: hue, chroma and lightness.')
_HUE = flags.DEFINE_list(
    'hue', None, "LO,HI: the mask's hues in degrees; in HSV whole ones, 35,170 if not given, and "
    '340,20 is red.')
_SATURATION = flags.DEFINE_list(
    'saturation', None, "LO,HI: the mask's saturations in whole hundredths, 0.20,1 if not given.")
_VALUE = flags.DEFINE_list(
    'value', None, "LO,HI: the mask's values in whole hundredths, 0.12,1 if not given.")
_CHROMA = flags.DEFINE_list(
    'chroma', None, "LO,HI: the mask's chroma in CIE LCh, 10,inf if not given.")
_LIGHTNESS = flags.DEFINE_list(
    'lightness', None, "LO,HI: the mask's lightness in CIE LCh, 0,100 if not given.")
configflags.define(TrainConfig, 'image_size', 'saccades', 'zoom')
_SEED = flags.DEFINE_integer('seed', 0, 'Seed of the windows of the random crop.')
_SUGGEST = flags.DEFINE_boolean(
    'suggest', False, 'Propose thresholds from the colours of the photographs instead.')

_SUFFIXES = ('.jpg', '.jpeg', '.png', '.gif', '.bmp')
_PIXELS = 2_000_000  # that a suggestion is made from, of all photographs together


def main(argv: list[str]) -> None:
    if not argv[1:]:
        raise UserError('name a photograph, or a folder of photographs')
    thresholds = _thresholds()
    crops = configflags.read(TrainConfig, crop='random')  # which may have a range of zooms
    out = pathlib.Path(_OUT.value)
    check_folder(out)

    try:
        color_range = (LchRange if _SPACE.value == 'lch' else HsvRange)(**thresholds)
    except ValueError as error:
        raise UserError(f'--{error}') from error  # it starts with the threshold's name
    # TensorFlow is imported here, so that --helpshort and faulty flags need not wait for it.
    with command.hushed():
        import dualstream.color.masks  # noqa: F401
    out.mkdir(parents=True, exist_ok=True)
    photos = {photo: find_pictures(photo, _SUFFIXES) for photo in map(pathlib.Path, argv[1:])}
    readable = Readable(sum(map(len, photos.values())))
    with readable.bar:
        if _SUGGEST.value:
            _suggest(photos, color_range, out, readable)
        else:
            _draw(photos, color_range, crops, out, readable)
    readable.check()


def _thresholds() -> dict[str, tuple]:
    """The thresholds that were given, by name."""
    if _SUGGEST.value and _SPACE.value == 'lch':
        raise UserError('--suggest proposes thresholds in HSV; leave out --space=lch')
    if _HUE.value is None and _SPACE.value == 'lch':
        raise UserError('--space=lch needs --hue=LO,HI; green is 110,160')
    kinds = {'hsv': ((_HUE, int), (_SATURATION, float), (_VALUE, float)),
             'lch': ((_HUE, float), (_CHROMA, float), (_LIGHTNESS, float))}
    known = [flag.name for flag, _ in kinds[_SPACE.value]]
    for flag, _ in kinds['hsv'] + kinds['lch']:
        if flag.value is not None and flag.name not in known:
            raise UserError(
                f'--{flag.name} is no threshold with --space={_SPACE.value}: they are '
                f'{", ".join(f"--{name}" for name in known)}')
    return {flag.name: _pair(flag, number) for flag, number in kinds[_SPACE.value]
            if flag.value is not None}


def _draw(photos, color_range, crops, out: pathlib.Path, readable: Readable) -> None:
    """A figure of each file and contact sheets of each folder."""
    from dualstream.figures.contact_sheet import PER_SHEET, contact_sheet, make_print
    from dualstream.figures.hue_wheel import hue_wheel_figure
    from dualstream.figures.routine_figure import routine_figure
    from dualstream.training.looking import training_routine_of

    zoom = training_routine_of(crops).zoom
    _save(hue_wheel_figure(color_range), out, 'hue_wheel')
    taken = {'hue_wheel'}
    for photo, files in photos.items():
        name = _untaken(photo.absolute().name if photo.is_dir() else photo.stem, taken)
        if not photo.is_dir():
            for figure in readable.each(files, lambda file: routine_figure(
                    file, color_range, target_size=crops.image_size, saccades=crops.saccades,
                    zoom=zoom, seed=_SEED.value, title=file.name)):
                _save(figure, out, name)
            continue
        prints = readable.each(
            files, lambda file: make_print(
                file.name, file, color_range=color_range, target_size=crops.image_size, zoom=zoom))
        for number in itertools.count(1):
            sheet = list(itertools.islice(prints, PER_SHEET))
            if not sheet:
                break
            _save(contact_sheet(sheet, f'{photo}, sheet {number}: leaf in the frame, and in the '
                                       f'window that array_crop chooses'),
                  out, f'{name}-sheet-{number}')


def _suggest(photos, hsv_range, out: pathlib.Path, readable: Readable) -> None:
    """Proposes thresholds, and draws what they were read from."""
    import numpy as np

    from dualstream.color.suggest import share_inside, suggest_range
    from dualstream.figures.hue_wheel import in_words
    from dualstream.figures.photo import read_photo
    from dualstream.figures.suggestion_figure import suggestion_figure

    files = [file for some in photos.values() for file in some]
    each = -(-_PIXELS // len(files))
    rng = np.random.default_rng(_SEED.value)

    def some_pixels(file):
        pixels = read_photo(file).reshape(-1, 3)
        return pixels[rng.integers(len(pixels), size=each)]

    samples = list(readable.each(files, some_pixels))
    if not samples:
        return
    pixels = np.concatenate(samples)
    suggestion = suggest_range(pixels)
    found = suggestion.hsv_range
    title = f'the colours of {len(samples)} photographs'
    _save(suggestion_figure(suggestion, hsv_range, title), out, 'suggested_thresholds')
    print(f'{title}, {each:,} pixels of each; see {out / "suggested_thresholds.png"}')
    print(f'in use:    {in_words(hsv_range)}; covers {share_inside(pixels, hsv_range):.1%}')
    if found is None:
        raise UserError(
            'no leaf-like mode: between 50 and 170 degrees the histogram of hues has no hill that '
            'falls to half on both sides and holds 1% of the pixels; no thresholds are suggested')
    print(f'suggested: {in_words(found)}; covers {share_inside(pixels, found):.1%}')
    print(f'how: the leaf is the mode of hues weighted by chroma, here {suggestion.mode}°; the '
          'range reaches to the valleys around it, or to a twentieth of its height; the floors '
          'of saturation and value are found in the same way')
    print(repr(found))
    print(f'--hue={found.hue[0]},{found.hue[1]} --saturation={found.saturation[0]:.2f},1 '
          f'--value={found.value[0]:.2f},1')


def _pair(flag, number: type) -> tuple:
    try:
        first, second = map(number, flag.value)
    except ValueError as error:
        kind = 'whole numbers' if number is int else 'numbers'
        raise UserError(f'--{flag.name} must be two {kind} with a comma between them, got '
                        f'{",".join(flag.value)!r}') from error
    return first, second


def _untaken(name: str, taken: set[str]) -> str:
    """The name, or with a number after it where another picture has it already."""
    number = 2
    free = name
    while free in taken:
        free, number = f'{name}-{number}', number + 1
    taken.add(free)
    return free


def _save(figure, out: pathlib.Path, name: str) -> None:
    with writing(out / f'{name}.png') as path:
        figure.savefig(path, dpi=100)


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()

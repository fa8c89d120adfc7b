"""Measures IHC with DAB: python -m dualstream.ihc PICTURE|FOLDER... --out=DIR.

For each picture of haematoxylin and DAB it prints which share is positive, by area and by count of
nuclei, with 95% intervals of a bootstrap; suggests thresholds of optical density; warns where DAB
is saturated; and draws DIR/NAME-ihc.png. DIR/ihc.csv has a row for each picture. By count means
something for nuclear stains alone, such as Ki67. A picture is a field with the tissue in question,
not a whole slide. It is no medical device.
"""

import csv
import pathlib

from absl import flags

from dualstream.runtime import command, configflags
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError, naming
from dualstream.runtime.pictures import (
    Readable,
    check_folder,
    check_target,
    find_pictures,
    free_names,
)
from dualstream.slides.ihc_config import IhcConfig

_OUT = flags.DEFINE_string('out', 'runs/ihc', 'The folder that results are written to.')
_STAINS = flags.DEFINE_string(
    'stains', None, "The stain vectors, haematoxylin first and DAB second, and the background: a "
    "file with QuPath's JSON; Ruifrok and Johnston's and the picture's own background if not given."
)
configflags.define(IhcConfig)


def main(argv: list[str]) -> None:
    if not argv[1:]:
        raise UserError('name a picture, or a folder of pictures')
    with command.hushed():
        import tensorflow  # noqa: F401
    from dualstream.slides.qupath import read_qupath
    from dualstream.slides.reading import SUFFIXES

    config = configflags.read(IhcConfig)
    stains = read_qupath(_STAINS.value) if _STAINS.value else None
    out = pathlib.Path(_OUT.value)
    check_folder(out)
    files = [file for path in argv[1:] for file in find_pictures(pathlib.Path(path), SUFFIXES)]
    names = free_names({file: out / f'{file.stem}-ihc' for file in files})
    names = {file: name.with_name(f'{name.name}.png') for file, name in names.items()}
    inputs = {file.resolve() for file in files}
    for name in names.values():
        check_target(name, inputs)
    out.mkdir(parents=True, exist_ok=True)
    readable = Readable(len(files), 'pictures')
    with readable.bar:
        rows = list(readable.each(files, lambda file: _measure(
            file, names[file], config, stains, readable.bar.write)))
    if rows:
        _write(rows, out)
    readable.check()


def _measure(file: pathlib.Path, name: pathlib.Path, config: IhcConfig, stains, say) -> dict:
    """Measures a picture, draws it and says what was found; its row of the table."""
    from dualstream.figures.ihc_figure import ihc_figure, in_words
    from dualstream.slides.ihc import check_field, measure_ihc
    from dualstream.slides.reading import open_slide

    with open_slide(file) as slide:
        with naming(file):
            check_field(*slide.shape[:2])
        picture = slide.read_rows(0, slide.shape[0])
    with naming(file):
        ihc = measure_ihc(picture, config, stains=stains)
    with writing(name) as path:
        ihc_figure(picture, ihc, file.name).savefig(path, dpi=100)
    say(f'{file}: {in_words(ihc)}; see {name}')
    say(
        f'  --dab_threshold={ihc.dab_threshold:.3f} '
        f'--hematoxylin_threshold={ihc.hematoxylin_threshold:.3f} '
        f'--nucleus_radius={ihc.radius:g}; brown from {ihc.split:.0f} degrees; background '
        f'{", ".join(f"{channel:.0f}" for channel in ihc.background)}')
    for warning in ihc.warnings:
        say(f'  warning: {warning}')
    return _row(file, ihc)


def _row(file: pathlib.Path, ihc) -> dict:
    shares = {f'{name}_{part}': getattr(share, part)
              for name, share in (('by_area', ihc.by_area), ('by_count', ihc.by_count))
              for part in ('value', 'low', 'high')}
    return {'picture': str(file), **shares, 'positive_nuclei': len(ihc.positive_nuclei),
            'negative_nuclei': len(ihc.negative_nuclei), 'dab_threshold': ihc.dab_threshold,
            'hematoxylin_threshold': ihc.hematoxylin_threshold, 'split_degrees': ihc.split,
            'nucleus_radius': ihc.radius,
            'background': ' '.join(f'{channel:.0f}' for channel in ihc.background),
            'warnings': '; '.join(ihc.warnings)}


def _write(rows: list[dict], out: pathlib.Path) -> None:
    with writing(out / 'ihc.csv') as path, open(path, 'w', newline='') as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()

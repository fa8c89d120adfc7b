"""Predicts photographs: python -m dualstream.predict --model=runs/demo PHOTO|FOLDER|PATTERN|-...

Each photograph is a JPEG or PNG of at most 30 MB and 50 megapixels. FOLDER stands for all in it and
in its folders, PATTERN is one such as 'field/**/*.jpg', and - reads paths from standard input, one
a line. One row is written for each:

  photograph      verdict     coverage  most probable
  field/leaf.jpg  diagnosis      97.2%  cmd 91.3%, cgm 4.0%, healthy 2.9%

`diagnosis`: the most probable class counts. `unsure`: no class is probable enough. `not a leaf`:
too little of the window has a leaf's colours. Both thresholds were chosen when the network was
trained, so that at least 98% of the leaves it was validated on got a diagnosis. A file that cannot
be read is a row with its error, and the command's status is 1.

A SavedModel is a program that can read and write files: use none from a stranger. Keras files are
loaded in safe mode, in which they run no code of their own.
"""

import contextlib
import itertools
import pathlib
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError

_MODEL = flags.DEFINE_string(
    'model', 'runs/demo', "A run's folder; its model.keras; or what dualstream.export wrote: the "
    'folder of a SavedModel, a .tflite or a .onnx file.')
_TOP = flags.DEFINE_integer(
    'top', 3, 'How many classes to name for each photograph.', lower_bound=1)
_JSON = flags.DEFINE_boolean('json', False, 'Write a line of JSON for each photograph.')
_CSV = flags.DEFINE_boolean('csv', False, 'Write CSV.')
_OUT = flags.DEFINE_string('out', '', 'The file to write to; standard output if not given.')
_SHEET = flags.DEFINE_string(
    'sheet', '', 'A PNG to draw the photographs in, with window and verdict; of more than 24 there '
    'are several, NAME-2.png and so on.')
_GROUP_BY = flags.DEFINE_string(
    'group_by', '', 'Write a row for each plant, by the mean probabilities of its photographs: '
    "folder, where each plant has its own; or a regular expression for the plant's name in the "
    'path, such as plant(\\d+).')


def main(argv: list[str]) -> None:
    if _JSON.value and _CSV.value:
        raise UserError('--json and --csv exclude each other')
    if _SHEET.value and not _SHEET.value.lower().endswith('.png'):
        raise UserError(f'--sheet={_SHEET.value} must end in .png')
    with command.hushed():
        from tqdm import tqdm

        from dualstream.prediction import load
        from dualstream.prediction.groups import Naming
        from dualstream.prediction.rows import row_maker
        from dualstream.prediction.sources import find_photographs

    naming = Naming(_GROUP_BY.value) if _GROUP_BY.value else None
    photographs = find_photographs(argv[1:], sys.stdin)
    names = {path: naming(path) for path in photographs} if naming else {}
    with command.hushed():
        predictor = load(_MODEL.value)
    kind = 'json' if _JSON.value else 'csv' if _CSV.value else 'table'
    head, to_row = row_maker(kind, _TOP.value, grouped=bool(naming))
    made = []
    with contextlib.ExitStack() as files:
        write = _writer(files)
        bar = files.enter_context(tqdm(  # None: only on a terminal
            predictor.stream(photographs), 'Predicting', len(photographs), unit=' photographs',
            disable=None))
        for line in head:
            write(line)
        for prediction in bar:
            made.append(prediction)
            if not naming:
                write(to_row(prediction))
            elif prediction.error:
                tqdm.write(f'error: {prediction.name}: {prediction.error}', file=sys.stderr)
        if naming:
            for group in _groups(made, names):
                write(to_row(group))
    if _SHEET.value:
        _draw(made, pathlib.Path(_SHEET.value))
    if bad := sum(bool(each.error) for each in made):
        raise UserError(f'{bad} of {len(made)} photographs could not be read')


def _writer(files: contextlib.ExitStack):
    """What writes a line, to standard output or to a file that is there whole or not at all."""
    from tqdm import tqdm

    if not _OUT.value:
        return lambda line: tqdm.write(line, file=sys.stdout)
    file = files.enter_context(open(files.enter_context(writing(_OUT.value)), 'w', newline=''))
    return lambda line: print(line, file=file)


def _groups(predictions, names):
    """What the photographs of each plant say together, in the order of the names."""
    from dualstream.prediction.groups import combine

    by_name = {}
    for prediction in predictions:
        if not prediction.error:
            by_name.setdefault(names[prediction.name], []).append(prediction)
    return [combine(name, by_name[name]) for name in sorted(by_name)]


def _draw(predictions, path: pathlib.Path) -> None:
    """Draws the sheets."""
    from dualstream.figures.prediction_sheet import PER_SHEET, Print, prediction_sheet
    from dualstream.prediction.frames import read_upright

    def to_print(prediction):
        if prediction.error:
            return Print(prediction.name, 'error', prediction.error)
        (label, probability), = prediction.top(1)
        return Print.of(prediction.name, prediction.verdict, f'{label} {probability:.1%}',
                        frame=read_upright(prediction.name)[0], window=prediction.window)

    prints = map(to_print, predictions)
    for number in itertools.count(1):
        sheet = list(itertools.islice(prints, PER_SHEET))
        if not sheet:
            break
        name = path if number == 1 else path.with_name(f'{path.stem}-{number}{path.suffix}')
        with writing(name) as scratch:
            prediction_sheet(sheet, f'{_MODEL.value}, sheet {number}').savefig(scratch, dpi=100)


def cli() -> None:
    command.run(main, arguments=True)


if __name__ == '__main__':
    cli()

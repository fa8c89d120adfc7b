"""Are two streams better than one at equal cost, and which two?

  python -m experiments.streams --quick
  python -m experiments.streams --sources=cassava_crop/kaggle2020,DIR --manual_dir=DIR \
      --out=experiments/results/streams

Trains the reference, `nano`, and variants of it: another late stream, other merges, one stream
alone. Equal multiply-adds: the widths of each variant are scaled until it costs what the reference
costs, and all are trained for as many epochs. Equal time: the same networks, and networks that one
would use instead, are trained for as many epochs as fit into the time of the reference's training.
Steps are timed side by side before the first training. A source is a TFDS set or a folder with one
folder per class. All networks have the same folds, which keep near-duplicates together, the same
recipe, and random windows of the whole frame; they are scored in the light of the photographs and
in nine others. Takes about 2 hours for kaggle2020, 3 folds and all networks on 2 CPU cores,
estimated from a minute for the reference's training; --quick takes at most 5 minutes. Writes
results.json, results.md and a plot per source. Finished cells are kept in DIR/cells and not run
again.
"""

import functools
import pathlib
import shlex
import sys

import numpy as np
from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_SOURCES = flags.DEFINE_list(
    'sources', ['cassava_crop/demo'],
    'TFDS sets, NAME/CONFIG, or folders with one folder per class.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that were downloaded by hand (kaggle2020).')
_NETWORKS = flags.DEFINE_list(
    'networks', [], 'The networks to compare with the reference; all if not given.')
_EQUAL = flags.DEFINE_list(
    'equal', ['multiply-adds', 'time'], 'What is equal: one of these, or both.')
_FOLDS = flags.DEFINE_integer('folds', 3, 'Parts of the photographs.', lower_bound=2)
_EPOCHS = flags.DEFINE_integer(
    'epochs', 40, 'Passes of the reference through the photographs to train on.', lower_bound=1)
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'Two networks, one fold, two epochs: no result, but a trial.')
_OUT = flags.DEFINE_string('out', 'runs/streams', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        import tqdm

        from dualstream.pipeline import prepare
        from experiments.cells import once
        from experiments.streams import cell, frames, speeds, tables
        from experiments.streams.variants import OTHERS, REFERENCE, VARIANTS

    _check(known=[*VARIANTS, *OTHERS], equal=tables.EQUAL)
    chosen = _NETWORKS.value or [*VARIANTS, *OTHERS]
    names = [name for name in [*VARIANTS, *OTHERS] if name in chosen or name == REFERENCE]
    folds, epochs = _FOLDS.value, _EPOCHS.value
    if _QUICK.value:
        names, epochs = [REFERENCE, 'RGB in one stream'], min(2, epochs)
    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)

    read = functools.cache(lambda source: frames.read_frames(
        prepare(source, _DATA_DIR.value, _MANUAL_DIR.value)))
    # Five classes or seven, a step takes as long.
    steps = once(out / 'cells' / f'steps-of-{len(names)}-networks.json',
                 lambda: speeds.measure_steps(names, classes=5))

    def run(source, equal, fold, name):
        its_epochs = epochs if equal == 'multiply-adds' else max(
            1, round(epochs * steps[REFERENCE] / steps[name]))
        kept = out / 'cells' / '-'.join(
            [_short(source), name.replace(' ', '_'), f'fold{fold}of{folds}',
             f'{its_epochs}epochs.json'])
        trained = once(kept, lambda: {
            **cell.run_cell(read(source), name, fold=fold, folds=folds, epochs=its_epochs),
            **_facts(read(source))})
        return {'source': _short(source), 'equal': equal, 'fold': fold, 'name': name,
                'folds': folds, 'epochs': its_epochs, 'step_milliseconds': steps[name], **trained}

    # Fold by fold, so that the cells finished before an interruption can be compared.
    wanted = [(source, equal, fold, name) for fold in range(1 if _QUICK.value else folds)
              for source in _SOURCES.value for equal in _EQUAL.value for name in names
              if equal == 'time' or name in VARIANTS]
    cells = [run(*each) for each in tqdm.tqdm(wanted, 'Cells', unit=' cells')]
    said = shlex.join(['python', '-m', 'experiments.streams', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


def _check(known: list[str], equal: tuple[str, ...]) -> None:
    unknown = [name for name in _NETWORKS.value if name not in known]
    if unknown:
        raise UserError(f'--networks has {unknown[0]!r}, which is none of: {", ".join(known)}')
    if not _SOURCES.value:
        raise UserError('--sources must not be empty')
    if not _EQUAL.value or set(_EQUAL.value) - set(equal):
        raise UserError(f'--equal must be some of {", ".join(equal)}; got {_EQUAL.value}')


def _facts(seen) -> dict:
    return {'pictures': len(seen.labels), 'classes': len(seen.label_names),
            'near_duplicates': seen.near_duplicates, 'synthetic': seen.synthetic,
            'most_frequent': int(np.bincount(seen.labels).max()) / len(seen.labels)}


def _short(source: str) -> str:
    """The name of a source in tables and files: a folder's own, or the set's."""
    folder = pathlib.Path(source)
    return folder.name if folder.is_dir() else source.replace('/', '-')


if __name__ == '__main__':
    command.run(main)

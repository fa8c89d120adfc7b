"""Are two streams better than one at equal cost, and which two?

  python -m experiments.streams --quick
  python -m experiments.streams --sources=cassava_crop/kaggle2020,DIR --manual_dir=DIR \
      --out=experiments/results/streams

Trains the reference, one stream of RGB with `nano`'s widths, and networks of two streams: a deep
HSV stream or a shallow one, merges at several places or at one, and controls. Equal multiply-adds:
the widths of each network are scaled until it costs what the reference costs, and all are trained
for as many epochs. Equal time: the same networks are trained for as many epochs as fit into the
time of the reference's training. Steps are timed side by side before the first training. A source
is a TFDS set or a folder with one folder per class. All networks have the same folds, which keep
near-duplicates together, the same recipe, and random windows of the whole frame; they are scored in
the light of the photographs and in nine others. --workers cells run at once, each on one core.
Takes about 50 minutes for kaggle2020, 3 folds, 24 epochs and all networks at equal multiply-adds on
2 CPU cores; --quick takes at most 5 minutes. Writes results.json, results.md and a plot per source.
Finished cells are kept in DIR/cells and not run again.
"""

import functools
import os
import pathlib
import shlex
import sys
import zlib

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
_WORKERS = flags.DEFINE_integer(
    'workers', os.cpu_count(), 'Cells that run at once, each on one core; 1: one on all cores.',
    lower_bound=1)
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'Two networks, one fold, two epochs: no result, but a trial.')
_OUT = flags.DEFINE_string('out', 'runs/streams', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from experiments import step_speeds
        from experiments.cells import once
        from experiments.streams import cell, tables
        from experiments.streams.frames import IMAGE_SIZE
        from experiments.streams.variants import REFERENCE, VARIANTS, build
        from experiments.workers import finish_missing

    _check(known=[*VARIANTS], equal=tables.EQUAL)
    cell.check_names(_SOURCES.value)
    chosen = _NETWORKS.value or VARIANTS
    names = [name for name in VARIANTS if name in chosen or name == REFERENCE]
    epochs = _EPOCHS.value
    if _QUICK.value:
        names, epochs = [REFERENCE, 'two streams'], min(2, epochs)
    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)

    def timed():
        # Five classes or seven, a step takes as long.
        builders = {name: functools.partial(build, name, IMAGE_SIZE, 5, seed=0) for name in names}
        return step_speeds.measure_steps(builders, cell.BATCH_SIZE, _WORKERS.value)

    # On other cores, steps take other times.
    steps = once(
        out / 'cells' / f'steps-of-{_digest(names)}-{_WORKERS.value}-workers.json', timed)
    # Fold by fold, so that the cells finished before an interruption can be compared.
    wanted = [
        cell.Cell(source, equal, fold, _FOLDS.value, name, epochs if equal == 'multiply-adds'
                  else max(1, round(epochs * steps[REFERENCE] / steps[name])), steps[name])
        for fold in range(1 if _QUICK.value else _FOLDS.value)
        for source in _SOURCES.value for equal in _EQUAL.value for name in names]
    folders = {'data_dir': _DATA_DIR.value, 'manual_dir': _MANUAL_DIR.value}
    # Where both equalities want as many epochs, one training serves both.
    finished = finish_missing(cell.result_of, {
        out / 'cells' / each.file_name: (each, folders) for each in wanted},
        _WORKERS.value, 'Cells')
    cells = [each.row(finished[out / 'cells' / each.file_name]) for each in wanted]
    said = shlex.join(['python', '-m', 'experiments.streams', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


def _digest(names: list[str]) -> str:
    return f'{zlib.crc32(",".join(names).encode()):08x}'


def _check(known: list[str], equal: tuple[str, ...]) -> None:
    unknown = [name for name in _NETWORKS.value if name not in known]
    if unknown:
        raise UserError(f'--networks has {unknown[0]!r}, which is none of: {", ".join(known)}')
    if not _SOURCES.value:
        raise UserError('--sources must not be empty')
    if not _EQUAL.value or set(_EQUAL.value) - set(equal):
        raise UserError(f'--equal must be some of {", ".join(equal)}; got {_EQUAL.value}')


if __name__ == '__main__':
    command.run(main)

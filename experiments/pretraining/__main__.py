"""What does it gain to start from a network that was trained on other photographs?

  python -m experiments.pretraining --quick --sources=DIR
  python -m experiments.pretraining --dataset=cassava_crop/kaggle2020 --sources=DIR,DIR \
      --manual_dir=DIR --out=experiments/results/pretraining

Trains the default network on each source, without near-duplicates of the data set's photographs,
and from these weights, without the last layer, on all folds of the data set but one, on which it is
scored. It does the same from random weights. A source is a TFDS set or a folder with one folder per
class. Windows, folds and recipe are those of `experiments.streams`. --workers cells run at once,
each on one core. Takes about 20 minutes for kaggle2020, 3 folds and two sources of 600 and 5,911
photographs on 2 CPU cores; --quick takes at most 5 minutes. Writes results.json, results.md and
scores.png. Finished cells are kept in DIR/cells and not run again.
"""

import os
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_DATASET = flags.DEFINE_string(
    'dataset', 'cassava_crop/demo', 'The set to do well on: a TFDS set, NAME/CONFIG, or a folder.')
_SOURCES = flags.DEFINE_list(
    'sources', [], 'The sets to start from, other than the data set, each trained on in full.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that were downloaded by hand (kaggle2020).')
_FOLDS = flags.DEFINE_integer('folds', 3, 'Parts of the photographs.', lower_bound=2)
_STEPS = flags.DEFINE_integer(
    'steps', 4000, 'Steps of a training on a source, each of 16 photographs.', lower_bound=1)
_EPOCHS = flags.DEFINE_integer(
    'epochs', 40, 'Passes through the photographs of the data set.', lower_bound=1)
_WORKERS = flags.DEFINE_integer(
    'workers', os.cpu_count(), 'Cells that run at once, each on one core; 1: one on all cores.',
    lower_bound=1)
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'One fold, two epochs, 40 steps on each source: no result, but a trial.')
_OUT = flags.DEFINE_string('out', 'runs/pretraining', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from experiments.pretraining import cell, tables
        from experiments.streams.cell import check_names
        from experiments.workers import finish_missing

    if not _SOURCES.value:
        raise UserError('--sources must not be empty')
    check_names([_DATASET.value, *_SOURCES.value])
    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)
    folders = {'data_dir': _DATA_DIR.value, 'manual_dir': _MANUAL_DIR.value}
    steps, epochs, folds = _STEPS.value, _EPOCHS.value, range(_FOLDS.value)
    if _QUICK.value:
        steps, epochs, folds = min(40, steps), min(2, epochs), range(1)

    def finish(run, cells, title):
        jobs = {each.kept(out / 'cells'): (each, out / 'cells', folders) for each in cells}
        finished = finish_missing(run, jobs, _WORKERS.value, title)
        return {each: finished[each.kept(out / 'cells')] for each in cells}

    starts = [cell.Start(source, _DATASET.value, steps) for source in _SOURCES.value]
    sources = finish(cell.run_start, starts, 'Sources')
    wanted = [cell.Cell(_DATASET.value, start, fold, _FOLDS.value, epochs)
              for fold in folds for start in (None, *starts)]
    finished = finish(cell.run_cell, wanted, 'Folds')
    cells = [each.row(sources.get(each.start), own) for each, own in finished.items()]
    said = shlex.join(['python', '-m', 'experiments.pretraining', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


if __name__ == '__main__':
    command.run(main)

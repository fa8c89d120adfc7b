"""How well does the default training do, and in how many minutes?

  python -m experiments.learning --quick --manual_dir=DIR
  python -m experiments.learning --manual_dir=DIR --out=experiments/results/learning

Trains as `python -m dualstream.train` does by default, on all folds of a set but one, and scores on
that one; near-duplicates share a fold. Besides trainings of the default length, shorter ones show
what a minute is worth: each has a whole schedule of its own, so none is a training that was stopped
early. --others names networks that one would use instead: they are trained in the same way, for as
many epochs as fit into the minutes of the longest training of the default network. --workers
trainings run at once, each on one core. Takes about 30 minutes for 3 folds of kaggle2020 on 2 CPU
cores, and as much again for each other network; --quick takes at most 5 minutes. Writes
results.json, results.md and scores.png. Finished cells are kept in DIR/cells and not run again.
"""

import dataclasses
import os
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_DATASET = flags.DEFINE_string(
    'dataset', 'cassava_crop/kaggle2020', 'A TFDS set, NAME or NAME/CONFIG, or a folder.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that were downloaded by hand (kaggle2020).')
_FOLDS = flags.DEFINE_integer('folds', 3, 'Parts of the photographs.', lower_bound=2)
_SHARES = flags.DEFINE_list(
    'shares', ['0.1', '0.3', '1'], 'Lengths of the trainings, as shares of the default length.')
_OTHERS = flags.DEFINE_list(
    'others', [], 'Other networks to train for as many minutes, some of ResNet-18-like, '
    'MobileNetV3Small and EfficientNetB0.')
_WORKERS = flags.DEFINE_integer(
    'workers', os.cpu_count(), 'Trainings that run at once, each on one core; 1: one on all cores.',
    lower_bound=1)
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'One fold and a hundredth of the default length: no result, but a trial.')
_OUT = flags.DEFINE_string('out', 'runs/learning', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from experiments.cells import once
        from experiments.learning import lengths, tables
        from experiments.learning.cell import Cell, run_cell
        from experiments.other_networks import OTHERS
        from experiments.workers import finish_missing

    unknown = [name for name in _OTHERS.value if name not in OTHERS]
    if unknown:
        raise UserError(f'--others has {unknown[0]!r}, which is none of: {", ".join(OTHERS)}')
    out = pathlib.Path(_OUT.value)
    # On other cores, steps and trainings take other times.
    kept = out / 'cells' / f'{_WORKERS.value}-workers'
    kept.mkdir(parents=True, exist_ok=True)
    shares = [0.01] if _QUICK.value else sorted(map(float, _SHARES.value))

    def finish(cells, title):
        jobs = {each.kept(kept): (each,) for each in cells}
        finished = finish_missing(run_cell, jobs, _WORKERS.value, title)
        return [finished[each.kept(kept)] for each in cells]

    # The longest first, so that no worker begins it when the others have finished.
    wanted = [Cell(_DATASET.value, _DATA_DIR.value, _MANUAL_DIR.value, fold, _FOLDS.value, share)
              for share in reversed(shares)
              for fold in range(1 if _QUICK.value else _FOLDS.value)]
    cells = finish(wanted, 'Cells')
    if _OTHERS.value:
        steps = once(kept / f'steps-{"-".join(_OTHERS.value)}.json',
                     lambda: lengths.time_steps(_OTHERS.value, _WORKERS.value))
        cells += finish([
            dataclasses.replace(each, other=name, epochs=lengths.epochs_within(own, name, steps))
            for each, own in zip(wanted, cells) if each.share == shares[-1]
            for name in _OTHERS.value], 'Others')
    said = shlex.join(['python', '-m', 'experiments.learning', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


if __name__ == '__main__':
    command.run(main)

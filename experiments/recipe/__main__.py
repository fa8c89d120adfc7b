"""Which parts of a training recipe help?

  python -m experiments.recipe --quick
  python -m experiments.recipe --dataset=cassava_crop/kaggle2020 --manual_dir=DIR \
      --out=experiments/results/recipe

Trains `nano` as dualstream.train does by default, at 128 x 128 pixels, and with recipes that differ
from the default one in one thing: without mixup, with label smoothing, colour jitter, a moving
average of the weights, early stopping or class weights. All have the same folds, which keep
near-duplicates together. --workers cells run at once, each on one core. Takes about 35 minutes for
3 folds of kaggle2020 and 40 epochs on 2 CPU cores; --quick takes at most 5 minutes. Writes
results.json, results.md and scores.png. Finished cells are kept in DIR/cells and not run again.
"""

import os
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command

_DATASET = flags.DEFINE_string('dataset', 'cassava_crop/demo', 'A TFDS set, NAME or NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that were downloaded by hand (kaggle2020).')
_EPOCHS = flags.DEFINE_integer(
    'epochs', 40, 'Passes through the photographs to train on.', lower_bound=1)
_FOLDS = flags.DEFINE_integer('folds', 3, 'Parts of the photographs.', lower_bound=2)
_WORKERS = flags.DEFINE_integer(
    'workers', os.cpu_count(), 'Cells that run at once, each on one core; 1: one on all cores.',
    lower_bound=1)
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'Two recipes, in one fold, for two epochs: no result, but a trial.')
_OUT = flags.DEFINE_string('out', 'runs/recipe', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from experiments.recipe import tables
        from experiments.recipe.cell import Cell, run_cell
        from experiments.recipe.recipes import QUICK, RECIPES
        from experiments.workers import finish_missing

    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)
    epochs = min(2, _EPOCHS.value) if _QUICK.value else _EPOCHS.value
    # Fold by fold, so that the cells finished before an interruption can be compared.
    wanted = [Cell(_DATASET.value, _DATA_DIR.value, _MANUAL_DIR.value, name, fold, _FOLDS.value,
                   epochs)
              for fold in range(1 if _QUICK.value else _FOLDS.value)
              for name in (QUICK if _QUICK.value else RECIPES)]
    jobs = {each.kept(out / 'cells'): (each,) for each in wanted}
    cells = list(finish_missing(run_cell, jobs, _WORKERS.value, 'Cells').values())
    said = shlex.join(['python', '-m', 'experiments.recipe', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


if __name__ == '__main__':
    command.run(main)

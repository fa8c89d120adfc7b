"""Which parts of a training recipe help?

  python -m experiments.recipe --quick
  python -m experiments.recipe --dataset=cassava_crop/demo,cassava_crop/kaggle2020 \\
      --out=experiments/results/recipe

Trains the plain recipe of dualstream.train, and recipes that differ from it in one thing, on the
same folds with the same seeds; scores a network that was trained on random crops with several
views of each photograph. Takes about 70 minutes for two sets and 3 seeds on 2 CPU cores. Writes
results.json, results.md with a table per set, and recipes.png. Finished cells are kept in DIR/cells
and not run again.
"""

import dataclasses
import itertools
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_DATASET = flags.DEFINE_list('dataset', ['cassava_crop/demo'], 'TFDS sets, as NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that were downloaded by hand (kaggle2020).')
_SEEDS = flags.DEFINE_integer('seeds', 3, 'Trainings of each recipe, each with another fold.')
_EPOCHS = flags.DEFINE_integer('epochs', 12, 'Passes through the photographs to train on.')
_QUICK = flags.DEFINE_boolean('quick', False, 'Runs one cell only, of the plain recipe.')
_OUT = flags.DEFINE_string('out', 'runs/recipe', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    if _SEEDS.value < 1 or _EPOCHS.value < 1 or not _DATASET.value:
        raise UserError('--seeds and --epochs must be positive, and --dataset not empty')
    with command.hushed():
        import tqdm

        from dualstream.pipeline import prepare
        from experiments.cells import once
        from experiments.recipe import cell, tables
        from experiments.recipe.recipes import RECIPES

    photos = {name: prepare(name, _DATA_DIR.value, _MANUAL_DIR.value) for name in _DATASET.value}
    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)
    # Seed by seed, so that the cells finished before an interruption can be compared.
    wanted = list(itertools.product(range(_SEEDS.value), photos, RECIPES))
    cells = []
    for seed, dataset, name in tqdm.tqdm(
            wanted[:1] if _QUICK.value else wanted, 'Cells', unit=' cells'):
        kept = out / 'cells' / '{}-{}-seed{}-{}epochs.json'.format(
            dataset.replace('/', '-'), name.replace(' ', '_'), seed, _EPOCHS.value)

        def run():
            return {'dataset': dataset, 'synthetic': photos[dataset].synthetic,
                    'recipe': name, 'settings': dataclasses.asdict(RECIPES[name]),
                    'seed': seed, 'epochs': _EPOCHS.value, 'image_size': list(cell.BASE.image_size),
                    **cell.run_cell(photos[dataset].builder, RECIPES[name], seed, _EPOCHS.value)}

        cells.append(once(kept, run))
    said = shlex.join(['python', '-m', 'experiments.recipe', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


if __name__ == '__main__':
    command.run(main)

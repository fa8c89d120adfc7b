"""Which part of a photograph should the network see, and how large a part?

  python -m experiments.where_to_look --quick --manual_dir=DIR
  python -m experiments.where_to_look --manual_dir=DIR --out=experiments/results/where_to_look
  python -m experiments.where_to_look --manual_dir=DIR --image_size=224 --epochs=134 \
      --way='leafy random window, zoom 1 to frame' --way='leafy random window, zoom frame'

Trains the same network on real photographs (or on the set that --dataset names) that are looked at
in fifteen ways: the whole frame, and at zooms 1, 2, 3 and frame the window in the middle, the
leafiest window and, in training, the leafiest of some random windows, also of random zooms. Each is
scored on the same folds, which keep near-duplicates together, by accuracy and by balanced accuracy
with the priors divided out; networks with windows are scored with several views, too. Differences
are to the first way that is named, or to the leafiest window at zoom 1. --workers cells run at
once, each on one core. Takes about 45 minutes for 3 folds of kaggle2020 and 24 epochs on 2 CPU
cores; --quick takes at most 5 minutes. Writes results.json, results.md and scores.png. Finished
cells are kept in DIR/cells and not run again.
"""

import os
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError

_DATASET = flags.DEFINE_string(
    'dataset', 'cassava_crop/kaggle2020', 'A TFDS set, NAME or NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Folder of files that were downloaded by hand (kaggle2020).')
_PRESET = flags.DEFINE_string('preset', 'nano', 'Size of the network.')
_EPOCHS = flags.DEFINE_integer(
    'epochs', 24, 'Passes through the photographs to train on.', lower_bound=1)
_IMAGE_SIZE = flags.DEFINE_integer(
    'image_size', 128, 'Height and width of the images in pixels.', lower_bound=32)
_WAY = flags.DEFINE_multi_string('way', [], 'A way to look; all if none is given.')
_FOLDS = flags.DEFINE_integer('folds', 3, 'Parts of the photographs.', lower_bound=2)
_WORKERS = flags.DEFINE_integer(
    'workers', os.cpu_count(), 'Cells that run at once, each on one core; 1: one on all cores.',
    lower_bound=1)
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'Looks in three ways, in one fold, for two epochs: no result, but a trial.')
_OUT = flags.DEFINE_string('out', 'runs/where_to_look', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from dualstream.runtime.choices import PRESETS
        from experiments.where_to_look import tables
        from experiments.where_to_look.cell import Cell, run_cell
        from experiments.where_to_look.ways import BASE, QUICK, WAYS
        from experiments.workers import finish_missing

    if _PRESET.value not in PRESETS:
        raise UserError(f'--preset must be one of {", ".join(PRESETS)}; got {_PRESET.value!r}')
    ways = {way.name: way for way in WAYS}
    for name in _WAY.value:
        if name not in ways:
            raise UserError(f'--way={name!r} is none of: {"; ".join(ways)}')
    chosen = [ways[name] for name in _WAY.value] or (QUICK if _QUICK.value else WAYS)
    base = _WAY.value[0] if _WAY.value else BASE
    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)
    epochs = min(2, _EPOCHS.value) if _QUICK.value else _EPOCHS.value
    # Fold by fold, so that the cells finished before an interruption can be compared.
    wanted = [Cell(_DATASET.value, _DATA_DIR.value, _MANUAL_DIR.value, way, fold, _FOLDS.value,
                   _PRESET.value, epochs, _IMAGE_SIZE.value)
              for fold in range(1 if _QUICK.value else _FOLDS.value) for way in chosen]
    jobs = {each.kept(out / 'cells'): (each,) for each in wanted}
    cells = list(finish_missing(run_cell, jobs, _WORKERS.value, 'Cells').values())
    said = shlex.join(['python', '-m', 'experiments.where_to_look', *sys.argv[1:]])
    tables.write(cells, said, out, base)
    print(tables.whole_page(cells, said, base))


if __name__ == '__main__':
    command.run(main)

"""Does it help to normalise stains before a network sees slides of another scanner?

  python -m experiments.stains --quick
  python -m experiments.stains --out=experiments/results/stains

Draws synthetic tissue of two classes, pictures it by two simulated scanners, trains `nano` on
scanner A and scores it on other tissue, pictured by A and by B: as it is, after each normalisation
to A, and with stain augmentation. In one task the classes differ by the size of their nuclei, in
the other by how much haematoxylin the nuclei hold, which normalisation may take away. Takes about
10 minutes for 5 seeds on 2 CPU cores, --quick 1. Writes results.json, results.md, stains.png and
slides.png. Finished cells are kept in DIR/cells and not run again.
"""

import functools
import itertools
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command

_SEEDS = flags.DEFINE_integer('seeds', 5, 'Trainings of each cell.', lower_bound=1)
_QUICK = flags.DEFINE_boolean('quick', False, 'Runs one seed and 2 epochs of one task.')
_OUT = flags.DEFINE_string('out', 'runs/stains', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        import tqdm

        from experiments.cells import once
        from experiments.stains import tables
        from experiments.stains.cell import EPOCHS, WAYS, run_cell
        from experiments.stains.slides import TASKS

    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)
    seeds, tasks, epochs = range(_SEEDS.value), [*TASKS], EPOCHS
    if _QUICK.value:
        seeds, tasks, epochs = range(1), tasks[:1], 2
    # Seed by seed, so that the cells finished before an interruption can be compared.
    cells = []
    for seed, task, way in tqdm.tqdm([*itertools.product(seeds, tasks, WAYS)], unit=' cells'):
        kept = out / 'cells' / f'{task}-{way.replace(" ", "_")}-seed{seed}-{epochs}epochs.json'
        cells.append(once(kept, functools.partial(run_cell, task, way, seed, epochs)))
    said = shlex.join(['python', '-m', 'experiments.stains', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


if __name__ == '__main__':
    command.run(main)

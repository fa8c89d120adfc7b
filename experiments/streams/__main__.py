"""Are two streams better than one at equal cost?

  python -m experiments.streams --quick
  python -m experiments.streams --sources=cassava_crop/demo,DIR --out=experiments/results/streams

Trains the two streams, and the same network with other inputs or without its delay, its skips or
its circular hue, each scaled to the same cost. A source is a TFDS set or a folder with one folder
per class. All networks have the same folds and seeds, and are scored in the light that they were
trained in and in nine others. Takes about 70 minutes for three sources, 3 seeds and 12 epochs on 2
CPU cores, as two processes with some of the sources each. Writes results.json, results.md with a
table per source and cost, and a plot per source. Finished cells are kept in DIR/cells and not run
again.
"""

import itertools
import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.cells import once

_SOURCES = flags.DEFINE_list(
    'sources', ['cassava_crop/demo'],
    'TFDS sets, NAME/CONFIG, or folders with one folder per class.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_SEEDS = flags.DEFINE_integer('seeds', 3, 'Trainings of each network, each with another fold.')
_EPOCHS = flags.DEFINE_integer('epochs', 15, 'Passes through the photographs to train on.')
_QUICK = flags.DEFINE_boolean('quick', False, 'Runs one cell only, of the two streams.')
_OUT = flags.DEFINE_string('out', 'runs/streams', 'The folder for the results.')


def main(argv: list[str]) -> None:
    del argv
    if _SEEDS.value < 1 or _EPOCHS.value < 1 or not _SOURCES.value:
        raise UserError('--seeds and --epochs must be positive, and --sources not empty')
    with command.hushed():
        import tqdm

        from experiments.streams import cell, photographs, tables
        from experiments.streams.variants import COSTS, VARIANTS, matched

    out = pathlib.Path(_OUT.value)
    (out / 'cells').mkdir(parents=True, exist_ok=True)
    # Seed by seed, so that the cells finished before an interruption can be compared.
    wanted = list(itertools.product(_SOURCES.value, range(_SEEDS.value), COSTS, VARIANTS))
    windows, trained, cells = {}, {}, []
    for source, seed, cost, variant in tqdm.tqdm(wanted[:1] if _QUICK.value else wanted,
                                                 'Cells', unit=' cells'):
        name = pathlib.Path(source).name if pathlib.Path(source).is_dir() else source
        settings = {'source': name, 'seed': seed, 'cost': cost, 'variant': variant,
                    'epochs': _EPOCHS.value, 'image_size': list(photographs.IMAGE_SIZE)}
        kept = out / 'cells' / '{}-{}-{}-seed{}-{}epochs.json'.format(
            name.replace('/', '-'), cost, variant.replace(' ', '_'), seed, _EPOCHS.value)

        def run():
            if source not in windows:
                windows[source] = photographs.read_windows(source, _DATA_DIR.value)
            seen = windows[source]
            config = matched(variant, cost, photographs.IMAGE_SIZE, len(seen.label_names))
            one = (source, seed, config)  # the same config may match both costs
            if one not in trained:
                trained[one] = cell.run_cell(seen, config, seed, _EPOCHS.value)
            return {**settings, **trained[one], 'pictures': len(seen.labels),
                    'classes': len(seen.label_names), 'synthetic': seen.synthetic}

        cells.append(once(kept, run))
    said = shlex.join(['python', '-m', 'experiments.streams', *sys.argv[1:]])
    tables.write(cells, said, out)
    print(tables.whole_page(cells, said))


if __name__ == '__main__':
    command.run(main)

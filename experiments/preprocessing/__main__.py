"""What may a tf.data pipeline contain without becoming slower?

  python -m experiments.preprocessing --quick
  python -m experiments.preprocessing --out=experiments/results/preprocessing

Measures the seven routines, the three ways to look, plain decoding and other libraries' crops, in
interleaved rounds: images per second through tf.data, seconds per epoch while the network trains,
peak memory, and how leafy the crops are. Takes about 30 minutes on 2 CPU cores, with --quick under
5 minutes. Prints the tables; with --out, writes results.json, results.md and the plots. Needs the
extra `experiments`.
"""

import pathlib
import shlex
import sys

from absl import flags

from dualstream.runtime import command

_DATASET = flags.DEFINE_string('dataset', 'cassava_crop', 'A set with leaf grids, NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_QUICK = flags.DEFINE_boolean(
    'quick', False, 'Measures fewer rounds and photographs, in under 5 minutes.')
_OUT = flags.DEFINE_string('out', None, 'The folder for the results; without it none are written.')


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        from experiments.preprocessing import measure, tables

    plan = measure.QUICK if _QUICK.value else measure.FULL
    bench = measure.Bench(_DATASET.value, _DATA_DIR.value, plan)
    results = {
        **bench.described(),
        **bench.rates(),
        **bench.training(),
        **bench.beside_others(),
        **bench.coverage(),
        **bench.calls(),
        **bench.one_core(),
        **bench.memory(),
    }
    print(tables.rates_table(results), tables.stages_table(results),
          tables.baselines_table(results),
          tables.lost_in_words(results), sep='\n\n')
    if _OUT.value:
        said = shlex.join(['python', '-m', 'experiments.preprocessing', *sys.argv[1:]])
        tables.write(results, said, pathlib.Path(_OUT.value))


if __name__ == '__main__':
    command.run(main)

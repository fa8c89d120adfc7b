"""Plans a training on TPUs, with no TPU there: python -m dualstream.plan --tpu=v5e-8.

The TPU's own compiler compiles the step: does it fit in memory, how fast can it be, and how many
images a second must the host therefore deliver? Beside it stands what a core of this host was
measured to deliver, so how many cores, or tf.data service workers, it takes to keep the TPU fed. It
is a compiler's estimate; nothing is run on a TPU. Needs the extra `tpu`, on Linux.
"""

import dataclasses
import json
import sys

from absl import flags

from dualstream.runtime import command, configflags
from dualstream.tpu import environment, find_slice
from dualstream.training.config import RunOptions, TrainConfig

_TPU = flags.DEFINE_string('tpu', 'v5e-8', 'The kind of chip and how many, such as v5e-8.')
configflags.define(TrainConfig, 'preset', 'image_size', preset='small')
_BATCH_SIZE = flags.DEFINE_integer(
    'batch_size', 128, 'Images in a step on each chip.', lower_bound=1)
_DATASET = flags.DEFINE_string(
    'dataset', None, 'The TFDS set, as NAME or NAME/CONFIG, that this host is measured with; some '
    'synthetic leaves are drawn if not given.')
configflags.define(RunOptions, 'data_dir')
_JSON = flags.DEFINE_boolean('json', False, 'Print the plan as JSON.')


def main(argv: list[str]) -> None:
    del argv
    tpu = find_slice(_TPU.value)
    preset, image_size = flags.FLAGS.preset, flags.FLAGS.image_size
    environment.configure()
    with command.hushed():
        from dualstream.tpu import compiler, host, words
        from dualstream.tpu.estimate import roofline, to_feed
        from dualstream.tpu.train_step import PRECISION, lower_train_step

    # This comes first: it takes seconds, and tells what is wrong with the flags.
    step = lower_train_step(tpu, preset, _BATCH_SIZE.value, image_size)
    measured = host.measure(_DATASET.value, flags.FLAGS.data_dir, image_size)
    print(f'Compiling for {tpu.name}: a minute or more on few cores.', file=sys.stderr)
    estimate = roofline(compiler.compile_lowered(step), tpu, _BATCH_SIZE.value)
    if _JSON.value:
        print(json.dumps({
            'tpu': tpu.name, 'chips': tpu.chips, 'preset': preset,
            'batch_size_per_chip': _BATCH_SIZE.value, 'image_size': image_size,
            'precision': PRECISION, 'compiler': compiler.version(), 'source': tpu.chip.source,
            **dataclasses.asdict(estimate),
            'host': {**dataclasses.asdict(measured), 'to_feed': estimate.fits and {
                name: {look: dict(zip(('cores', 'workers'), to_feed(
                    estimate.images_per_second, rate, measured.cores)))
                    for look, rate in rates.items()}
                for name, rates in measured.rates.items()} or None}}, indent=2))
        return
    height, width = image_size
    what = (f'Training {preset} on {tpu.name}, {_BATCH_SIZE.value} images of {height} x '
            f'{width} a step on each chip, in {PRECISION}.')
    print(words.in_words(what, tpu, estimate, compiler.version()))
    if estimate.fits:
        print('', words.feeding(estimate.images_per_second, measured), sep='\n')


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()

"""Plans a training on TPUs, with no TPU there: python -m dualstream.plan --tpu=v5litepod-8.

The TPU's own compiler compiles the step: does it fit in memory, and how fast can it be? Beside it
stand the published speeds of the slice's links, network and processors, and what a core of this
host was measured to deliver: which of them limits the training, and how many cores, or tf.data
service workers, would keep the chips busy? It is a compiler's estimate; nothing is run on a TPU.
Needs the extra `tpu`, on Linux.
"""

import dataclasses
import json
import sys

from absl import flags

from dualstream.runtime import command, configflags
from dualstream.tpu import environment, find_slice
from dualstream.training.config import RunOptions, TrainConfig

_TPU = flags.DEFINE_string(
    'tpu', 'v5litepod-8', 'The slice, as it is rented: the kind of chip and how many.')
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
        from dualstream.tpu.limits import find_limits
        from dualstream.tpu.train_step import PRECISION, lower_train_step

    # This comes first: it takes seconds, and tells what is wrong with the flags.
    batch_size = _BATCH_SIZE.value
    step = lower_train_step(tpu, preset, batch_size=batch_size, image_size=image_size)
    measured = host.measure(_DATASET.value, flags.FLAGS.data_dir, image_size)
    print(f'Compiling for {tpu.name}: a minute or more on few cores.', file=sys.stderr)
    estimate = roofline(compiler.compile_lowered(step), tpu, batch_size)
    speed = estimate.images_per_second
    limits = find_limits(speed, tpu, measured, image_size=image_size) if estimate.fits else {}
    if _JSON.value:
        print(json.dumps({
            'tpu': tpu.name, 'chips': tpu.chips, 'preset': preset,
            'batch_size_per_chip': batch_size, 'image_size': image_size,
            'precision': PRECISION, 'compiler': compiler.version(), 'source': tpu.chip.source,
            **dataclasses.asdict(estimate),
            'limits': {how: {**each.allows, 'binding': each.binding}
                       for how, each in limits.items()},
            'host': {**dataclasses.asdict(measured), 'to_feed': estimate.fits and {
                name: {look: dict(zip(('cores', 'workers'), to_feed(speed, rate, measured.cores)))
                       for look, rate in rates.items()}
                for name, rates in measured.rates.items()} or None}}, indent=2))
        return
    height, width = image_size
    what = (f'Training {preset} on {tpu.name}, {batch_size} images of {height} x {width} a step on '
            f'each chip, in {PRECISION}.')
    print(words.in_words(estimate, tpu, what=what, batch_size=batch_size,
                         compiler=compiler.version()))
    if estimate.fits:
        print('', words.limiting(limits, tpu, measured, image_size=image_size), sep='\n')
        print('', words.feeding(speed, measured), sep='\n')


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()

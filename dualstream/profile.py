"""Traces a routine or a network alone, and reviews the trace: python -m dualstream.profile.

  python -m dualstream.profile --part=routine --mask=cv --crop=array

What a part costs when nothing else runs says what it can cost at best. The trace stays in --logdir,
where TensorBoard's profile page shows it: tensorboard --logdir=runs/profile.
"""

import pathlib

from absl import flags

from dualstream.runtime import command, configflags
from dualstream.runtime.choices import TRACE_LEVELS
from dualstream.training.config import RunOptions, TrainConfig

_PART = flags.DEFINE_enum(
    'part', 'routine', ['routine', 'training', 'inference'],
    'What to trace: the pipeline of a routine, or the steps of a network on one batch in memory.')
configflags.define(
    TrainConfig, 'dataset', 'mask', 'crop', 'look', 'zoom', 'preset', 'image_size', 'batch_size')
configflags.define(RunOptions, 'data_dir')
_STEPS = flags.DEFINE_integer(
    'steps', 10, 'Steps to trace, after some warm-up steps.', lower_bound=1)
_LEVEL = flags.DEFINE_enum(
    'level', 'ops', TRACE_LEVELS,
    'What is traced: the steps, every op too, or also every call in Python.')
_LOGDIR = flags.DEFINE_string('logdir', 'runs/profile', 'The folder for the trace.')

WARM_UP = 5


def main(argv: list[str]) -> None:
    del argv
    config, options = configflags.read(TrainConfig), configflags.read(RunOptions)
    with command.hushed():
        import tqdm

        from dualstream.report.tensorboard import write_graphs
        from dualstream.traces import read_trace, review, words
        from dualstream.traces.capture import Capture
        from dualstream.training.looking import training_routine_of

    step, facts = (
        _routine_step(config, options) if _PART.value == 'routine' else
        _network_step(config, training=_PART.value == 'training'))
    logdir = pathlib.Path(_LOGDIR.value)
    if _PART.value == 'routine':
        write_graphs(logdir, training_routine_of(config))
    step()
    with Capture(logdir, facts, _LEVEL.value) as capture:
        for _ in range(WARM_UP):  # not before: while a trace begins, the input runs ahead
            step()
        for number in tqdm.trange(1, _STEPS.value + 1, desc='Tracing', unit=' steps'):
            with capture.step(number):
                step()
    print(words.in_words(review(read_trace(logdir))))
    print(f'\ntensorboard --logdir={logdir} shows the trace.')


def _routine_step(config: TrainConfig, options: RunOptions):
    """A step that takes a batch from the pipeline and does nothing with it."""
    from dualstream.pipeline import make_training_batches, prepare
    from dualstream.traces.capture import Facts
    from dualstream.training.looking import training_routine_of

    photos = prepare(config.dataset, options.data_dir)
    steps = 1 + WARM_UP + _STEPS.value
    epochs = 2 + steps * config.batch_size // photos.count('train')
    batches = iter(make_training_batches(
        photos, training_routine_of(config), config.batch_size, epochs=epochs, seed=config.seed))
    return lambda: next(batches), Facts(images=config.batch_size, devices='/device:CPU:0')


def _network_step(config: TrainConfig, *, training: bool):
    """A training or inference step on random pixels, which take as long as any others.

    It computes in the type in which `dualstream.train` does on this device.
    """
    import keras

    from dualstream import network
    from dualstream.runtime import devices
    from dualstream.traces.capture import Facts
    from dualstream.training import recipe

    batch = config.batch_size
    place = devices.place()
    keras.config.set_dtype_policy(place.dtype_policy)
    with place.scope():
        model = network.build(config.preset, image_size=config.image_size)
        recipe.compile_network(model, config.learning_rate, 1000, on_cpu=place.kind == 'CPU')
    images = keras.random.uniform((batch, *config.image_size, 3), seed=0)
    labels = keras.random.randint((batch,), 0, 5, seed=1)
    facts = Facts.of(model, images=batch, training=training, devices=place.devices)
    if training:
        return lambda: model.train_on_batch(images, labels), facts
    return lambda: model.predict_on_batch(images), facts


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()

"""Traces a routine or a network alone, and reviews the trace: python -m dualstream.profile.

  python -m dualstream.profile --part=routine --mask=cv --crop=array

What a part costs when nothing else runs says what it can cost at best. The trace stays in --logdir,
where TensorBoard's profile page shows it: tensorboard --logdir=runs/profile.
"""

import pathlib

from absl import flags

from dualstream.runtime import command

_PART = flags.DEFINE_enum(
    'part', 'routine', ['routine', 'training', 'inference'],
    'What to trace: the pipeline of a routine, or the steps of a network on one batch in memory.')
_DATASET = flags.DEFINE_string('dataset', 'cassava_crop', 'As of dualstream.train.')
_DATA_DIR = flags.DEFINE_string('data_dir', None, 'As of dualstream.train.')
_MASK = flags.DEFINE_enum('mask', 'tf', ['none', 'cv', 'tf'], 'As of dualstream.train.')
_CROP = flags.DEFINE_enum(
    'crop', 'array', ['none', 'loop', 'array', 'random'], 'As of dualstream.train.')
_LOOK = flags.DEFINE_enum(
    'look', 'auto', ['auto', 'pixels', 'glance', 'grid'], 'As of dualstream.train.')
_PRESET = flags.DEFINE_string('preset', 'nano', "The network's size: nano, tiny, small or base.")
_IMAGE_SIZE = flags.DEFINE_integer('image_size', 224, 'Of the images, in pixels.')
_BATCH_SIZE = flags.DEFINE_integer('batch_size', 16, 'Pictures in a batch.')
_STEPS = flags.DEFINE_integer('steps', 10, 'Steps to trace, after some that warm up.')
_LEVEL = flags.DEFINE_enum(
    'level', 'ops', ['steps', 'ops', 'python'],
    'What is traced: the steps, every op too, or also every call in Python.')
_LOGDIR = flags.DEFINE_string('logdir', 'runs/profile', "The trace's folder.")

WARM_UP = 5


def main(argv: list[str]) -> None:
    del argv
    for flag in (_STEPS, _BATCH_SIZE, _IMAGE_SIZE):
        if flag.value < 1:
            raise ValueError(f'--{flag.name} must be positive, got {flag.value}')
    with command.hushed():
        import tqdm

        from dualstream.report.tensorboard import write_graphs
        from dualstream.traces import read_trace, review, words
        from dualstream.traces.capture import Capture

    step, facts = _routine() if _PART.value == 'routine' else _network()
    logdir = pathlib.Path(_LOGDIR.value)
    if _PART.value == 'routine':
        write_graphs(logdir, _the_routine())
    step()
    with Capture(logdir, facts, _LEVEL.value) as capture:
        for _ in range(WARM_UP):  # not before: while a trace begins, the input runs ahead
            step()
        for number in tqdm.trange(1, _STEPS.value + 1, desc='Tracing', unit=' steps'):
            with capture.step(number):
                step()
    print(words.in_words(review(read_trace(logdir))))
    print(f'\ntensorboard --logdir={logdir} shows the trace.')


def _the_routine():
    from dualstream.pipeline import Routine

    return Routine((_IMAGE_SIZE.value,) * 2, _MASK.value, _CROP.value, _LOOK.value)


def _routine():
    """A step that takes a batch and does nothing with it."""
    from dualstream.pipeline import prepare, training_batches
    from dualstream.traces.capture import Facts

    photos = prepare(_DATASET.value, _DATA_DIR.value)
    steps = 1 + WARM_UP + _STEPS.value
    epochs = 1 + steps * _BATCH_SIZE.value // photos.count('train')
    batches = iter(training_batches(
        photos, _the_routine(), _BATCH_SIZE.value, epochs + 1, seed=0))
    return lambda: next(batches), Facts(images=_BATCH_SIZE.value, devices='/device:CPU:0')


def _network():
    """A training or inference step on random pixels, which take as long as any others."""
    import keras

    from dualstream import network
    from dualstream.runtime import devices
    from dualstream.traces.capture import Facts
    from dualstream.training import recipe

    size, batch = (_IMAGE_SIZE.value,) * 2, _BATCH_SIZE.value
    place = devices.place()
    with place.scope():
        model = network.build(_PRESET.value, image_size=size)
        recipe.compile_network(model, 1e-3, 1000, on_cpu=place.kind == 'CPU')
    images = keras.random.uniform((batch, *size, 3), seed=0)
    labels = keras.random.randint((batch,), 0, 5, seed=1)
    training = _PART.value == 'training'
    facts = Facts.of(model, batch, training, place.devices)
    if training:
        return lambda: model.train_on_batch(images, labels), facts
    return lambda: model.predict_on_batch(images), facts


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()

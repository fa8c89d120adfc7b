"""Trains the two-stream network on photographs: python -m dualstream.train.

The shortest form, with no flags, trains on the demo set of synthetic leaves:

  python -m dualstream.train --workdir=runs/demo

The seven routines of preprocessing are chosen by --mask and --crop; `none` resizes whole frames.
"""

import time

from absl import flags

from dualstream import command

_DATASET = flags.DEFINE_string(
    'dataset', 'cassava_crop', 'Any TFDS image classification set, as NAME or NAME/CONFIG.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Where prepared data sets are; TFDS's own default if not given.")
_MANUAL_DIR = flags.DEFINE_string(
    'manual_dir', None, 'Where files that had to be downloaded by hand are (kaggle2020).')
_WORKDIR = flags.DEFINE_string('workdir', 'runs/demo', "The folder of this run's results.")
_MASK = flags.DEFINE_enum(
    'mask', 'tf', ['none', 'cv', 'tf'], 'Finds the leaf: OpenCV in Python, or tensor ops.')
_CROP = flags.DEFINE_enum(
    'crop', 'array', ['none', 'loop', 'array', 'random'], 'Chooses the window on the leaf.')
_LOOK = flags.DEFINE_enum(
    'look', 'auto', ['auto', 'pixels', 'glance', 'grid'],
    'What the window is chosen from: the whole frame decoded, a decode at 1/8 scale, or the leaf '
    'grid stored with the photograph; auto takes the grid where there is one, else the pixels.')
_SACCADES = flags.DEFINE_integer('saccades', 16, 'Windows that --crop=random looks at.')
_PRESET = flags.DEFINE_string('preset', 'nano', "The network's size: nano, tiny, small or base.")
_IMAGE_SIZE = flags.DEFINE_string(
    'image_size', '224', 'Of the images that the network sees, in pixels: 224, or HEIGHTxWIDTH.')
_BATCH_SIZE = flags.DEFINE_integer('batch_size', 16, 'Pictures in a batch.')
_EPOCHS = flags.DEFINE_integer('epochs', 12, 'Passes through the training split.')
_LEARNING_RATE = flags.DEFINE_float('learning_rate', 2e-3, 'The highest, after the warm-up.')
_SEED = flags.DEFINE_integer('seed', 0, 'Of weights, order, crops and augmentation.')
_DEVICE = flags.DEFINE_enum(
    'device', 'auto', ['auto', 'cpu', 'gpu', 'tpu'],
    'Where the network runs; auto: a TPU where --tpu names one, else GPUs, else the CPU.')
_TPU = flags.DEFINE_string('tpu', '', "local on a TPU VM, or a TPU's name or grpc:// address.")
_PROFILE_STEPS = flags.DEFINE_list(
    'profile_steps', [], "FIRST,LAST: steps to trace for TensorBoard's profile page.")
_CHECKPOINT_STEPS = flags.DEFINE_integer(
    'checkpoint_steps', 100, 'Steps between checkpoints; one is kept after every epoch, too.')
_RESUME = flags.DEFINE_boolean(
    'resume', False, 'Go on where an interrupted run in --workdir was, if there is one.')


def main(argv: list[str]) -> None:
    del argv
    begun = time.perf_counter()
    image_size = command.image_size(_IMAGE_SIZE.value)
    profile_steps = _profile_steps(_PROFILE_STEPS.value)
    for flag in (_EPOCHS, _CHECKPOINT_STEPS, _LEARNING_RATE):
        if not flag.value > 0:
            raise ValueError(f'--{flag.name} must be positive, got {flag.value}')

    # Not before: --helpshort and a mistyped flag should not wait for TensorFlow.
    with command.hushed():
        import keras

        from dualstream import devices, network
        from dualstream.pipeline import Routine, evaluation_batches, prepare, training_batches
        from dualstream.pipeline.batches import steps_per_epoch
        from dualstream.report.page import write_report
        from dualstream.report.scores import Scores
        from dualstream.training import callbacks, recipe
        from dualstream.training.loop import fit
        from dualstream.training.workdir import Workdir

    routine = Routine(image_size, _MASK.value, _CROP.value, _LOOK.value, _SACCADES.value)
    workdir = Workdir(_WORKDIR.value, _config(), _RESUME.value)
    if workdir.finished:
        print(f'{workdir.path} is finished already; see {workdir.path / "report.md"}')
        return
    strategy = devices.choose_strategy(_DEVICE.value, _TPU.value)
    device = devices.describe(strategy)
    keras.utils.set_random_seed(_SEED.value)
    photos = prepare(_DATASET.value, _DATA_DIR.value, _MANUAL_DIR.value)
    steps = steps_per_epoch(photos, _BATCH_SIZE.value)
    with strategy.scope():
        model = network.build(_PRESET.value, image_size=image_size,
                              classes=len(photos.label_names), seed=_SEED.value)
        recipe.compile_network(
            model, _LEARNING_RATE.value, steps * _EPOCHS.value, on_cpu='CPU' in device)
    workdir.claim()

    progress = callbacks.Progress(workdir, steps, _BATCH_SIZE.value, _CHECKPOINT_STEPS.value)
    progress.set_model(model)
    progress.restore()
    validation = evaluation_batches(photos, 'validation', routine, _BATCH_SIZE.value, _SEED.value)
    logdir = str(workdir.path / 'tensorboard')
    beside = [
        callbacks.Validate(validation, photos.label_names),
        keras.callbacks.TensorBoard(logdir, write_graph=False),
        progress,
    ]
    if profile_steps:
        beside.append(callbacks.Trace(*profile_steps, logdir, progress.step))
    batches = training_batches(
        photos, routine, _BATCH_SIZE.value, _EPOCHS.value, _SEED.value, progress.step)
    weights = recipe.class_weights(photos.label_counts('train'))
    fit(model, batches, steps, _EPOCHS.value, progress.step, weights, beside)

    test = evaluation_batches(photos, 'test', routine, _BATCH_SIZE.value, _SEED.value)
    scores = Scores.of(model, test, photos.label_names)
    with workdir.writing('model.keras') as path:
        model.save(path)
    wall_seconds = progress.earlier_seconds + time.perf_counter() - begun
    write_report(
        workdir, photos, model, scores, progress.rows, test, device, wall_seconds)
    workdir.drop_checkpoints()
    print(f'balanced accuracy {scores.balanced_accuracy:.1%}, accuracy {scores.accuracy:.1%} on '
          f'{scores.confusion.sum()} held-out pictures; see {workdir.path / "report.md"}')


def _config() -> dict:
    """The settings that make a run what it is; where it runs and is kept is not among them."""
    made_by = (_DATASET, _MASK, _CROP, _LOOK, _SACCADES, _PRESET, _IMAGE_SIZE, _BATCH_SIZE,
               _EPOCHS, _LEARNING_RATE, _SEED)
    return {flag.name: flag.value for flag in made_by}


def _profile_steps(steps: list[str]) -> tuple[int, int] | None:
    if not steps:
        return None
    if len(steps) != 2 or not all(step.isdigit() for step in steps) or not (
            1 <= int(steps[0]) <= int(steps[1])):
        raise ValueError(f'--profile_steps must be FIRST,LAST, as 10,20; got {",".join(steps)}')
    return int(steps[0]), int(steps[1])


def cli() -> None:
    command.run(main)


if __name__ == '__main__':
    cli()

"""Trains the two-stream network on photographs: python -m dualstream.train.

The shortest form, with no flags, trains on the demo set of synthetic leaves:

  python -m dualstream.train --workdir=runs/demo

The seven routines of preprocessing are chosen by --mask and --crop; `none` resizes whole frames.
"""

import functools
import math
import sys
import tempfile
import time

from absl import flags

from dualstream.runtime import command, devices

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
_LEARNING_RATE = flags.DEFINE_float(
    'learning_rate', 2e-3, 'The highest, after the warm-up; times the number of devices.')
_LABEL_SMOOTHING = flags.DEFINE_float(
    'label_smoothing', 0.0, 'Share of each target that is spread over all classes, in [0, 1).')
_COLOR_JITTER = flags.DEFINE_float(
    'color_jitter', 0.0, 'How far brightness, contrast and saturation are moved after the crop; '
    'hue turns a tenth as far. In [0, 1]; 0.1 is mild, 0: none.')
_MIXUP = flags.DEFINE_float(
    'mixup', 0.0, 'Alpha of the Beta distribution by which pictures of a batch are mixed; 0: none.')
_EMA = flags.DEFINE_float(
    'ema', 0.0, "Momentum of the weights' moving average, which is then what is scored and saved, "
    'in [0, 1); 0: none.')
_EARLY_STOPPING = flags.DEFINE_integer(
    'early_stopping', 0, 'Epochs without a better balanced accuracy in validation after which the '
    'training ends; the best weights are kept. 0: it goes on to its end, and keeps its last.')
_TTA_WINDOWS = flags.DEFINE_integer(
    'tta_windows', 1, 'Windows of each picture of the test split whose probabilities are averaged, '
    'each of which --crop=random chooses anew.')
_SEED = flags.DEFINE_integer('seed', 0, 'Of weights, order, crops and augmentation.')
_DEVICE = flags.DEFINE_enum(
    'device', 'auto', ['auto', 'cpu', 'gpu', 'tpu'],
    'Where the network runs; auto: a TPU where --tpu names one, else GPUs, else the CPU.')
_TPU = flags.DEFINE_string('tpu', '', "local on a TPU VM, or a TPU's name or grpc:// address.")
_DATA_SERVICE = flags.DEFINE_list(
    'data_service', [], 'grpc://HOST:PORT of each python -m dualstream.feed, on machines that make '
    "the training's batches in this one's place.")
_PROFILE_STEPS = flags.DEFINE_list(
    'profile_steps', [], "FIRST,LAST: steps to trace for TensorBoard's profile page.")
_PROFILE_LEVEL = flags.DEFINE_enum(
    'profile_level', 'ops', ['steps', 'ops', 'python'],
    "What is traced: the steps, every op too, or also every call in Python.")
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
    _check_recipe()

    # Not before: --helpshort and a mistyped flag should not wait for TensorFlow.
    with command.hushed():
        devices.settle_backend(_DEVICE.value, _TPU.value)
        import keras

        from dualstream import network
        from dualstream.pipeline import (
            Routine, Share, check_feed, evaluation_batches, prepare, training_batches,
            training_sample, weighted_targets)
        from dualstream.pipeline.batches import steps_per_epoch
        from dualstream.report.page import write_report
        from dualstream.evaluation.scores import Scores
        from dualstream.report.tensorboard import PICTURES, write_graphs
        from dualstream.training import callbacks, recipe
        from dualstream.training.early_stopping import KeepBest
        from dualstream.training.loop import fit
        from dualstream.training.workdir import Workdir

    routine = Routine(image_size, _MASK.value, _CROP.value, _LOOK.value, _SACCADES.value)
    for feed in _DATA_SERVICE.value:
        check_feed(feed)
    with command.hushed():
        place = devices.place(_DEVICE.value, _TPU.value)
    share = Share(place.cluster.host, place.cluster.hosts)
    # All hosts do the same, and the chief's results are kept.
    thrown_away = tempfile.TemporaryDirectory()
    workdir = Workdir(_WORKDIR.value if place.chief else thrown_away.name,
                      _config() | {'replicas': place.replicas}, _RESUME.value)
    if place.cluster.from_chief(workdir.finished):
        print(f'{_WORKDIR.value} is finished already; see {_WORKDIR.value}/report.md')
        return
    if place.bfloat16:
        keras.config.set_dtype_policy('mixed_bfloat16')
    batch_size = _BATCH_SIZE.value * place.replicas
    keras.utils.set_random_seed(_SEED.value)
    photos = prepare(_DATASET.value, _DATA_DIR.value, _MANUAL_DIR.value)
    steps = steps_per_epoch(photos, batch_size)
    with place.scope():
        model = network.build(_PRESET.value, image_size=image_size,
                              classes=len(photos.label_names), seed=_SEED.value)
        recipe.compile_network(
            model, _LEARNING_RATE.value * place.replicas, steps * _EPOCHS.value,
            on_cpu=place.kind == 'CPU', replicas=place.replicas,
            label_smoothing=_LABEL_SMOOTHING.value, ema=_EMA.value)
    workdir.claim()

    best = KeepBest(_EARLY_STOPPING.value) if _EARLY_STOPPING.value else None
    progress = callbacks.Progress(
        workdir, steps, batch_size, _CHECKPOINT_STEPS.value, best, place.cluster)
    progress.set_model(model)
    progress.restore()
    validation = evaluation_batches(photos, 'validation', routine, batch_size, _SEED.value)
    logdir = str(workdir.path / 'tensorboard')
    write_graphs(logdir, routine)
    sample = functools.partial(
        training_sample, photos, routine, PICTURES, seed=_SEED.value,
        color_jitter=_COLOR_JITTER.value)
    beside = [
        callbacks.Validate(validation, photos.label_names),
        *([best] if best else []),
        keras.callbacks.TensorBoard(logdir, write_graph=False),
        callbacks.Pictures(logdir, sample, photos.label_names),
        progress,
    ]
    if profile_steps:
        beside.append(callbacks.Trace(
            *profile_steps, logdir, progress.step, batch_size,
            place.devices, _PROFILE_LEVEL.value))
    batches = training_batches(
        photos, routine, batch_size, _EPOCHS.value, _SEED.value, progress.step,
        _COLOR_JITTER.value, share, _DATA_SERVICE.value)
    weights = recipe.class_weights(photos.label_counts('train'))
    batches = weighted_targets(
        batches, list(weights.values()), _MIXUP.value, _SEED.value, progress.step, share)
    if not (best and best.stopped):
        try:
            with place.cluster.together():
                fit(model, batches, steps, _EPOCHS.value, progress.step, None, beside)
        except callbacks.Preempted as preempted:
            print(f'ended by SIGTERM and saved at step {preempted.step}; --resume goes on from '
                  'there', file=sys.stderr)
            raise
    if best:
        model.set_weights(best.weights)

    test = evaluation_batches(photos, 'test', routine, batch_size, _SEED.value)
    scores = one_window = Scores.of(model, test, photos.label_names)
    if _TTA_WINDOWS.value > 1:
        several = evaluation_batches(
            photos, 'test', routine, batch_size, _SEED.value, _TTA_WINDOWS.value)
        scores = Scores.of(model, several, photos.label_names)
    recipe.synchronize_statistics(model, 1)
    with workdir.writing('model.keras') as path:
        model.save(path)
    wall_seconds = progress.earlier_seconds + time.perf_counter() - begun
    write_report(
        workdir, photos, model, scores, one_window, progress.rows, test, str(place), wall_seconds)
    workdir.drop_checkpoints()
    if not place.chief:
        return
    print(f'balanced accuracy {scores.balanced_accuracy:.1%}, accuracy {scores.accuracy:.1%} on '
          f'{scores.confusion.sum()} held-out pictures; see {workdir.path / "report.md"}')


def _config() -> dict:
    """The settings that make a run what it is; where it runs and is kept is not among them."""
    made_by = (_DATASET, _MASK, _CROP, _LOOK, _SACCADES, _PRESET, _IMAGE_SIZE, _BATCH_SIZE,
               _EPOCHS, _LEARNING_RATE, _LABEL_SMOOTHING, _COLOR_JITTER, _MIXUP, _EMA,
               _EARLY_STOPPING, _TTA_WINDOWS, _SEED)
    return {flag.name: flag.value for flag in made_by}


def _check_recipe() -> None:
    """Raises ValueError where a flag of the recipe is out of its range."""
    for flag, inside, bounds in (
            (_LABEL_SMOOTHING, 0 <= _LABEL_SMOOTHING.value < 1, 'in [0, 1)'),
            (_COLOR_JITTER, 0 <= _COLOR_JITTER.value <= 1, 'in [0, 1]'),
            (_MIXUP, 0 <= _MIXUP.value < math.inf, 'at least 0, and finite'),
            (_EMA, 0 <= _EMA.value < 1, 'in [0, 1)'),
            (_EARLY_STOPPING, _EARLY_STOPPING.value >= 0, 'at least 0'),
            (_TTA_WINDOWS, _TTA_WINDOWS.value >= 1, 'at least 1')):
        if not inside:
            raise ValueError(f'--{flag.name} must be {bounds}, got {flag.value}')
    if _TTA_WINDOWS.value > 1 and _CROP.value != 'random':
        raise ValueError(
            f'--tta_windows={_TTA_WINDOWS.value} needs --crop=random: --crop={_CROP.value} gives '
            f'the same window each time')


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

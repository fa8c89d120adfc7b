"""One training, from a configuration to a scored network."""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence

import keras
import numpy as np

from dualstream import network
from dualstream.evaluation.calibration import (
    fit_temperature,
    set_temperature,
    with_temperature,
)
from dualstream.evaluation.predictions import Predictions, predict
from dualstream.evaluation.refusal import Refusal, choose_refusal
from dualstream.evaluation.scores import Scores
from dualstream.pipeline import (
    Photos,
    Routine,
    Shard,
    make_evaluation_batches,
    make_training_batches,
    weigh_targets,
)
from dualstream.pipeline.batches import count_steps
from dualstream.runtime.devices import Place
from dualstream.runtime.errors import UserError
from dualstream.training import prior, recipe
from dualstream.training.callbacks import SaveProgress, TraceSteps, Validate
from dualstream.training.config import RunOptions, TrainConfig
from dualstream.training.early_stopping import KeepBest
from dualstream.training.initial_weights import take_weights
from dualstream.training.looking import routine_of, training_routine_of, views_of
from dualstream.training.loop import fit
from dualstream.training.workdir import Workdir

_DEFAULTS = RunOptions()

# TrainConfig's help says these.
_IMAGES, _LEAST_EPOCHS, _MOST_EPOCHS = 96_000, 15, 300


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a training gives.

    Attributes:
      model: the network, with its final weights.
      scores: on the test split by prior, 'data' and 'uniform'; of several views of each example,
        where the recipe asks for it.
      one_view: the same with one view of each example.
      temperature: what the network's logits were divided by, so that its probabilities fit the
        validation split best; it is in the network's weights.
      shares: float64 (classes,), the classes' shares that the training showed to the network.
      refusal: the thresholds below which a photograph gets no diagnosis; at least 98% of the
        validation split lie above both.
      rows: the lines of metrics.csv, one dict per epoch.
      seconds: what the training and its scoring took, interrupted parts included; preparing the
        data set is not part of it.
    """

    model: keras.Model
    scores: dict[str, Scores]
    one_view: dict[str, Scores]
    temperature: float
    shares: np.ndarray
    refusal: Refusal
    rows: list[dict[str, float]]
    seconds: float


def train(
    config: TrainConfig,
    *,
    photos: Photos,
    place: Place,
    workdir: Workdir,
    options: RunOptions = _DEFAULTS,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    routine: Callable | None = None,
    build: Callable | None = None,
    verbose: int | None = None,
) -> Trained:
    """Trains a network on photographs, or continues such a training, and scores it.

    Use it in programs; `python -m dualstream.train` is the same as a command, with a report.

    Args:
      config: what defines the run. A TrainConfig's `dataset` is not read here: `photos` is.
      photos: the data set.
      place: the devices to train on.
      workdir: the folder of the run; a checkpoint in it is continued from.
      options: checkpoint_steps, data_service, profile_steps and profile_level are used here.
      callbacks: called after each epoch's validation, before its checkpoint.
      routine: makes an image of an example and a seed, to train and to score; if None, those of
        `looking` do, which the configuration describes.
      build: makes the network, called as `dualstream.network.build` is; its last layer must be
        `logits`, with softmax. If None, `dualstream.network.build` does.
      verbose: as in `loop.fit`; 0 prints nothing.

    Raises:
      UserError: the configuration does not fit the data set, or an example has no label.
      FloatingPointError: the loss is not finite.
      StoppedBySignal: SIGTERM or Ctrl-C stopped the training, which is saved.
    """
    started = time.perf_counter()
    config = dataclasses.replace(config, epochs=count_epochs(config, photos.count('train')))
    batch_size = config.batch_size * place.replicas
    steps = count_steps(photos, batch_size)
    _check_profile_steps(options, steps * config.epochs)
    shown = routine or training_routine_of(config)
    seen = routine or routine_of(config)
    views = routine or views_of(config)
    counts = photos.label_counts('train')
    weights = _class_weights(config, counts)
    shares = prior.learned_shares(counts, weights)
    model = _compiled_network(config, photos, place, steps, build or network.build)
    workdir.claim()
    best = KeepBest(config.recipe.early_stopping) if config.recipe.early_stopping else None
    progress = SaveProgress(
        workdir, steps_per_epoch=steps, batch_size=batch_size, best=best, cluster=place.cluster,
        checkpoint_steps=options.checkpoint_steps)
    progress.restore(model)
    if verbose != 0:
        print(_description(config, photos, place, steps, progress.step), flush=True)

    evaluation = functools.partial(
        make_evaluation_batches, photos, routine=seen, batch_size=batch_size, seed=config.seed)
    every = [Validate(evaluation(purpose='validation'), photos.label_names),
             *([best] if best else []), *callbacks, progress,
             *_tracing(options, workdir, start_step=progress.step, images=batch_size,
                       devices=place.devices)]
    if not (best and best.stopped):
        with place.cluster.together():
            fit(model, _batches_of(config, photos, place, options, shown, weights),
                steps_per_epoch=steps, epochs=config.epochs, start_step=progress.step,
                callbacks=every, verbose=verbose)
    if best:
        model.set_weights(best.weights)
    predictions = predict(model, evaluation(purpose='validation'), photos.label_names)
    temperature = fit_temperature(predictions)
    set_temperature(model, temperature)
    refusal = _choose_refusal(
        with_temperature(predictions, temperature), config, evaluation, seen, shares)
    one_view = _score(model, evaluation(purpose='test'), photos, shares)
    scores = one_view if views == seen else _score(
        model, evaluation(purpose='test', routine=views), photos, shares)
    if config.prior == 'uniform':
        prior.assume_uniform_prior(model, shares)
    recipe.synchronize_statistics(model, 1)
    return Trained(model, scores, one_view, temperature, shares, refusal, progress.rows,
                   progress.earlier_seconds + time.perf_counter() - started)


def count_epochs(config: TrainConfig, examples: int) -> int:
    """Says how many passes through the training split a training makes.

    A network from scratch needs some thousands of steps, however few the photographs are; of many,
    it needs to see each several times.

    Args:
      config: of the training; its own number is taken where it has one.
      examples: in the training split, at least 1.

    Example:

    >>> count_epochs(TrainConfig(), 800), count_epochs(TrainConfig(epochs=3), 800)
    (120, 3)
    """
    if config.epochs is not None:
        return config.epochs
    return min(max(round(_IMAGES / examples), _LEAST_EPOCHS), _MOST_EPOCHS)


def _check_profile_steps(options: RunOptions, steps: int) -> None:
    if options.profile_steps and options.profile_steps[1] > steps:
        first, last = options.profile_steps
        raise UserError(f'--profile_steps={first},{last} is past the end: the training has {steps} '
                        'steps')


def _compiled_network(
    config: TrainConfig, photos: Photos, place: Place, steps: int, build: Callable
) -> keras.Model:
    """Builds and compiles the network; the same seed gives the same weights."""
    keras.config.set_dtype_policy(place.dtype_policy)
    keras.utils.set_random_seed(config.seed)
    with place.scope():
        try:
            model = build(config.preset, image_size=config.image_size,
                          classes=len(photos.label_names), seed=config.seed)
        except ValueError as error:
            raise UserError(f'--{error}') from error
        if config.init_from:
            take_weights(model, config.init_from)
        recipe.compile_network(
            model, config.learning_rate * place.replicas, steps * config.epochs,
            on_cpu=place.kind == 'CPU', replicas=place.replicas,
            label_smoothing=config.recipe.label_smoothing, ema=config.recipe.ema)
    return model


def _class_weights(config: TrainConfig, counts: np.ndarray) -> np.ndarray:
    if not config.recipe.class_weights:
        return np.ones(len(counts))
    return np.array(list(recipe.class_weights(counts).values()))


def _tracing(options: RunOptions, workdir: Workdir, **more) -> list[TraceSteps]:
    """The callback that traces steps, where that is asked for."""
    if not options.profile_steps:
        return []
    return [TraceSteps(*options.profile_steps, logdir=str(workdir.path / 'tensorboard'),
                       level=options.profile_level, **more)]


def _batches_of(
    config: TrainConfig, photos: Photos, place: Place, options: RunOptions, routine: Callable,
    weights: np.ndarray,
) -> Callable:
    """A function that makes the training batches from one step up to another."""
    shard = Shard(place.cluster.host, place.cluster.hosts)

    def make_batches(start: int, stop: int):
        batches = make_training_batches(
            photos, routine, config.batch_size * place.replicas, epochs=config.epochs,
            seed=config.seed, start_step=start, stop_step=stop,
            color_jitter=config.recipe.color_jitter, shard=shard, feeds=options.data_service)
        return weigh_targets(batches, weights, mixup_alpha=config.recipe.mixup,
                             seed=config.seed, start_step=start, shard=shard)

    return make_batches


def _choose_refusal(
    predictions: Predictions, config: TrainConfig, evaluation: Callable, routine: Callable,
    shares: np.ndarray,
) -> Refusal:
    """Chooses the thresholds of refusal for the network as it is saved."""
    if config.prior == 'uniform':
        predictions = predictions.with_uniform_prior(shares)
    if isinstance(routine, Routine):  # stains are no leaves' colours
        routine = dataclasses.replace(routine, normalizer=None)
    coverage = routine_of(config).coverage
    batches = evaluation(purpose='validation', routine=routine)
    coverages = [coverage(images) for images, _ in batches]
    return choose_refusal(np.concatenate(coverages), predictions.probabilities.max(axis=1))


def _score(model, batches, photos: Photos, shares: np.ndarray) -> dict[str, Scores]:
    """Scores by prior of the classes."""
    predictions = predict(model, batches, photos.label_names)
    return {'data': Scores.of(predictions),
            'uniform': Scores.of(predictions.with_uniform_prior(shares))}


def _description(
    config: TrainConfig, photos: Photos, place: Place, steps: int, start_step: int
) -> str:
    """What is trained, on what, where and for how long, in one line."""
    precision = 'mixed bfloat16' if place.bfloat16 else 'float32'
    continued = f', continued from step {start_step:,}' if start_step else ''
    counts = ', '.join(f'{photos.count(split):,} {split}' for split in photos.splits)
    return (f'{config.preset} on {photos.builder.info.full_name} ({counts} examples), on {place} '
            f'in {precision}; {config.epochs} epochs of {steps:,} steps{continued}')


"""The recipe: optimiser, schedule, loss, averaged weights and the weight of each class."""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np

WARM_UP = 0.05
"""Share of all steps in which the learning rate rises to its full value."""

WEIGHT_DECAY = 1e-4


def compile_network(
    network: keras.Model,
    learning_rate: float,
    steps: int,
    on_cpu: bool = True,
    replicas: int = 1,
    label_smoothing: float | None = None,
    ema: float = 0.0,
) -> None:
    """Makes a network ready for `fit`: AdamW, a cosine that ends at zero, cross-entropy.

    Args:
      network: outputs probabilities (batch, classes).
      learning_rate: its highest value.
      steps: of the whole training.
      on_cpu: whether it runs on a CPU, where TensorFlow's own convolutions are faster than XLA's.
      replicas: devices that share a batch.
      label_smoothing: in [0, 1), the share of each target that is spread over all classes (Szegedy
        et al. 2016, Rethinking the Inception Architecture); targets are then (batch, classes), as
        of `weighted_targets`. If None, they are the classes' numbers, (batch,).
      ema: in [0, 1), the momentum of the weights' exponential moving average (Polyak and Juditsky
        1992 average the iterates of stochastic approximation); `averaged` lends it. 0 keeps none.
    """
    synchronize_statistics(network, replicas)
    warm_up = max(1, round(WARM_UP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0, warmup_target=learning_rate, warmup_steps=warm_up,
        decay_steps=max(1, steps - warm_up))
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=WEIGHT_DECAY, use_ema=ema > 0, ema_momentum=ema)
    # An accuracy that is asked for by name would make its variables in the midst of the first step,
    # and TensorFlow then traces that step twice.
    if label_smoothing is None:
        loss = keras.losses.SparseCategoricalCrossentropy()
        accuracy = keras.metrics.SparseCategoricalAccuracy('accuracy')
    else:
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing)
        accuracy = keras.metrics.CategoricalAccuracy('accuracy')
    network.compile(
        optimizer=optimizer, loss=loss, metrics=[accuracy],
        jit_compile=False if on_cpu and keras.backend.backend() == 'tensorflow' else 'auto')
    network.optimizer.build(network.trainable_variables)


def synchronize_statistics(network: keras.Model, replicas: int) -> None:
    """Has batch normalisation take the statistics of what all devices see, in TensorFlow.

    JAX does so by itself, and refuses to load a network that asks for it: before saving, say 1.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = replicas > 1 and keras.backend.backend() == 'tensorflow'


@contextlib.contextmanager
def averaged(network: keras.Model) -> Iterator[None]:
    """Inside it, a network that keeps a moving average of its weights has the average for weights.

    Weights that are trained, that is: the statistics of batch normalisation are moving averages of
    their own, over fewer steps than most, and stay.
    """
    if not network.optimizer.use_ema:
        yield
        return
    own = [keras.ops.convert_to_numpy(variable) for variable in network.trainable_variables]
    network.optimizer.finalize_variable_values(network.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(network.trainable_variables, own, strict=True):
            variable.assign(value)


def class_weights(counts: np.ndarray) -> dict[int, float]:
    """What each class's pictures weigh, so that all classes weigh alike, with a mean of 1.

    Args:
      counts: int (classes,), pictures of each class; a class without any weighs nothing.
    """
    present = np.count_nonzero(counts)
    return {label: float(counts.sum() / (present * count)) if count else 0.0
            for label, count in enumerate(counts)}

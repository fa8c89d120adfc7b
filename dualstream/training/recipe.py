"""The recipe: optimiser, schedule, loss, averaged weights and the weight of each class."""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np

WARM_UP = 0.05
"""Share of all steps in which the learning rate rises to its full value."""

WEIGHT_DECAY = 0.05
"""Times the learning rate, the share by which a step shrinks each kernel: usual for AdamW on images
(Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization)."""

_NOT_DECAYED = (r'\bbias\b', r'\bgamma\b', r'\bbeta\b')
"""Which variables do not decay: biases, and the scales and offsets of normalisation, which must not
go towards 0. TensorFlow's names contain the layer, as in logits/bias:0; JAX's do not."""


def compile_network(
    network: keras.Model,
    learning_rate: float,
    steps: int,
    *,
    on_cpu: bool = True,
    replicas: int = 1,
    label_smoothing: float | None = None,
    ema: float = 0.0,
) -> None:
    """Compiles a network for `fit`: AdamW, a cosine that ends at zero, cross-entropy.

    Use it for every training of the package, so that all have the same recipe.

    Args:
      network: outputs probabilities (batch, classes).
      learning_rate: the highest value of the schedule, greater than 0.
      steps: of the whole training, at least 1.
      on_cpu: whether it runs on a CPU, where TensorFlow's own convolutions are faster than XLA's.
      replicas: devices that share a batch, at least 1.
      label_smoothing: in [0, 1), the share of each target that is spread over all classes (Szegedy
        et al. 2016, Rethinking the Inception Architecture); targets are then (batch, classes), as
        `weigh_targets` gives them. If None, targets are the classes' numbers, (batch,).
      ema: in [0, 1), the momentum of an exponential moving average of the weights (Polyak and
        Juditsky 1992 average the iterates of stochastic approximation), which `averaged` puts in
        place of the weights. 0 keeps none.

    Example:

    >>> network = keras.Sequential([keras.Input([2]), keras.layers.Dense(3, 'softmax')])
    >>> compile_network(network, 1e-3, 100)
    >>> network.optimizer.name
    'adam_w'
    """
    synchronize_statistics(network, replicas)
    warm_up = max(1, round(WARM_UP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0, warmup_target=learning_rate, warmup_steps=warm_up,
        decay_steps=max(1, steps - warm_up))
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=WEIGHT_DECAY, use_ema=ema > 0, ema_momentum=ema)
    optimizer.exclude_from_weight_decay(var_names=list(_NOT_DECAYED))
    # An accuracy that is given by name makes its variables during the first step, and TensorFlow
    # then traces that step twice.
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
    """Sets whether batch normalisation uses the statistics of all devices together.

    TensorFlow must be asked to; JAX always does, and refuses to load a network that asks for it.
    Call it with 1 before saving a network, so that it can be loaded everywhere.

    Args:
      network: whose layers are changed.
      replicas: devices that share a batch, at least 1.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = replicas > 1 and keras.backend.backend() == 'tensorflow'


@contextlib.contextmanager
def averaged(network: keras.Model) -> Iterator[None]:
    """Replaces the trained weights by their moving average, inside the context.

    Use it to score or save a network in the midst of a training. A network without an average stays
    as it is. The statistics of batch normalisation are moving averages already, and stay.

    Args:
      network: compiled by `compile_network`.
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
    """Computes weights of the classes by which each class counts equally in the loss.

    Args:
      counts: int (classes,), examples of each class, at least one of them greater than 0.

    Returns:
      The weight of an example of each class, with a mean of 1 over the examples; 0 for a class
      without examples.

    Example:

    >>> class_weights(np.array([30, 10]))
    {0: 0.6666666666666666, 1: 2.0}
    """
    present = np.count_nonzero(counts)
    return {label: float(counts.sum() / (present * count)) if count else 0.0
            for label, count in enumerate(counts)}

"""The recipe: optimiser, schedule, loss and the weight of each class."""

import keras
import numpy as np

WARM_UP = 0.05
"""Share of all steps in which the learning rate rises to its full value."""

WEIGHT_DECAY = 1e-4


def compile_network(
    network: keras.Model, learning_rate: float, steps: int, on_cpu: bool = True
) -> None:
    """Makes a network ready for `fit`: AdamW, a cosine that ends at zero, cross-entropy.

    Args:
      network: outputs probabilities (batch, classes).
      learning_rate: its highest value.
      steps: of the whole training.
      on_cpu: whether it runs on a CPU, where XLA's convolutions are slower than TensorFlow's own.
    """
    warm_up = max(1, round(WARM_UP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0, warmup_target=learning_rate, warmup_steps=warm_up,
        decay_steps=max(1, steps - warm_up))
    network.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=['accuracy'],
        jit_compile=False if on_cpu else 'auto')
    network.optimizer.build(network.trainable_variables)


def class_weights(counts: np.ndarray) -> dict[int, float]:
    """What each class's pictures weigh, so that all classes weigh alike, with a mean of 1.

    Args:
      counts: int (classes,), pictures of each class; a class without any weighs nothing.
    """
    present = np.count_nonzero(counts)
    return {label: float(counts.sum() / (present * count)) if count else 0.0
            for label, count in enumerate(counts)}

"""Measures what a way costs while the network trains."""

import time
from collections.abc import Callable

import tensorflow as tf

from experiments.preprocessing.timing import BATCH, Run


def training_runs(
    examples: tf.data.Dataset, ways: dict[str, Callable], classes: int, device: str
) -> dict[str, Run]:
    """Makes runs of the training step of `nano`, one per way, all with the same network.

    Args:
      examples: undecoded, held in memory, with their labels.
      ways: name -> example to image.
      classes: how many labels there are.
      device: that the network runs on, in TensorFlow's terms: 'CPU:0' or 'GPU:0'.
    """
    from dualstream import network
    from dualstream.training import recipe
    from experiments.preprocessing.ways import TARGET

    with tf.device(device):
        model = network.build('nano', image_size=TARGET, classes=classes, seed=0)
        recipe.compile_network(model, 1e-3, 10_000)

    def training_run(way):
        batches = examples.repeat().map(
            lambda example: (way(example), example['label']), tf.data.AUTOTUNE
        ).batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)

        def run(pictures: int) -> float:
            steps = max(pictures // BATCH, 2)
            iterator = iter(batches)
            with tf.device(device):
                model.train_on_batch(*next(iterator))
                started = time.perf_counter()
                for _ in range(steps):
                    model.train_on_batch(*next(iterator))
            return steps * BATCH / (time.perf_counter() - started)

        return run

    return {name: training_run(way) for name, way in ways.items()}

"""How long a training step of each of several networks takes, measured side by side."""

import time
from collections.abc import Callable, Mapping

import keras
import numpy as np
import tqdm

from dualstream.training import recipe
from experiments.preprocessing.timing import interleave
from experiments.workers import run_in_workers

ROUNDS = 15


def measure_steps(
    builders: Mapping[str, Callable[[], keras.Model]], batch_size: int, workers: int,
    kind: str = 'training',
) -> dict[str, float]:
    """Measures steps in interleaved rounds, under the same noise.

    Args:
      builders: name -> what builds the network, with images and classes as all others.
      batch_size: images in a step.
      workers: as `run_in_workers` takes them, so that a step has as many cores as a training.
      kind: 'training' or 'inference'.

    Returns:
      Name -> the median, in milliseconds.
    """
    return next(run_in_workers(_measure, [(builders, batch_size, kind)], workers))


def timed_steps(network: keras.Model, batch_size: int) -> dict[str, Callable]:
    """Makes functions that do one step each, on a random batch in memory, and say how fast it was.

    Args:
      network: compiled, from images to probabilities.
      batch_size: images in a step.

    Returns:
      'training' and 'inference' -> a function of the round's number, which is not used; it returns
      images per second.
    """
    rng = np.random.default_rng(0)
    images = rng.random((batch_size, *network.input_shape[1:]), np.float32)
    labels = rng.integers(0, network.output_shape[-1], batch_size)

    def timed(step):
        def run(_):
            started = time.perf_counter()
            step()
            return batch_size / (time.perf_counter() - started)

        return run

    return {'training': timed(lambda: network.train_on_batch(images, labels)),
            'inference': timed(lambda: network.predict_on_batch(images))}


def _measure(
    builders: Mapping[str, Callable[[], keras.Model]], batch_size: int, kind: str
) -> dict[str, float]:
    runs = {}
    for name, build in builders.items():
        network = build()
        recipe.compile_network(network, 1e-3, 100)
        runs[name] = timed_steps(network, batch_size)[kind]
    rates = interleave(runs, ROUNDS, 0,
                       lambda each: tqdm.tqdm(each, 'Timing', unit=' steps', disable=None))
    return {name: float(1000 * batch_size / np.median(each)) for name, each in rates.items()}

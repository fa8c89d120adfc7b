"""How long a training step of each network takes, measured side by side."""

import time

import numpy as np
import tqdm

from dualstream.training import recipe
from experiments.preprocessing.timing import interleave
from experiments.streams.cell import BATCH_SIZE
from experiments.streams.frames import IMAGE_SIZE
from experiments.streams.variants import build

ROUNDS = 15


def measure_steps(names: list[str], classes: int) -> dict[str, float]:
    """Measures training steps in interleaved rounds, under the same noise.

    Args:
      names: of networks, keys of VARIANTS or OTHERS.
      classes: of the networks.

    Returns:
      Name -> the median, in milliseconds.
    """
    rng = np.random.default_rng(0)
    images = rng.random((BATCH_SIZE, *IMAGE_SIZE, 3), np.float32)
    labels = rng.integers(0, classes, BATCH_SIZE)

    def run_of(name):
        network = build(name, IMAGE_SIZE, classes, seed=0)
        recipe.compile_network(network, 1e-3, 100)

        def run(_):
            started = time.perf_counter()
            network.train_on_batch(images, labels)
            return 1 / (time.perf_counter() - started)

        return run

    rates = interleave({name: run_of(name) for name in names}, ROUNDS, 0,
                       lambda each: tqdm.tqdm(each, 'Timing', unit=' steps', disable=None))
    return {name: float(1000 / np.median(each)) for name, each in rates.items()}

"""Measures images per second of several ways in interleaved rounds, under the same noise."""

import concurrent.futures
import itertools
import os
import time
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

BATCH = 16

Run = Callable[[int], float]
"""Makes about so many images and returns images per second."""


def pipeline_run(
    examples: tf.data.Dataset, way: Callable, cores: int | None = None,
    then: Callable[[tf.Tensor], object] | None = None,
) -> Run:
    """Makes a run of a tf.data pipeline: map, batch, prefetch.

    Args:
      examples: undecoded, held in memory.
      way: example -> image.
      cores: how many images are decoded in parallel; None: as many as there are cores.
      then: called with each batch, unless None.
    """
    images = examples.repeat().map(way, cores or os.cpu_count()).batch(BATCH, drop_remainder=True)

    def run(pictures: int) -> float:
        batches = max(pictures // BATCH, 2)
        # The first batch, during which threads start, is not timed.
        timed = iter(images.take(1 + batches).prefetch(2))
        _finish(next(timed), then)
        started = time.perf_counter()
        for batch in timed:
            _finish(batch, then)
        return batches * BATCH / (time.perf_counter() - started)

    return run


def _finish(batch, then):
    # Fetching a value waits for the accelerator.
    np.asarray((then(batch) if then else batch)[0, 0])


def python_run(contents: list[bytes], baseline: Callable, cores: int | None = None) -> Run:
    """Makes a run of a Python function in as many threads as there are cores."""
    pool = concurrent.futures.ThreadPoolExecutor(cores or os.cpu_count())

    def run(pictures: int) -> float:
        some = list(itertools.islice(itertools.cycle(contents), max(pictures, 2 * BATCH)))
        started = time.perf_counter()
        for _ in pool.map(baseline, some):
            pass
        return len(some) / (time.perf_counter() - started)

    return run


def interleave(
    runs: dict[str, Run], repeats: int, seconds: float, progress: Callable[[Iterable], Iterable]
) -> dict[str, list[float]]:
    """Measures images per second of each run in each round; each round starts with another run.

    Args:
      runs: by name.
      repeats: rounds, after one that only finds how many images fill the time.
      seconds: approximate length of each run.
      progress: wraps the (round, name) pairs.
    """
    names = list(runs)
    order = [(round_, names[(round_ + place) % len(names)])
             for round_ in range(repeats + 1) for place in range(len(names))]
    rates, pictures = {name: [] for name in names}, {}
    for round_, name in progress(order):
        if round_ == 0:
            pictures[name] = int(seconds * runs[name](2 * BATCH))  # and traces and compiles
        else:
            rates[name].append(runs[name](pictures[name]))
    return rates


def cpu_milliseconds(runs: dict[str, Run], pictures: int) -> dict[str, float]:
    """Measures the CPU time of this process, in milliseconds, that an image takes in each run.

    Args:
      runs: by name, each run before.
      pictures: how many images to make.
    """
    spent = {}
    for name, run in runs.items():
        started = time.process_time()
        run(pictures)
        spent[name] = 1000 * (time.process_time() - started) / pictures
    return spent


def ratio(rates: dict[str, list[float]], name: str, to: str) -> float:
    """Computes the median over the rounds of one way's speed divided by another's."""
    return float(np.median(np.divide(rates[name], rates[to])))

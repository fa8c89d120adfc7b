"""Images a second of many ways side by side, in interleaved rounds, so that all see one noise."""

import concurrent.futures
import itertools
import os
import time
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

BATCH = 16

Run = Callable[[int], float]
"""Handles about so many pictures and returns images a second."""


def pipeline_run(
    examples: tf.data.Dataset, way: Callable, cores: int | None = None,
    then: Callable[[tf.Tensor], object] | None = None,
) -> Run:
    """A run of a tf.data pipeline: map, batch, prefetch.

    Args:
      examples: undecoded, held in memory.
      way: example -> image.
      cores: how many are decoded in parallel: as many as there are, if None.
      then: what is done with each batch; nothing if None.
    """
    images = examples.repeat().map(way, cores or os.cpu_count()).batch(BATCH, drop_remainder=True)

    def run(pictures: int) -> float:
        batches = max(pictures // BATCH, 2)
        # A way starts cold: its first batch, during which threads come up, does not count.
        timed = iter(images.take(1 + batches).prefetch(2))
        _finish(next(timed), then)
        begun = time.perf_counter()
        for batch in timed:
            _finish(batch, then)
        return batches * BATCH / (time.perf_counter() - begun)

    return run


def _finish(batch, then):
    # Fetching a value is what waits for an accelerator.
    np.asarray((then(batch) if then else batch)[0, 0])


def python_run(contents: list[bytes], baseline: Callable, cores: int | None = None) -> Run:
    """A run of a Python function in as many threads as there are cores."""
    pool = concurrent.futures.ThreadPoolExecutor(cores or os.cpu_count())

    def run(pictures: int) -> float:
        some = list(itertools.islice(itertools.cycle(contents), max(pictures, 2 * BATCH)))
        begun = time.perf_counter()
        for _ in pool.map(baseline, some):
            pass
        return len(some) / (time.perf_counter() - begun)

    return run


def interleave(
    runs: dict[str, Run], repeats: int, seconds: float, progress: Callable[[Iterable], Iterable]
) -> dict[str, list[float]]:
    """Images a second of each run, in each of some rounds; every round starts with another one.

    Args:
      runs: by name.
      repeats: rounds that count, after one that only finds how many pictures fill the time.
      seconds: about how long each run lasts.
      progress: wraps the (round, name) pairs as they are gone through.
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


def ratio(rates: dict[str, list[float]], name: str, to: str) -> float:
    """The median, over the rounds, of one way's images a second to another's in the same round."""
    return float(np.median(np.divide(rates[name], rates[to])))

"""Measures how far two normalisers differ on one slide, and how many slides each does a second."""

import functools
import importlib.metadata
import os
import platform
import time

import numpy as np
import PIL.Image
import tensorflow as tf
import tqdm

from dualstream.color import StainNormalizer
from dualstream.color.stains.normalizer import METHODS
from experiments.stain_tools.torchstain_process import BACKENDS, Torchstain

BATCH = 4


def read(file: str) -> np.ndarray:
    """Reads a picture without its alpha channel: uint8 (H, W, 3)."""
    return np.asarray(PIL.Image.open(file).convert('RGB'))


def versions(other: Torchstain | None) -> dict:
    """Lists what was measured, and on what."""
    return {'here': {name: importlib.metadata.version(name) for name in ('tensorflow', 'keras')},
            'torchstain': other.versions if other else None,
            'cores': os.cpu_count(), 'machine': platform.machine()}


def normalizer(reference: np.ndarray, method: str = 'macenko') -> StainNormalizer:
    """Makes a normaliser with torchstain's convention, without a limit of the gain as there."""
    layer = StainNormalizer(method, convention='torchstain', max_gain=None)
    layer.adapt(reference)
    return layer


def agreement(source: np.ndarray, reference: np.ndarray, other: Torchstain | None) -> dict:
    """Measures by how many levels of 255 the normalised slides differ."""
    ours = {method: normalizer(reference, method)(source).numpy() for method in METHODS}
    found = {'changed': _levels(ours['macenko'], source), 'differences': {}}
    for backend in BACKENDS if other else ():
        other.fit(backend, reference)
        found['differences'][backend] = _levels(ours['macenko'], other.normalize(backend, source))
    return found


def _levels(one: np.ndarray, other: np.ndarray) -> dict:
    apart = np.abs(one.astype(int) - other)
    return {'mean': float(apart.mean()), 'percentile_99': float(np.percentile(apart, 99)),
            'most': int(apart.max())}


def speed(source: np.ndarray, reference: np.ndarray, other: Torchstain | None, *,
          sizes: tuple[int, ...], rounds: int) -> dict:
    """Measures slides a second, by way and size, round by round.

    Returns:
      size -> way -> a number for each round.
    """
    measured = {}
    for size in sizes:
        slide = np.asarray(PIL.Image.fromarray(source).resize((size, size)))
        ways = _ways(slide, reference, other)
        rates = {name: [] for name in ways}
        for round_ in tqdm.trange(rounds + 1, desc=f'{size} pixels', unit=' rounds'):
            for name, (seconds, pictures) in ways.items():
                took = seconds()
                if round_:  # the first one compiles
                    rates[name].append(pictures / took)
        measured[str(size)] = rates
    return measured


def _ways(slide: np.ndarray, reference: np.ndarray, other: Torchstain | None) -> dict:
    """Name -> (a function that runs once and returns seconds, how many slides that were)."""
    calls = max(1, 400_000 // slide[..., 0].size)
    ways = {}
    for method in METHODS:
        layer = tf.function(normalizer(reference, method), jit_compile=True)
        ways[f'{method}, one by one'] = (
            functools.partial(_seconds, layer, tf.constant(slide), calls), calls)
    batch = tf.constant(np.stack(BATCH * [slide]))
    layer = tf.function(normalizer(reference), jit_compile=True)
    ways[f'macenko, batches of {BATCH}'] = functools.partial(_seconds, layer, batch, 1), BATCH
    for backend in BACKENDS if other else ():
        ways[f'torchstain, {backend}'] = (
            functools.partial(other.seconds, backend, slide, calls), calls)
    return ways


def _seconds(layer, images: tf.Tensor, calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        layer(images).numpy()
    return time.perf_counter() - started

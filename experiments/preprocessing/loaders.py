"""Loaders of other frameworks: processes of Python in grain and PyTorch, and DALI's C++.

Each decodes the same photographs, cuts the same window, which is known, and yields batches of
uint8 images. The worker processes import this module, so it imports no TensorFlow.
"""

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator

import numpy as np

BATCH = 16
WARM_UP = 8  # batches that are not timed: those that were made while other ways ran

Sample = tuple[bytes, np.ndarray]
"""The bytes of a JPEG, and its window (y, x, height, width)."""


@contextlib.contextmanager
def open_loaders(samples: list[Sample]) -> Iterator[dict[str, Iterator[np.ndarray]]]:
    """Opens the loaders that are installed, and closes them.

    Args:
      samples: the photographs, and the window of each.

    Yields:
      endless batches, uint8 (BATCH, height, width, 3), by the loader's name.
    """
    loaders = {'grain, simplejpeg in processes': _grain_batches,
               'PyTorch DataLoader, simplejpeg in processes': _torch_batches,
               'DALI on the CPU, decoders.image_slice': _dali_batches}
    opened = {}
    with contextlib.ExitStack() as stack:
        for name, batches in loaders.items():
            try:
                opened[name] = stack.enter_context(contextlib.closing(batches(samples)))
                next(opened[name])  # starts the workers, and imports what is missing
            except ModuleNotFoundError as error:
                opened.pop(name, None)
                print(f'{name}: not measured, since {error.name} is not installed')
        yield opened


def loader_run(batches: Iterator[np.ndarray]) -> Callable[[int], float]:
    """Makes a run, as `timing.Run`, of an open loader."""
    def run(images: int) -> float:
        # More than the loader may have made ahead, or the first run, which tells how many images
        # fill the time of the others, finds it much too fast.
        timed = max(images // BATCH, 2 * WARM_UP)
        for _ in itertools.islice(batches, WARM_UP):
            pass
        started = time.perf_counter()
        for _ in itertools.islice(batches, timed):
            pass
        return timed * BATCH / (time.perf_counter() - started)

    return run


def some_images(batches: Iterator[np.ndarray], count: int) -> list[np.ndarray]:
    """Takes at least so many images from an open loader."""
    return list(itertools.chain.from_iterable(itertools.islice(batches, -(-count // BATCH))))


def cut(sample: Sample) -> np.ndarray:
    """Decodes a photograph with simplejpeg and cuts its window."""
    import simplejpeg

    contents, (y, x, height, width) = sample
    return simplejpeg.decode_jpeg(contents, fastdct=True)[y:y + height, x:x + width]


def _grain_batches(samples: list[Sample]) -> Iterator[np.ndarray]:
    import grain

    options = grain.multiprocessing.MultiprocessingOptions(os.cpu_count(), per_worker_buffer_size=2)
    dataset = grain.MapDataset.source(samples).repeat().map(cut).batch(BATCH)
    return iter(dataset.to_iter_dataset().mp_prefetch(options))


class _Endless:
    """The photographs again and again, each decoded and cut, for PyTorch's DataLoader."""

    def __init__(self, samples: list[Sample]):
        self._samples = samples

    def __len__(self):
        return 10**9

    def __getitem__(self, number: int) -> np.ndarray:
        return cut(self._samples[number % len(self._samples)])


def _torch_batches(samples: list[Sample]) -> Iterator[np.ndarray]:
    import torch

    yield from map(np.asarray, torch.utils.data.DataLoader(
        _Endless(samples), BATCH, sampler=itertools.count(), num_workers=os.cpu_count(),
        multiprocessing_context='spawn', persistent_workers=True))


def _dali_batches(samples: list[Sample]) -> Iterator[np.ndarray]:
    from nvidia.dali import fn, pipeline_def

    endless = itertools.cycle(samples)

    def batch():
        some = list(itertools.islice(endless, BATCH))
        return ([np.frombuffer(contents, np.uint8) for contents, _ in some],
                [window[:2] for _, window in some], [window[2:] for _, window in some])

    @pipeline_def(batch_size=BATCH, num_threads=os.cpu_count(), device_id=None)
    def pipeline():
        contents, start, shape = fn.external_source(batch, num_outputs=3)
        return fn.decoders.image_slice(contents, start, shape, axes=(0, 1), device='cpu')

    made = pipeline()
    made.build()
    while True:
        yield made.run()[0].as_array()

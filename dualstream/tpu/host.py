"""Measures what one core of this machine delivers: images per second of each routine and look.

This runs in a process of its own, which can bind itself to one core and keeps TensorFlow apart from
the TPU's compiler.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import time

from absl import logging

from dualstream.runtime import command

ROUTINES = ('none', 'tf-array', 'tf-random', 'cv-array', 'cv-random')
"""All but the loops, which choose the same windows as 'array' in tens of times its time."""

PHOTOGRAPHS, BATCH, SECONDS = 24, 8, 0.8


@dataclasses.dataclass(frozen=True)
class Host:
    """A machine that makes batches.

    Attributes:
      photographs: that it made them from, in words.
      photo_bytes: mean size of their files, in bytes.
      cores: how many its system counts.
      rates: routine -> look -> images per second of one core; look is 'pixels', 'glance' or 'grid',
        and 'frame' where nothing is chosen.
    """

    photographs: str
    photo_bytes: float
    cores: int
    rates: dict[str, dict[str, float]]

    @property
    def default_way(self) -> tuple[str, str]:
        """(routine, look) of a training by default: from the grid where there is one."""
        return 'tf-array', 'grid' if 'grid' in self.rates['tf-array'] else 'pixels'

    @property
    def rate(self) -> float:
        """Images per second of one core by `default_way`."""
        routine, look = self.default_way
        return self.rates[routine][look]


def measure(dataset: str | None, data_dir: str | None, image_size: tuple[int, int]) -> Host:
    """Measures this machine, in about half a minute, with a progress bar on stderr.

    Args:
      dataset: a TFDS set, NAME or NAME/CONFIG; None draws a few synthetic leaves instead.
      data_dir: where prepared sets are.
      image_size: (height, width) of the images to make.

    Raises:
      ValueError, OSError: there is no such set; see `dualstream.pipeline.prepare`.
    """
    spawn = multiprocessing.get_context('spawn')
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(_on_one_core, dataset, data_dir, image_size).result()


def _on_one_core(dataset, data_dir, image_size) -> Host:
    logging.set_verbosity(logging.ERROR)
    cores = os.cpu_count()
    if hasattr(os, 'sched_setaffinity'):  # on Linux; elsewhere only threads are limited
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with command.hushed():
        import tqdm

        from dualstream.pipeline import Routine

        examples, photographs = _stored(dataset, data_dir) if dataset else _drawn()

    looks = ['pixels', 'glance', *(['grid'] if 'leaf_grid' in examples.element_spec else [])]
    # With a grid the mask makes no difference: it was applied when the grid was made.
    ways = [(name, look) for name in ROUTINES[1:] for look in looks
            if not (name.startswith('cv-') and look == 'grid')]
    rates = {'none': {'frame': _rate(examples, Routine(image_size, 'none', 'none'))}}
    for name, look in tqdm.tqdm(ways, 'One core of this host', unit=' ways', leave=False):
        rate = _rate(examples, Routine(image_size, *name.split('-'), look))
        rates.setdefault(name, {})[look] = rate
    for name in rates:
        if name.startswith('cv-') and 'grid' in looks:
            rates[name]['grid'] = rates[name.replace('cv', 'tf')]['grid']
    sizes = [len(example['image']) for example in examples.as_numpy_iterator()]
    return Host(photographs, sum(sizes) / len(sizes), cores, rates)


def _stored(dataset, data_dir):
    from dualstream.pipeline import prepare

    photos = prepare(dataset, data_dir)
    count = min(PHOTOGRAPHS, photos.count('train'))
    return (photos.read('train').take(count).cache(),
            f'{count} {"synthetic " * photos.synthetic}photographs of '
            f'{photos.builder.info.full_name}')


def _drawn():
    import numpy as np
    import tensorflow as tf

    from dualstream.color import tf_color_mask
    from dualstream.crop import leaf_grid
    from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg
    from dualstream.pipeline.restarts import find_restarts

    frames = [draw_leaf_photo(index % 5, 0, index) for index in range(PHOTOGRAPHS)]
    height, width, _ = frames[0].shape
    contents = [encode_jpeg(frame) for frame in frames]
    examples = tf.data.Dataset.from_tensor_slices({
        'image': contents,
        'restarts': np.stack([find_restarts(each) for each in contents]),
        'leaf_grid': np.stack([leaf_grid(tf_color_mask(frame)) for frame in frames]),
        'height': [height] * len(frames), 'width': [width] * len(frames),
        'index': np.arange(len(frames))})
    return examples, f'{len(frames)} synthetic photographs of {height} x {width}'


def _rate(examples, routine) -> float:
    """Images per second from bytes in memory to batches, turned and flipped as in training."""
    import tensorflow as tf

    from dualstream.pipeline.augment import turn_and_flip
    from dualstream.pipeline.decode import to_pixels

    def to_image(example):
        seed = tf.stack([tf.cast(example['index'], tf.int32), 0])
        return to_pixels(turn_and_flip(routine(example, seed), seed))

    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    batches = iter(examples.repeat().map(to_image).batch(BATCH).with_options(options))
    next(batches)  # the first waits for threads, and for XLA
    # CPU time of this process, so that the machine's other work does not count.
    made, started = 0, time.process_time()
    while (passed := time.process_time() - started) < SECONDS:
        next(batches)
        made += BATCH
    return made / passed

"""Captures a trace of some steps where TensorBoard's profile plugin looks for it.

Each step is marked, so that the plugin shows step times. The mark holds what a trace does not
record by itself: how many images a step takes, its arithmetic, the devices that were asked for, and
the speed that the machine reaches at best. `review` needs these.
"""

import contextlib
import dataclasses
import os
import tempfile
import time
from collections.abc import Iterator

import keras
import tensorflow as tf

from dualstream.network import multiply_adds
from dualstream.traces.merge import merge_host
from dualstream.traces.read import newest_trace

LEVELS = {'steps': (1, 0), 'ops': (2, 0), 'python': (2, 1)}
"""What is traced: the steps alone; every op too; or also every call in Python.

Name -> the levels of TensorFlow's host tracer and Python tracer.
"""

_LONG_ENOUGH = 0.02
"""Seconds that a timed matrix product takes at least: a hundred times what it takes to start it."""

_SMALLEST, _LARGEST = 1024, 16384
"""Rows and columns of the matrices, whose product measures a device's best speed."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a step's mark holds; 0 or '' where it is not known.

    Attributes:
      images: in a step.
      flops: floating-point operations of a step: two for each multiply-add of the convolutions and
        dense layers, forward, and in training twice that again for the gradients.
      peak_flops: floating-point operations a second of large matrix products, one on each of the
        devices of all hosts, in the type in which the network computes.
      devices: of this host that were asked for, as '/device:CPU:0', with | between several.
    """

    images: int = 0
    flops: int = 0
    peak_flops: int = 0
    devices: str = ''

    @classmethod
    def of(
        cls, model: keras.Model, *, images: int, training: bool, devices: list[str]
    ) -> 'Facts':
        """Computes the facts of a model's step; timing matrix products takes a few seconds at most.

        Args:
          model: its convolutions and dense layers are counted.
          images: in a step, on all devices together.
          training: whether a step computes gradients.
          devices: asked for on all hosts, as '/device:CPU:0'.
        """
        forward = 2 * multiply_adds(model) * images
        hosts = _hosts()
        # The devices of a CPU share its cores.
        together = hosts if 'CPU' in devices[0] else len(devices)
        return cls(images, 3 * forward if training else forward,
                   together * matrix_product_flops(model.compute_dtype),
                   '|'.join(devices[:len(devices) // hosts]))


class Capture(contextlib.AbstractContextManager):
    """Traces what happens inside the `with` block, and writes the trace when the block ends.

    On the JAX backend both profilers run, JAX's and that of TensorFlow, which reads the data; their
    traces are merged.
    """

    def __init__(self, logdir: os.PathLike | str, facts: Facts, level: str = 'ops'):
        """Args:
          logdir: the trace is written below it, in plugins/profile.
          facts: for the steps' marks.
          level: a name in LEVELS.
        """
        self._logdir = os.fspath(logdir)
        self._facts = {name: value for name, value in dataclasses.asdict(facts).items() if value}
        self._host_level, self._python_level = LEVELS[level]
        self._on_jax = keras.backend.backend() == 'jax'

    def __enter__(self) -> 'Capture':
        self._aside = tempfile.TemporaryDirectory() if self._on_jax else None
        if self._on_jax:
            import jax
            options = jax.profiler.ProfileOptions()
            options.host_tracer_level = self._host_level
            options.python_tracer_level = self._python_level
            jax.profiler.start_trace(self._logdir, profiler_options=options)
        tf.profiler.experimental.start(
            self._aside.name if self._aside else self._logdir,
            tf.profiler.experimental.ProfilerOptions(self._host_level, self._python_level))
        return self

    @contextlib.contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Marks what happens inside the `with` block as the step of that number.

        The mark also holds for how long the thread, and all threads of the process, were on a core,
        from which `review` sees whether the thread waited for Python's lock.
        """
        if self._on_jax:
            import jax
            mark = jax.profiler.StepTraceAnnotation('train', step_num=number, **self._facts)
        else:
            mark = tf.profiler.experimental.Trace('train', step_num=number, _r=1, **self._facts)
        with mark:
            process, thread = time.process_time(), time.thread_time()
            try:
                yield
            finally:
                mark.set_metadata(thread_cpu=round(1e6 * (time.thread_time() - thread)),
                                  process_cpu=round(1e6 * (time.process_time() - process)))

    def __exit__(self, *error) -> None:
        tf.profiler.experimental.stop()
        if self._on_jax:
            import jax
            jax.profiler.stop_trace()
            merge_host(newest_trace(self._logdir), newest_trace(self._aside.name))
            self._aside.cleanup()


def matrix_product_flops(dtype: str = 'float32', repeats: int = 3) -> int:
    """Times large matrix products on one device; operations a second of the fastest.

    The matrices grow until their product takes long enough that starting it does not count: an H100
    multiplies two of 2048 rows in 0.02 ms.

    Args:
      dtype: in which the network computes, as 'float32' or 'bfloat16'.
      repeats: how many products of the chosen size are timed, at least 1.
    """
    size = _SMALLEST
    while _time_product(size, dtype) < _LONG_ENOUGH and size < _LARGEST:
        size *= 2
    best = min(_time_product(size, dtype) for _ in range(repeats))
    return int(2 * size**3 / best)


def _time_product(size: int, dtype: str) -> float:
    """The seconds of a product of two matrices, of which it is not the first."""
    left, right = (keras.random.normal([size, size], seed=seed, dtype=dtype) for seed in (1, 2))

    def multiply():
        # Reading a value back waits for the result: an accelerator's queue returns at once.
        keras.ops.convert_to_numpy(keras.ops.matmul(left, right)[-1, -1])

    multiply()
    started = time.perf_counter()
    multiply()
    return time.perf_counter() - started


def _hosts() -> int:
    """The processes that train together: JAX numbers the devices of all of them."""
    if keras.backend.backend() != 'jax':
        return 1
    import jax
    return jax.process_count()

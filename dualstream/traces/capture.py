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

import keras
import tensorflow as tf

from dualstream.network import multiply_adds
from dualstream.traces.merge import merge_host
from dualstream.traces.read import newest_trace

LEVELS = {'steps': (1, 0), 'ops': (2, 0), 'python': (2, 1)}
"""What is traced: the steps alone; every op too; or also every call in Python.

Name -> the levels of TensorFlow's host tracer and Python tracer.
"""

MATRIX = 2048
"""Rows and columns of the matrices whose product measures a machine's best speed."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a step's mark holds; 0 or '' where it is not known.

    Attributes:
      images: in a step.
      flops: floating-point operations of a step: two for each multiply-add of the convolutions and
        dense layers, forward, and in training twice that again for the gradients.
      peak_flops: floating-point operations a second of a large matrix product on this machine.
      devices: asked for, as '/device:CPU:0', with | between several.
    """

    images: int = 0
    flops: int = 0
    peak_flops: int = 0
    devices: str = ''

    @classmethod
    def of(cls, model: keras.Model, images: int, training: bool, devices: list[str]) -> 'Facts':
        """Computes the facts of a model's step; timing a matrix product takes under a second.

        Args:
          model: its convolutions and dense layers are counted.
          images: in a step.
          training: whether a step computes gradients.
          devices: asked for, as '/device:CPU:0'.
        """
        forward = 2 * multiply_adds(model) * images
        return cls(images, 3 * forward if training else forward, matrix_product_flops(),
                   '|'.join(devices))


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

    def step(self, number: int) -> contextlib.AbstractContextManager:
        """Marks what happens inside the `with` block as the step of that number."""
        if self._on_jax:
            import jax
            return jax.profiler.StepTraceAnnotation('train', step_num=number, **self._facts)
        return tf.profiler.experimental.Trace('train', step_num=number, _r=1, **self._facts)

    def __exit__(self, *error) -> None:
        tf.profiler.experimental.stop()
        if self._on_jax:
            import jax
            jax.profiler.stop_trace()
            merge_host(newest_trace(self._logdir), newest_trace(self._aside.name))
            self._aside.cleanup()


def matrix_product_flops(repeats: int = 3) -> int:
    """Times large float32 matrix products; floating-point operations per second of the fastest."""
    left, right = (keras.random.normal([MATRIX, MATRIX], seed=seed) for seed in (1, 2))
    best = float('inf')
    for _ in range(repeats):
        started = time.perf_counter()
        # Reading a value back waits for the result: an accelerator's queue returns at once.
        keras.ops.convert_to_numpy(keras.ops.matmul(left, right)[-1, -1])
        best = min(best, time.perf_counter() - started)
    return int(2 * MATRIX**3 / best)

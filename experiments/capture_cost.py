"""Measures what tracing a training costs.

  python -m experiments.capture_cost --out=experiments/results/capture_cost

Trains `nano` on a batch in memory in interleaved rounds: without a trace, with a trace of later
steps, and while a trace is taken at each of its levels. Takes about 5 minutes on 2 CPU cores.
Prints a table of the median step times and their ratios to a plain step; with --out, writes
results.json and results.md.
"""

import pathlib
import platform
import tempfile
import time

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.writing import write_results

_STEPS = flags.DEFINE_integer('steps', 20, 'Steps that are timed in a round.')
_REPEATS = flags.DEFINE_integer('repeats', 7, 'Rounds; the table has their medians.')
_OUT = flags.DEFINE_string('out', None, 'The folder for the results; without it none are written.')

IMAGE_SIZE, BATCH_SIZE, WARM_UP = (224, 224), 16, 5
WAYS = {'none': 'no trace asked for', 'later': 'a trace asked for later steps',
        'steps': 'traced, level `steps`', 'ops': 'traced, level `ops`',
        'python': 'traced, level `python`'}


def main(argv: list[str]) -> None:
    del argv
    if _STEPS.value < 1 or _REPEATS.value < 1:
        raise UserError('--steps and --repeats must be positive')
    with command.hushed():
        import numpy as np
        import tensorflow as tf
        import tqdm

        from dualstream import network
        from dualstream.training import recipe

    model = network.build('nano', image_size=IMAGE_SIZE)
    recipe.compile_network(model, 1e-3, 10_000)
    batch = (tf.random.stateless_uniform([BATCH_SIZE, *IMAGE_SIZE, 3], [0, 0]),
             tf.random.stateless_uniform([BATCH_SIZE], [0, 1], 0, 5, tf.int32))
    batches = tf.data.Dataset.from_tensors(batch).repeat()
    ways, step_ms = list(WAYS), {way: [] for way in WAYS}
    for first in tqdm.trange(_REPEATS.value, desc='Rounds', unit=' rounds'):
        for place in range(len(ways)):
            way = ways[(first + place) % len(ways)]
            step_ms[way].append(1000 * float(np.median(_round(model, batches, way))))
    plain = np.array(step_ms['none'])
    results = {
        'machine': platform.processor() or platform.machine(), 'tensorflow': tf.__version__,
        'steps': _STEPS.value, 'step_ms': step_ms,
        # Ratios within a round: a machine's speed drifts more slowly than a round lasts.
        'ratio': {way: float(np.median(np.array(times) / plain))
                  for way, times in step_ms.items()}}
    page = _page(results)
    print(page)
    if _OUT.value:
        write_results(pathlib.Path(_OUT.value), results, page + '\n')


def _round(model, batches, way: str) -> list[float]:
    """Trains for one round and returns the seconds of each timed step."""
    import keras

    from dualstream.training.callbacks import TraceSteps

    class Clock(keras.callbacks.Callback):
        times: list[float] = []

        def on_train_begin(self, logs=None):
            self.times = []

        def on_train_batch_begin(self, batch, logs=None):
            self._started = time.perf_counter()

        def on_train_batch_end(self, batch, logs=None):
            self.times.append(time.perf_counter() - self._started)

    last = WARM_UP + _STEPS.value
    clock = Clock()
    with tempfile.TemporaryDirectory() as logdir:
        callbacks = [] if way == 'none' else [TraceSteps(
            *((WARM_UP + 1, last) if way != 'later' else (10_000, 10_001)), logdir=logdir,
            start_step=0, images=BATCH_SIZE, devices=['/device:CPU:0'],
            level=way if way != 'later' else 'ops')]
        # The clock is the first callback, so that it stops before the trace is written.
        model.fit(batches, steps_per_epoch=last, verbose=0, callbacks=[clock, *callbacks])
    return clock.times[WARM_UP:]


def _page(results) -> str:
    import numpy as np

    lines = [f'`nano`, batches of {BATCH_SIZE}, {IMAGE_SIZE[0]}x{IMAGE_SIZE[1]}, on the CPU; the '
             f'medians of {len(results["step_ms"]["none"])} interleaved rounds of '
             f'{results["steps"]} steps.', '',
             '| | a step | to plain |', '| --- ' * 3 + '|']
    for way, what in WAYS.items():
        lines.append(f'| {what} | {np.median(results["step_ms"][way]):.1f} ms | '
                     f'{results["ratio"][way]:.3f} |')
    return '\n'.join(lines)


if __name__ == '__main__':
    command.run(main)

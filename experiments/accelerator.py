"""Measures what an accelerator does with the network, and with masks and crops.

  KERAS_BACKEND=jax python -m experiments.accelerator --out=experiments/results/accelerator

Trains and infers with each preset, in float32 and in mixed bfloat16, on batches that are on the
device already, in interleaved rounds, and compares the arithmetic with that of a large matrix
product in the same precision. Then runs masks and crops of whole frames there, as XLA compiles
TensorFlow's own functions (`jax.experimental.jax2tf.call_tf`); without TensorFlow it measures the
network alone. Takes some minutes, most of them for compiling; no accelerator has been timed yet.
Prints a table of images per second with the device that each ran on; with --out, writes
results.json and results.md. A device that is not there is an error.
"""

import importlib.util
import os
import pathlib
import platform
import time

from absl import flags

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.writing import write_results

_DEVICE = flags.DEFINE_enum('device', 'gpu', ['cpu', 'gpu', 'tpu'], 'The device that JAX runs on.')
_PRESETS = flags.DEFINE_list(
    'presets', ['nano', 'tiny', 'small', 'base'], 'Sizes of the network to measure.')
_BATCH_SIZE = flags.DEFINE_integer('batch_size', 128, 'Images in a step.')
_IMAGE_SIZE = flags.DEFINE_integer('image_size', 224, 'Of the images, which are square.')
_REPEATS = flags.DEFINE_integer('repeats', 7, 'Rounds; the table has their medians.')
_MATRIX = flags.DEFINE_integer('matrix', 4096, 'Rows and columns of the matrices in the product.')
_OUT = flags.DEFINE_string('out', None, 'The folder for the results; without it none are written.')

POLICIES = {'float32': 'float32', 'mixed_bfloat16': 'bfloat16'}
"""Keras's policy, and the dtype of the matrix product that it is compared with."""

CLASSES = 5
FRAME = (600, 800)


def main(argv: list[str]) -> None:
    del argv
    for flag in (_BATCH_SIZE, _IMAGE_SIZE, _REPEATS, _MATRIX):
        if flag.value < 1:
            raise UserError(f'--{flag.name} must be positive, got {flag.value}')
    if os.environ.setdefault('KERAS_BACKEND', 'jax') != 'jax':
        raise UserError(f'KERAS_BACKEND must be jax, got {os.environ["KERAS_BACKEND"]}')
    with command.hushed():
        import jax
        import keras
        import numpy as np
        import tqdm
        try:
            device = jax.devices(_DEVICE.value)[0]
        except RuntimeError as error:
            raise UserError(f'--device={_DEVICE.value}: JAX finds no such device') from error
        jax.config.update('jax_default_device', device)

    runs, placed = {}, {}
    for policy, dtype in POLICIES.items():
        runs[policy, 'product'] = _product_run(dtype)
        for preset in _PRESETS.value:
            made, placed[policy, preset] = _network_runs(preset, policy)
            runs |= {(policy, preset, kind): run for kind, run in made.items()}
    if importlib.util.find_spec('tensorflow'):
        for crop in ('array', 'random'):
            runs['crop', f'tf-{crop}'], placed['crop', f'tf-{crop}'] = _crop_run(crop)

    seconds = {name: [] for name in runs}
    names = list(runs)
    with tqdm.tqdm(total=(_REPEATS.value + 1) * len(names), unit=' steps') as bar:
        for round_ in range(_REPEATS.value + 1):  # the first round compiles
            for name in names[round_ % len(names):] + names[:round_ % len(names)]:
                started = time.perf_counter()
                runs[name]()
                if round_:
                    seconds[name].append(time.perf_counter() - started)
                bar.update()
    results = {
        'date': time.strftime('%Y-%m-%d'), 'device': device.device_kind,
        'platform': device.platform, 'machine': platform.machine(), 'cores': os.cpu_count(),
        'jax': jax.__version__,
        'keras': keras.__version__, 'batch_size': _BATCH_SIZE.value,
        'image_size': _IMAGE_SIZE.value, 'repeats': _REPEATS.value,
        'matrix': _MATRIX.value,
        'rows': [_row(name, seconds, placed, np) for name in names]}
    page = _page(results)
    print(page)
    if _OUT.value:
        write_results(pathlib.Path(_OUT.value), results, page)


def _network_runs(preset: str, policy: str):
    """Makes a step of training and one of inference; also names the devices of the weights."""
    import keras
    import numpy as np

    from dualstream import network
    from dualstream.training import recipe

    keras.config.set_dtype_policy(policy)
    size = (_IMAGE_SIZE.value,) * 2
    model = network.build(preset, image_size=size, classes=CLASSES)
    recipe.compile_network(model, 1e-3, 1000, on_cpu=_DEVICE.value == 'cpu')
    rng = np.random.default_rng(0)
    images = keras.ops.convert_to_tensor(
        rng.random((_BATCH_SIZE.value, *size, 3), np.float32))
    labels = keras.ops.convert_to_tensor(rng.integers(0, CLASSES, _BATCH_SIZE.value))
    model.train_on_batch(images, labels)
    on = set().union(*(variable.value.devices() for variable in model.variables))
    # Both return values on the host, so they wait for the device.
    return {'training': lambda: model.train_on_batch(images, labels),
            'inference': lambda: model.predict_on_batch(images)}, _names(on)


def _product_run(dtype: str):
    import jax
    import jax.numpy as jnp

    left, right = (jax.random.normal(jax.random.key(seed), (_MATRIX.value,) * 2, jnp.dtype(dtype))
                   for seed in (1, 2))
    product = jax.jit(jnp.matmul)
    return lambda: product(left, right).block_until_ready()


def _crop_run(crop: str):
    """Makes a run of mask, window and cut on a batch of frames; also names the devices."""
    import jax
    import numpy as np
    import tensorflow as tf
    from jax.experimental import jax2tf

    from dualstream.pipeline import Routine, crop_frames

    tf.config.set_visible_devices([], 'GPU')  # JAX uses it
    routine = Routine((_IMAGE_SIZE.value,) * 2, crop=crop, look='pixels')
    images = jax.jit(jax2tf.call_tf(lambda *args: crop_frames(routine, *args)))
    rng = np.random.default_rng(0)
    frames = jax.device_put(rng.integers(0, 256, (_BATCH_SIZE.value, *FRAME, 3), np.uint8))
    seeds = jax.device_put(rng.integers(0, 1000, (_BATCH_SIZE.value, 2), np.int32))
    on = _names(images(frames, seeds).devices())
    return lambda: images(frames, seeds).block_until_ready(), on


def _names(devices) -> list[str]:
    return sorted(f'{device.platform}:{device.id}' for device in devices)


def _row(name, seconds, placed, np) -> dict:
    times, (kind, *what) = seconds[name], name
    row = {'precision': kind if kind in POLICIES else None, 'what': ' '.join(what),
           'seconds': times}
    if what == ['product']:
        return row | {'flops': 2 * _MATRIX.value**3 / np.median(times)}
    row |= {'images_per_second': _BATCH_SIZE.value / np.median(times),
            'devices': placed[name[:2]]}
    if kind not in POLICIES:
        return row
    from dualstream import network

    size = (_IMAGE_SIZE.value,) * 2
    adds = network.multiply_adds(network.build(what[0], image_size=size, classes=CLASSES))
    passes = {'training': 3, 'inference': 1}[what[1]]  # forward, and two backward of the same cost
    best = 2 * _MATRIX.value**3 / np.array(seconds[kind, 'product'])
    flops = 2 * adds * passes * _BATCH_SIZE.value / np.array(times)
    return row | {'share_of_peak': float(np.median(flops / best))}


def _page(results: dict) -> str:
    lines = [
        f'{results["date"]}, {results["device"]} ({results["platform"]}), JAX {results["jax"]}, '
        f'Keras {results["keras"]}; batches of {results["batch_size"]} images of '
        f'{results["image_size"]} x {results["image_size"]}, on the device before they are timed; '
        f'medians of {results["repeats"]} interleaved rounds. Share of peak: of what a product of '
        f'two matrices of {results["matrix"]} rows reached in the same precision and round. Crops '
        f'are of random frames of {FRAME[0]} x {FRAME[1]}.', '',
        '| what | precision | images/s | share of peak | ran on |', '| --- ' * 5 + '|']
    for row in results['rows']:
        rate = (f'{row["flops"] / 1e12:.2f} TFLOP/s' if 'flops' in row
                else f'{row["images_per_second"]:,.0f}')
        share = f'{row["share_of_peak"]:.1%}' if 'share_of_peak' in row else ''
        lines.append(f'| {row["what"]} | {row["precision"] or ""} | {rate} | {share} | '
                     f'{", ".join(row.get("devices", []))} |')
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    command.run(main)

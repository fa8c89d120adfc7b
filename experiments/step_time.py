"""How fast is a training step, compared with networks that one would use instead?

  python -m experiments.step_time --out=experiments/results/step_time

Trains and infers with the presets, with `nano` whose HSV stream is deep, and with Keras's
MobileNetV3Small, EfficientNetB0 and ResNet50, at one image size and batch size, in interleaved
rounds. Takes about 4 minutes on 2 CPU cores. Prints a table of images per second, parameters,
multiply-adds, peak memory of a process that trains, and the share of the speed that a large matrix
product reaches in the same rounds; with --out, writes results.json, results.md and speed.png.
"""

import os
import pathlib
import platform

from absl import flags, logging

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from experiments.writing import write_results

_BATCH_SIZE = flags.DEFINE_integer('batch_size', 16, 'Images in a step.')
_REPEATS = flags.DEFINE_integer('repeats', 7, 'Rounds; the table has their medians.')
_OUT = flags.DEFINE_string('out', None, 'The folder for the results; without it none are written.')

IMAGE_SIZE, CLASSES = (224, 224), 5
OURS = {
    'nano': {}, 'tiny': {}, 'small': {}, 'base': {},
    # Colour that is slow because its stream is deeper than the gray one: what was tried before.
    'nano, deep HSV': {
        'slow': 'hsv', 'shrink': 2, 'depth_ratio': 2, 'hsv_areas': 4, 'adapt': False},
}
OTHERS = ('MobileNetV3Small', 'EfficientNetB0', 'ResNet50')
MATRIX = 2048
PRODUCT = 'matrix product'


def main(argv: list[str]) -> None:
    del argv
    with command.hushed():
        import keras
        import numpy as np
        import tensorflow as tf
        import tqdm

        from dualstream.network import multiply_adds
        from experiments.preprocessing.apart import in_fresh_process
        from experiments.preprocessing.timing import interleave
        from experiments.step_speeds import timed_steps

    if _BATCH_SIZE.value < 1 or _REPEATS.value < 1:
        raise UserError('--batch_size and --repeats must be positive')
    batch = _BATCH_SIZE.value
    models = {name: make_model(name) for name in (*OURS, *OTHERS)}
    runs = {PRODUCT: _product_run()}
    for name, model in models.items():
        runs |= {(name, kind): run for kind, run in timed_steps(model, batch).items()}
    rates = interleave(runs, _REPEATS.value, 0, lambda each: tqdm.tqdm(each, unit=' steps'))
    flops = rates.pop(PRODUCT)

    rows = {}
    for name, model in tqdm.tqdm(models.items(), 'Peak memory', unit=' processes'):
        cost = 2 * multiply_adds(model)
        training, inference = rates[name, 'training'], rates[name, 'inference']
        rows[name] = {
            'parameters': model.count_params(), 'multiply_adds': multiply_adds(model),
            'training_images_per_second': training, 'inference_images_per_second': inference,
            # A training step has three passes of the same cost: forward, and two backward.
            'training_share_of_peak': float(np.median(np.divide(training, flops)) * 3 * cost),
            'inference_share_of_peak': float(np.median(np.divide(inference, flops)) * cost),
            'peak_memory_mb': in_fresh_process(_peak_memory, name, batch)}
    results = {'batch_size': batch, 'image_size': IMAGE_SIZE, 'repeats': _REPEATS.value,
               'made_by': {'device': [device.name for device in tf.config.list_physical_devices()],
                           'machine': platform.machine(), 'cores': os.cpu_count(),
                           'tensorflow': tf.__version__, 'keras': keras.__version__},
               'matrix_product_flops': flops, 'models': rows}
    page = _page(results)
    print(page)
    if _OUT.value:
        _write(results, page, pathlib.Path(_OUT.value))


def make_model(name: str):
    """Builds a preset of ours or a network of Keras with as many classes, and compiles it."""
    import keras

    from dualstream import network
    from dualstream.training import recipe

    if name in OURS:
        preset, *_ = name.split(',')
        model = network.build(preset, image_size=IMAGE_SIZE, classes=CLASSES, **OURS[name])
    else:
        model = getattr(keras.applications, name)(
            weights=None, input_shape=(*IMAGE_SIZE, 3), classes=CLASSES)
    recipe.compile_network(model, 1e-3, 1000)
    return model


def _product_run():
    """Makes a run of one matrix product: floating-point operations per second."""
    import time

    import tensorflow as tf

    left, right = (tf.random.stateless_normal([MATRIX, MATRIX], [0, seed]) for seed in (1, 2))

    def run(_):
        started = time.perf_counter()
        (left @ right).numpy()
        return 2 * MATRIX**3 / (time.perf_counter() - started)

    return run


def _peak_memory(name: str, batch: int) -> float:
    """Measures the peak resident memory, in MB, of a process that trains for three steps."""
    logging.set_verbosity(logging.ERROR)
    with command.hushed():
        from experiments.preprocessing.apart import peak
        from experiments.step_speeds import timed_steps

        run = timed_steps(make_model(name), batch)['training']
    for _ in range(3):
        run(None)
    return peak()


def _page(results: dict) -> str:
    import numpy as np

    rows = results['models']

    def speed(name, kind):
        return np.median(rows[name][f'{kind}_images_per_second'])

    def ratio(name, kind):
        key = f'{kind}_images_per_second'
        return np.median(np.divide(rows[name][key], rows['EfficientNetB0'][key]))

    made_by = results['made_by']
    lines = [
        f'Batches of {results["batch_size"]} images of {IMAGE_SIZE[0]} x {IMAGE_SIZE[1]}, '
        f'{made_by["cores"]} cores ({made_by["machine"]}), TensorFlow {made_by["tensorflow"]}, '
        f'without XLA; medians of {results["repeats"]} interleaved rounds. A product of two '
        f'{MATRIX} x {MATRIX} matrices reached '
        f'{np.median(results["matrix_product_flops"]) / 1e9:,.0f} GFLOP/s.', '',
        '| network | parameters | multiply-adds | training, images/s | to EfficientNetB0 | '
        'share of peak | inference, images/s | to EfficientNetB0 | share of peak | peak MB |',
        '| --- ' * 10 + '|']
    for name, row in rows.items():
        lines.append(
            f'| `{name}` | {row["parameters"] / 1e6:.2f} M | {row["multiply_adds"] / 1e6:,.0f} M | '
            f'{speed(name, "training"):.1f} | {ratio(name, "training"):.2f} | '
            f'{row["training_share_of_peak"]:.0%} | {speed(name, "inference"):.1f} | '
            f'{ratio(name, "inference"):.2f} | {row["inference_share_of_peak"]:.0%} | '
            f'{row["peak_memory_mb"]:,.0f} |')
    return '\n'.join(lines) + '\n'


def _figure(results: dict):
    import matplotlib.figure
    import numpy as np

    figure = matplotlib.figure.Figure(figsize=(7, 4), layout='constrained', dpi=110)
    axes = figure.subplots()
    for name, row in results['models'].items():
        x = row['multiply_adds'] / 1e6
        y = np.median(row['training_images_per_second'])
        axes.scatter(x, y, color='seagreen' if name in OURS else 'slategray', zorder=3,
                     s=20 + 8 * row['parameters'] / 1e6)
        axes.annotate(name, (x, y), xytext=(7, 5), textcoords='offset points', fontsize=9)
    axes.set_xscale('log')
    axes.set_yscale('log')
    axes.margins(x=0.15, y=0.1)
    axes.set_xlabel('multiply-adds of one image / million')
    axes.set_ylabel('images per second, training')
    axes.grid(alpha=0.3)
    return figure


def _write(results: dict, page: str, out: pathlib.Path) -> None:
    write_results(out, results, page, {'speed.png': _figure(results)})


if __name__ == '__main__':
    command.run(main)

"""Does an exported network see what the trained one saw, and what does folding save?

  python -m experiments.exports --photos=FOLDER --out=experiments/results/exports

A photograph from anywhere has no leaf grid. Compares the window that the grid gives with those of
three ways to do without it, on the test split of the demo set of synthetic leaves and on a folder
of photographs. Then times networks with batch normalisation and with it folded into their
convolutions, one image at a time on one core, in interleaved rounds. Takes about 7 minutes. Writes
results.json and results.md.
"""

import os
import pathlib
import statistics
import time

from absl import flags

from dualstream.runtime import command
from experiments.writing import write_results

_PHOTOS = flags.DEFINE_string('photos', None, 'A folder of JPEGs to look at, too.')
_DATA_DIR = flags.DEFINE_string(
    'data_dir', None, "Folder of prepared data sets; TFDS's own if not given.")
_DATASET = flags.DEFINE_string('dataset', 'cassava_crop', 'A TFDS set, NAME or NAME/CONFIG.')
_COUNT = flags.DEFINE_integer('count', 350, 'Photographs of each set, at most.')
_ROUNDS = flags.DEFINE_integer('rounds', 9, 'Of each network, with 20 images each.')
_OUT = flags.DEFINE_string('out', 'runs/exports', 'The folder for the results.')

IMAGE_SIZE = (224, 224)
NETWORKS = (('nano', 128), ('nano', 224), ('tiny', 224), ('small', 224))
IMAGES = 20


def main(argv: list[str]) -> None:
    del argv
    os.environ['KERAS_BACKEND'] = 'tensorflow'
    with command.hushed():
        import tensorflow as tf

        from dualstream.pipeline import prepare

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    photos = prepare(_DATASET.value, _DATA_DIR.value)
    sets = {photos.builder.info.full_name: [
        example['image'] for example in photos.read('test').take(_COUNT.value)]}
    if _PHOTOS.value:
        files = sorted(pathlib.Path(_PHOTOS.value).rglob('*.jpg'))[:_COUNT.value]
        sets[pathlib.Path(_PHOTOS.value).name] = [tf.io.read_file(str(file)) for file in files]
    results = {
        'windows': {name: compare_windows(each) for name, each in sets.items()},
        'folding': {f'{preset}, {size} x {size}': time_folding(preset, size)
                    for preset, size in NETWORKS}}
    page = in_words(results)
    write_results(pathlib.Path(_OUT.value), results, page)
    print(page)


def compare_windows(contents: list) -> dict:
    """How often each way finds the grid's window, and how leafy its windows are."""
    import numpy as np
    import tensorflow as tf
    import tqdm

    from dualstream.color import tf_color_mask
    from dualstream.crop import coverage, leaf_grid
    from dualstream.pipeline import Routine, decode_frame

    ways = {
        'leaf grid': Routine(IMAGE_SIZE, look='grid'),
        'every pixel': Routine(IMAGE_SIZE, look='pixels', mask_step=1),
        'every fourth row and column': Routine(IMAGE_SIZE, look='pixels', mask_step=4),
        'a glance': Routine(IMAGE_SIZE, look='glance')}
    choose = {name: tf.function(lambda example, way=way: way.window_of_example(example, (0, 0)))
              for name, way in ways.items()}
    windows, leafy = {name: [] for name in ways}, {name: [] for name in ways}
    for each in tqdm.tqdm(contents, 'Looking', unit=' photographs'):
        mask = tf_color_mask(decode_frame(each))
        height, width = mask.shape
        example = {'image': each, 'leaf_grid': leaf_grid(mask), 'height': tf.constant(height),
                   'width': tf.constant(width)}
        for name in ways:
            windows[name].append(choose[name](example).numpy())
            leafy[name].append(float(coverage(mask, windows[name][-1])))
    grid = np.array(windows['leaf grid'])
    return {'photographs': len(contents), **{name: {
        'same_window': float((np.array(windows[name]) == grid).all(axis=1).mean()),
        'coverage': statistics.mean(leafy[name])} for name in ways}}


def time_folding(preset: str, size: int) -> dict:
    """Milliseconds of the core for an image, with and without folding, in each round."""
    import tensorflow as tf

    from dualstream import build
    from dualstream.export.folding import fold_batch_normalization

    network = build(preset, (size, size))
    images = tf.random.stateless_uniform([1, size, size, 3], (0, 0))
    run = {name: tf.function(lambda image, each=each: each(image, training=False), autograph=False)
           for name, each in (
               ('plain', network), ('folded', fold_batch_normalization(network)))}
    rounds = {name: [] for name in run}
    for number in range(_ROUNDS.value + 1):
        for name, call in run.items():
            started = time.process_time()  # other programs may take turns on the core
            for _ in range(IMAGES):
                call(images)
            if number:  # the first one traces
                rounds[name].append(1000 * (time.process_time() - started) / IMAGES)
    return rounds


def in_words(results: dict) -> str:
    """The page of results."""
    lines = []
    for name, ways in results['windows'].items():
        lines += [f'{ways["photographs"]} photographs of {name}, windows of 224 x 224 pixels:', '',
                  '| looked at | the same window as by the leaf grid | coverage |',
                  '| --- | --- | --- |',
                  *(f'| {way} | {each["same_window"]:.1%} | {each["coverage"]:.2%} |'
                    for way, each in ways.items() if way != 'photographs'), '']
    lines += [f"One image at a time, a core's time; medians of {_ROUNDS.value} interleaved "
              'rounds, and the range of the ratios of a round. Other programs may have run.', '',
              '| network | ms with batch normalisation | ms folded | ratio |',
              '| --- | --- | --- | --- |']
    for name, rounds in results['folding'].items():
        ratios = [plain / folded for plain, folded in zip(rounds['plain'], rounds['folded'])]
        lines.append(
            f'| {name} | {statistics.median(rounds["plain"]):.2f} | '
            f'{statistics.median(rounds["folded"]):.2f} | {statistics.median(ratios):.2f} '
            f'({min(ratios):.2f} to {max(ratios):.2f}) |')
    return '\n'.join([*lines, ''])


if __name__ == '__main__':
    command.run(main)

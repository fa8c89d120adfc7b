"""The benchmark's parts: that it compares what it says it compares, and writes what it found."""

import json
import os
import subprocess
import sys
import time

import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from dualstream.color import tf_color_mask
from dualstream.crop import array_crop, coverage
from dualstream.pipeline import Routine, decode_frame
from experiments.preprocessing import apart, coverages, loaders, timing, ways


@pytest.fixture(scope='module')
def examples(photos):
    return photos.read('train').take(8).map(ways.with_window).cache()


def test_every_way_makes_an_image_and_those_that_should_agree_do(examples):
    example = next(iter(examples))
    images = {name: way(example).numpy() for name, way in ways.our_ways().items()
              if 'loop' not in name}
    assert set(ways.our_ways()) - set(images) == {'cv-loop', 'tf-loop'}
    for name, image in images.items():
        assert image.shape == (224, 224, 3), name
        assert 0 <= image.min() and image.max() <= 1 and image.std() > 0.01, name
    np.testing.assert_array_equal(images['cv-array'], images['tf-array'])
    np.testing.assert_array_equal(images['cv-random'], images['tf-random'])
    np.testing.assert_array_equal(images['grid'], images['window_known'])
    exact = Routine(ways.TARGET, look='pixels', mask_step=1)(example, (0, 0))
    np.testing.assert_array_equal(images['grid'], exact)
    # Its cosine transform is less exact, and colours at its edges are interpolated otherwise.
    assert 0 < np.abs(images['grid'] - images['ceiling']).mean() < 0.01


def test_opencv_finds_about_as_leafy_a_window(examples):
    for example in examples:
        frame = decode_frame(example['image'])
        mask = tf_color_mask(frame)
        best = float(coverage(mask, array_crop(mask, ways.TARGET)))
        opencv = float(coverage(mask, tf.constant(ways.opencv_window(frame.numpy()))))
        assert best - 0.03 <= opencv <= best + 1e-6


def test_rounds_are_interleaved_and_the_first_does_not_count():
    called = []

    def run_of(name, rate):
        def run(pictures):
            called.append((name, pictures))
            return rate * (1 + len(called) % 2)  # noise that hits neighbours differently
        return run

    runs = {'a': run_of('a', 100), 'b': run_of('b', 200), 'c': run_of('c', 50)}
    rates = timing.interleave(runs, repeats=3, seconds=2, progress=iter)
    assert [name for name, _ in called] == list('abc' 'bca' 'cab' 'abc')
    assert {name: len(values) for name, values in rates.items()} == {'a': 3, 'b': 3, 'c': 3}
    assert called[3][1] == int(2 * 200 * 1)  # as many as fill the time, found in the first round


def test_ratio_is_the_median_of_the_rounds_own():
    rates = {'none': [100, 50, 200], 'other': [200, 100, 100]}
    assert timing.ratio(rates, 'other', 'none') == 2.0
    assert timing.ratio(rates, 'none', 'none') == 1.0


def test_a_slower_way_is_seen_to_be_slower(examples):
    def slow(example):
        tf.py_function(lambda: time.sleep(0.01), [], [])
        return tf.zeros([4, 4, 3])

    run = timing.pipeline_run(examples, slow, cores=1)
    begun = time.perf_counter()
    rate = run(64)
    # A sleep is never shorter than asked for. When the clock starts, two batches at most are ready
    # behind the one that is not timed, and two images are on their way.
    asleep = 0.01 * (64 - 2 * timing.BATCH - 2)
    assert 64 / (time.perf_counter() - begun) <= rate <= 64 / asleep


def test_a_child_tells_its_own_peak_memory():
    # Linux gives a child its parent's ru_maxrss, and this process holds TensorFlow.
    assert apart.in_fresh_process(apart.peak) < apart.peak() / 2


def test_expected_coverage_is_what_draws_come_to():
    mask = np.random.default_rng(0).random((240, 260)) < np.linspace(0, 1, 260)
    expected = coverages._expected_coverages(mask)
    routine = Routine(ways.TARGET, 'tf', 'random', 'pixels', saccades=4)
    drawn = [float(coverage(mask, routine.window(tf.constant(mask), tf.constant([seed, 0]))))
             for seed in range(300)]
    at_4 = expected[coverages.SACCADES.index(4)]
    assert np.mean(drawn) == pytest.approx(at_4, abs=5 * np.std(drawn) / 300**0.5)
    assert expected == sorted(expected)
    best = float(coverage(mask, array_crop(mask, ways.TARGET)))
    assert expected[-1] == pytest.approx(best, abs=1e-3)


def test_all_of_it_on_a_few_photographs(photos, tmp_path, monkeypatch):
    for needed in ('albumentations', 'smartcrop'):
        pytest.importorskip(needed)
    from experiments.preprocessing import measure, tables

    plan = measure.Plan(repeats=2, seconds=0.01, pictures=4, trained=('none', 'grid'),
                        remembered=(), called=('array',))
    monkeypatch.setattr(measure, 'prepare', lambda *_: photos)
    ours = ways.our_ways()
    without_loops = {name: way for name, way in ours.items() if 'loop' not in name}  # seconds each
    monkeypatch.setattr(ways, 'our_ways', lambda: without_loops)
    bench = measure.Bench('small', None, plan)
    results = {**bench.described(), **bench.rates(), **bench.training(), **bench.beside_others(),
               **bench.coverage(), **bench.calls(), 'peak_memory_mb': {'grid': 20.0},
               'one_core': {'none: decode': [500.0], 'none: resize': [250.0],
                            'grid: choose': [1e4]}}
    tables.write(results, 'the command', tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'leafiness.png', 'ratios.png', 'results.json', 'results.md', 'saccades.png']
    written = json.loads((tmp_path / 'results.json').read_text())
    assert {*without_loops, 'pixels'} <= set(written['ratio_to_none'])
    assert all(len(rates) == 2 for rates in written['images_per_second'].values())
    assert written['dataset']['synthetic'] is True
    leafiness = written['leafiness']
    assert leafiness['grid'] > leafiness['sample_distorted_bounding_box']
    assert written['milliseconds_a_call']['cv-array']['XLA'].startswith('refused')
    assert written['milliseconds_a_call']['tf-array']['XLA'] > 0
    said = (tmp_path / 'results.md').read_text()
    assert '| none | resize | 4.00 | 2.00 |' in said
    assert '| grid | choose | 0.10 | 0.10 |' in said
    assert 'synthetic' in said and '`the command`' in said and 'smartcrop' in said
    for name in ('leafiness.png', 'ratios.png', 'saccades.png'):
        assert matplotlib.image.imread(tmp_path / name).std() > 0.01


def test_without_the_extra_it_says_what_to_install(tmp_path):
    # A folder in front of all others, in which albumentations cannot be found.
    (tmp_path / 'albumentations.py').write_text(
        'raise ModuleNotFoundError("no", name="albumentations")')
    process = subprocess.run(
        [sys.executable, '-m', 'experiments.preprocessing', '--quick'],
        env={**os.environ, 'PYTHONPATH': str(tmp_path)}, capture_output=True, text=True)
    assert process.returncode == 1
    assert process.stderr.strip().splitlines()[-1] == (
        "error: albumentations is not installed: pip install --editable '.[experiments]'")


@pytest.mark.slow
def test_loaders_of_other_frameworks_cut_the_same_windows(photos):
    examples = list(photos.read('train').take(loaders.BATCH).map(ways.with_window))
    samples = [(example['image'].numpy(), example['window'].numpy()) for example in examples]
    expected = [ways.our_ways()['window_known'](example).numpy() for example in examples]
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(['test'])  # grain reads flags, which commands parse
    with loaders.open_loaders(samples) as opened:
        if not opened:
            pytest.skip('needs grain, PyTorch or DALI')
        for name, batches in opened.items():
            images = loaders.some_images(batches, loaders.BATCH)
            assert loaders.loader_run(batches)(32) > 0
            for image, ours in zip(images, expected, strict=True):
                # Their decoders round and interpolate colours otherwise.
                assert np.abs(image / 255 - ours).mean() < 0.01, name

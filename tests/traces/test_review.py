"""Reviews of real traces with a planted cause: it is named each time, and the times are right."""

import itertools
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from dualstream import network
from dualstream.traces import read_trace, review
from dualstream.traces.capture import Capture, Facts
from dualstream.traces.words import as_html, comparison, in_words
from dualstream.training import recipe

STEPS = 8


@pytest.fixture
def traced(tmp_path):
    """Traces some steps, and gives the review and their mean wall-clock time in milliseconds."""
    def trace(batches, step, facts=Facts()):
        batch = iter(batches)
        for _ in range(2):
            step(next(batch))
        logdir = tmp_path / str(time.time())
        walls = []
        with Capture(logdir, facts) as capture:
            for number in range(STEPS):
                with capture.step(number):
                    begun = time.perf_counter()
                    step(next(batch))
                    walls.append(time.perf_counter() - begun)
        return review(read_trace(logdir)), 1000 * float(np.mean(walls))

    return trace


NUMBERS = tf.data.Dataset.range(10**6)


def small(number):
    return tf.fill([4, 4], tf.cast(number, tf.float32))


def light_step(batch):
    tf.reduce_sum(batch).numpy()


def check(seen, wall_ms):
    assert seen.steps == STEPS
    assert seen.step_ms == pytest.approx(wall_ms, rel=0.05, abs=0.1)
    assert sum(seen.split_ms.values()) == pytest.approx(seen.step_ms)
    assert in_words(seen).startswith(seen.verdict)


def test_a_sleep_in_the_map(traced):
    def sleepy(number):
        tf.py_function(lambda: time.sleep(0.02), [], [])
        return small(number)

    seen, wall_ms = traced(NUMBERS.map(sleepy), light_step)
    check(seen, wall_ms)
    assert seen.verdict.startswith('Input-bound') and 'py_function' in seen.verdict
    assert seen.split_ms['input'] == pytest.approx(wall_ms, rel=0.1)
    assert seen.input_ms['python'] == pytest.approx(20, rel=0.25)
    assert any('tensor ops' in advice for advice in seen.advice)


def test_a_py_function_that_holds_the_lock(traced):
    def busy():
        until = time.perf_counter() + 0.02
        while time.perf_counter() < until:
            pass

    def locking(number):
        tf.py_function(busy, [], [], name='spinning')
        return small(number)

    def step(batch):
        light_step(batch)
        until = time.process_time() + 0.002  # some Python of its own, for which it needs the lock
        while time.process_time() < until:
            pass

    seen, wall_ms = traced(NUMBERS.map(locking, 2).prefetch(1), step)
    check(seen, wall_ms)
    assert seen.verdict.startswith('Input-bound') and 'spinning' in seen.verdict
    assert seen.input_bound > 0.5


def test_a_heavy_decode_before_a_light_model(traced):
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), np.uint8)
    contents = tf.io.encode_jpeg(noise).numpy()

    images = tf.data.Dataset.from_tensors(contents).repeat().map(
        lambda jpeg: tf.io.decode_jpeg(jpeg, channels=3)[:64, :64])
    seen, wall_ms = traced(images, lambda batch: light_step(tf.cast(batch, tf.float32)))
    check(seen, wall_ms)
    assert seen.verdict.startswith('Input-bound') and 'decode' in seen.verdict
    assert max(seen.input_ms, key=seen.input_ms.get) == 'decode'
    assert any('--look=grid' in advice for advice in seen.advice)


def test_a_heavy_model_behind_a_cached_set(traced):
    weights = tf.random.stateless_normal([700, 700], [0, 0])

    @tf.function
    def heavy(batch):
        for _ in range(20):
            batch = tf.tanh(batch @ weights)
        return batch

    batches = NUMBERS.take(1).map(lambda _: tf.ones([128, 700])).cache().repeat().prefetch(2)
    seen, wall_ms = traced(batches, lambda batch: heavy(batch).numpy())
    check(seen, wall_ms)
    assert seen.verdict.startswith('Compute-bound')
    assert seen.input_bound < 0.1 and seen.split_ms['compute'] > 0.7 * wall_ms
    assert 'MatMul' in seen.top_ops[0][0]


def test_a_retrace_at_every_step(traced):
    @tf.function
    def layered(batch, factor):
        for _ in range(100):
            batch = tf.tanh(batch) * factor
        return batch

    counter = itertools.count()
    seen, wall_ms = traced(
        NUMBERS.map(small), lambda batch: layered(batch, float(next(counter))).numpy())
    check(seen, wall_ms)
    assert seen.verdict.startswith('Bound by tracing')
    assert seen.traced == STEPS


def test_a_program_compiled_at_every_step(traced):
    compiled = tf.function(lambda batch: tf.reduce_sum(tf.tanh(batch)), jit_compile=True)
    size = itertools.count(1)
    batches = NUMBERS.map(lambda _: tf.ones([100]))
    seen, wall_ms = traced(batches, lambda batch: compiled(batch[:next(size)]).numpy())
    check(seen, wall_ms)
    assert seen.verdict.startswith('Bound by tracing and compiling')
    assert seen.compiled == STEPS


def test_the_networks_parts_and_its_share_of_the_machines_best(traced):
    model = network.build('nano', image_size=(64, 64))
    recipe.compile_network(model, 1e-3, 100)
    facts = Facts.of(model, images=8, training=True, devices=['/device:CPU:0'])
    assert facts.flops == 8 * 6 * network.multiply_adds(model)
    batches = NUMBERS.map(lambda number: tf.zeros([8, 64, 64, 3])).prefetch(2)
    seen, wall_ms = traced(
        batches, lambda images: model.train_on_batch(images, tf.zeros([8])), facts)
    check(seen, wall_ms)
    assert {'gray stream', 'HSV stream', 'merges', 'head', 'optimizer'} <= set(seen.network_ms)
    assert seen.network_ms['HSV stream'] > seen.network_ms['head']
    assert seen.images_per_second == pytest.approx(8000 / seen.step_ms)
    assert seen.gflops == pytest.approx(facts.flops / seen.step_ms / 1e6)
    assert 0 < seen.share_of_peak < 1
    assert seen.memory_peak_mb > 8 * 64 * 64 * 3 * 4 / 1e6  # the batch alone
    assert 'large matrix product' in in_words(seen)
    assert seen.misplaced == 0 and not seen.warnings


PINNED = """
import sys
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0], 2 * [tf.config.LogicalDeviceConfiguration()])
from dualstream.traces.capture import Capture, Facts

@tf.function
def step(x):
    with tf.name_scope('light'):
        x = tf.reduce_sum(x, axis=0, keepdims=True)
    with tf.device(sys.argv[2]), tf.name_scope('heavy'):
        x = tf.tile(x, [600, 1])
        for _ in range(40):
            x = tf.tanh(tf.matmul(x, x))
    return x

with tf.device('/device:CPU:0'):
    x = tf.ones([600, 600])
    step(x)
    with Capture(sys.argv[1], Facts(devices='/device:CPU:0')) as capture:
        for number in range(5):
            with capture.step(number):
                step(x).numpy()
"""


@pytest.mark.parametrize('device', ['/device:CPU:0', '/device:CPU:1'])
def test_ops_on_a_device_that_was_not_asked_for(tmp_path, device):
    subprocess.run([sys.executable, '-c', PINNED, tmp_path, device], check=True,
                   stderr=subprocess.DEVNULL)
    seen = review(read_trace(tmp_path))
    if device == '/device:CPU:0':
        assert seen.misplaced == 0 and not seen.warnings
        assert seen.verdict.startswith('Compute-bound')
        return
    assert seen.misplaced > 0.5
    assert seen.verdict.startswith('Bound by ops on the wrong device')
    assert 'heavy/' in seen.verdict and 'CPU:1' in seen.verdict
    assert any('heavy/' in warning for warning in seen.warnings)
    assert any('tf.device' in advice for advice in seen.advice)
    assert seen.ran_on['CPU:1, the step'] > seen.ran_on['CPU:0, the step']


def test_routines_scopes_are_the_stages(traced, photos):
    from dualstream.pipeline import Routine

    def step_of(routine):
        images = photos.read('train').repeat().map(
            lambda example: routine(example, tf.constant([0, 0]))).batch(2)
        return traced(images, light_step)[0]

    opencv = step_of(Routine((224, 224), 'cv', 'array', 'pixels'))
    grid = step_of(Routine((224, 224), look='grid'))
    assert opencv.input_bound > 0.5 and 'cv_color_mask' in opencv.verdict
    assert any('cv_color_mask' in warning for warning in opencv.warnings)
    assert any('--mask=tf' in advice for advice in opencv.advice)
    assert 'python' not in grid.input_ms and grid.input_ms['crop'] > 0
    assert grid.step_ms < opencv.step_ms
    said = comparison(opencv, grid)
    assert 'faster' in said.splitlines()[0] and 'input: python' in said
    page = as_html(opencv, 'cv <array>')
    assert '<svg' in page and 'cv &lt;array&gt;' in page and 'http' not in page.split('<pre>')[1]

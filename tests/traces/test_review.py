"""Reviews of real traces with a planted cause: it is named each time, and the times are right."""

import itertools
import time

import commands
import numpy as np
import pytest
import tensorflow as tf

from dualstream import network
from dualstream.traces import read_trace, review
from dualstream.traces.capture import Capture, Facts
from dualstream.traces.evidence import BOUND
from dualstream.traces.page import as_html
from dualstream.traces.words import compare_in_words, in_words
from dualstream.training import recipe

STEPS = 8


@pytest.fixture
def traced(tmp_path):
    """Traces some steps and reviews them; checks their time against the clock."""
    def trace(batches, step, facts=Facts(), warm_up=0.0):
        batch = iter(batches)
        for _ in range(2):
            step(next(batch))
        time.sleep(warm_up)
        logdir = tmp_path / str(time.time())
        inside = 0.0
        with Capture(logdir, facts) as capture:
            begun = time.perf_counter()
            for number in range(STEPS):
                with capture.step(number):
                    entered = time.perf_counter()
                    step(next(batch))
                    inside += time.perf_counter() - entered
            outside = time.perf_counter() - begun
        seen = review(read_trace(logdir))
        assert seen.steps == STEPS
        # A mark is longer than what is inside it, and all marks are inside the loop; one part in a
        # hundred, since the profiler has a clock of its own.
        assert 0.99 * 1000 * inside / STEPS <= seen.step_ms <= 1.01 * 1000 * outside / STEPS
        assert sum(seen.split_ms.values()) == pytest.approx(seen.step_ms)
        assert in_words(seen).startswith(seen.verdict)
        return seen

    return trace


NUMBERS = tf.data.Dataset.range(10**6)


def small(number):
    return tf.fill([4, 4], tf.cast(number, tf.float32))


def light_step(batch):
    tf.reduce_sum(batch).numpy()


def test_a_sleep_in_the_map(traced):
    def sleepy(number):
        tf.py_function(lambda: time.sleep(0.02), [], [])
        return small(number)

    seen = traced(NUMBERS.map(sleepy).prefetch(1), light_step)
    assert seen.verdict.startswith('Input-bound') and 'py_function' in seen.verdict
    # A sleep is never shorter than asked for, and two of them at most are over before the steps.
    assert seen.input_ms['python'] > 20 * (STEPS - 2.1) / STEPS
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

    seen = traced(NUMBERS.map(locking, 2).prefetch(1), step)
    assert seen.verdict.startswith('Input-bound') and 'spinning' in seen.verdict
    assert seen.input_bound >= BOUND


def spin(seconds):
    """Keeps the thread on a core, in Python."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_step_waits_for_the_lock(traced):
    """The input is ahead, and its py_function makes the next batches beside the step's Python."""
    def locking(number):
        tf.py_function(lambda: spin(0.02), [], [])
        return small(number)

    ahead = NUMBERS.map(locking).prefetch(STEPS)

    def step(batch):
        light_step(batch)
        spin(0.01)

    seen = traced(ahead, step, warm_up=0.03 * (STEPS + 2))
    assert seen.split_ms['lock'] > 0


def test_a_py_function_that_sleeps_beside_a_python_step(traced):
    """It gives the lock away, so the step does not wait for it."""
    def sleepy(number):
        tf.py_function(lambda: time.sleep(0.02), [], [])
        return small(number)

    seen = traced(NUMBERS.map(sleepy, 4).prefetch(4), lambda batch: spin(0.02))
    assert seen.verdict.startswith('Bound by Python')
    assert seen.split_ms['lock'] < 0.1 * seen.step_ms


def test_a_heavy_decode_before_a_light_model(traced):
    noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), np.uint8)
    contents = tf.io.encode_jpeg(noise).numpy()

    images = tf.data.Dataset.from_tensors(contents).repeat().map(
        lambda jpeg: tf.io.decode_jpeg(jpeg, channels=3)[:64, :64])
    seen = traced(images, lambda batch: light_step(tf.cast(batch, tf.float32)))
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
    seen = traced(batches, lambda batch: heavy(batch).numpy())
    assert seen.verdict.startswith('Compute-bound')
    assert max(seen.split_ms, key=seen.split_ms.get) == 'compute'
    assert 'MatMul' in seen.top_ops[0][0]


def test_a_retrace_at_every_step(traced):
    @tf.function
    def layered(batch, factor):
        for _ in range(100):
            batch = tf.tanh(batch) * factor
        return batch

    counter = itertools.count()
    seen = traced(
        NUMBERS.map(small), lambda batch: layered(batch, float(next(counter))).numpy())
    assert seen.verdict.startswith('Bound by tracing')
    assert seen.traced == STEPS


def test_a_program_compiled_at_every_step(traced):
    compiled = tf.function(lambda batch: tf.reduce_sum(tf.tanh(batch)), jit_compile=True)
    size = itertools.count(1)
    batches = NUMBERS.map(lambda _: tf.ones([100]))
    seen = traced(batches, lambda batch: compiled(batch[:next(size)]).numpy())
    assert seen.verdict.startswith('Bound by tracing and compiling')
    assert seen.compiled == STEPS


def test_the_networks_parts_and_its_share_of_the_machines_best(traced):
    model = network.build('nano', image_size=(64, 64))
    recipe.compile_network(model, 1e-3, 100)
    facts = Facts.of(model, images=8, training=True, devices=['/device:CPU:0'])
    assert facts.flops == 8 * 6 * network.multiply_adds(model)
    batches = NUMBERS.map(lambda number: tf.zeros([8, 64, 64, 3])).prefetch(2)
    seen = traced(
        batches, lambda images: model.train_on_batch(images, tf.zeros([8])), facts)
    assert {'gray stream', 'HSV stream', 'merges', 'head', 'optimizer'} <= set(seen.network_ms)
    assert seen.network_ms['HSV stream'] > seen.network_ms['head']
    assert seen.images_per_second == pytest.approx(8000 / seen.step_ms)
    assert seen.gflops == pytest.approx(facts.flops / seen.step_ms / 1e6)
    assert 0 < seen.share_of_peak < 1
    # TensorFlow's allocator records its events on some processors only.
    assert seen.memory_peak_mb is None or seen.memory_peak_mb > 8 * 64 * 64 * 3 * 4 / 1e6
    assert 'large matrix product' in in_words(seen)
    assert seen.misplaced == 0 and not seen.warnings


PINNED = """
import sys
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0], 2 * [tf.config.LogicalDeviceConfiguration()])
from dualstream.traces.capture import Capture, Facts

def step_on(device):
    @tf.function
    def step(x):
        with tf.name_scope('light'):
            x = tf.reduce_sum(x, axis=0, keepdims=True)
        with tf.device(device), tf.name_scope('heavy'):
            x = tf.tile(x, [600, 1])
            for _ in range(40):
                x = tf.tanh(tf.matmul(x, x))
        return x
    return step

for logdir, device in zip(sys.argv[1:], ('/device:CPU:0', '/device:CPU:1')):
    with tf.device('/device:CPU:0'):
        x, step = tf.ones([600, 600]), step_on(device)
        step(x)
        with Capture(logdir, Facts(devices='/device:CPU:0')) as capture:
            for number in range(5):
                with capture.step(number):
                    step(x).numpy()
"""


def test_ops_on_a_device_that_was_not_asked_for(tmp_path):
    process = commands.run('-c', PINNED, tmp_path / 'asked', tmp_path / 'other')
    assert process.returncode == 0, process.stderr
    asked, other = (review(read_trace(tmp_path / name)) for name in ('asked', 'other'))
    assert asked.misplaced == 0 and not asked.warnings
    assert asked.verdict.startswith('Compute-bound')
    assert other.misplaced >= BOUND
    assert other.verdict.startswith('Bound by ops on the wrong device')
    assert 'heavy/' in other.verdict and 'CPU:1' in other.verdict
    assert any('heavy/' in warning for warning in other.warnings)
    assert any('tf.device' in advice for advice in other.advice)
    assert other.ran_on['CPU:1, the step'] > other.ran_on['CPU:0, the step']


def test_routines_scopes_are_the_stages(traced, photos):
    from dualstream.pipeline import Routine

    def step_of(routine):
        images = photos.read('train').repeat().map(
            lambda example: routine(example, tf.constant([0, 0]))).batch(2)
        return traced(images, light_step)

    opencv = step_of(Routine((224, 224), 'cv', 'array', 'pixels', mask_step=1))
    grid = step_of(Routine((224, 224), look='grid'))
    assert opencv.input_bound >= BOUND and 'cv_color_mask' in opencv.verdict
    assert any('cv_color_mask' in warning for warning in opencv.warnings)
    assert any('--mask=tf' in advice for advice in opencv.advice)
    assert 'python' not in grid.input_ms and grid.input_ms['crop'] > 0
    assert 'input: python' in compare_in_words(opencv, grid)
    page = as_html(opencv, 'cv <array>')
    assert '<svg' in page and 'cv &lt;array&gt;' in page and 'http' not in page.split('<pre>')[1]

"""What the marks of the steps hold: facts of the step, and how long threads were on a core."""

import time

import keras
import pytest

from dualstream.traces import capture, read_trace
from dualstream.traces.capture import Capture, Facts, matrix_product_flops


@pytest.mark.parametrize('devices, hosts, products, here', [
    (['/device:CPU:0'], 1, 1, '/device:CPU:0'),
    # The logical devices of one CPU share its cores.
    (['/device:CPU:0', '/device:CPU:1'], 1, 1, '/device:CPU:0|/device:CPU:1'),
    (['/device:GPU:0', '/device:GPU:1'], 1, 2, '/device:GPU:0|/device:GPU:1'),
    # A trace holds the devices of its own host alone.
    ([f'/device:GPU:{number}' for number in range(8)], 4, 8, '/device:GPU:0|/device:GPU:1'),
    (['/device:CPU:0', '/device:CPU:1'], 2, 2, '/device:CPU:0')])
def test_the_peak_is_that_of_all_devices(monkeypatch, devices, hosts, products, here):
    monkeypatch.setattr(capture, 'matrix_product_flops', lambda dtype: 10**12)
    monkeypatch.setattr(capture, '_hosts', lambda: hosts)
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    facts = Facts.of(model, images=5, training=True, devices=devices)
    assert facts == Facts(5, 3 * 2 * 6 * 5, products * 10**12, here)


def test_the_peak_is_measured_in_the_networks_type(monkeypatch):
    monkeypatch.setattr(capture, 'matrix_product_flops', {'float32': 1, 'bfloat16': 2}.get)
    before = keras.config.dtype_policy()
    try:
        for policy, peak in (('float32', 1), ('mixed_bfloat16', 2)):
            keras.config.set_dtype_policy(policy)
            model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
            facts = Facts.of(model, images=1, training=False, devices=['/device:GPU:0'])
            assert facts.peak_flops == peak
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize('speed', [1e11, 1e12, 6e14, 1e18])
def test_products_grow_until_starting_them_does_not_count(monkeypatch, speed):
    """On a device that takes 0.2 ms to start a product, whatever its size."""
    sizes = []

    def take(size, dtype):
        sizes.append(size)
        return 2 * size**3 / speed + 2e-4

    monkeypatch.setattr(capture, '_time_product', take)
    measured = matrix_product_flops('bfloat16')
    assert max(sizes) <= 16384  # what fits in the memory of any accelerator
    if speed < 1e15:
        assert measured == pytest.approx(speed, rel=0.02)


def test_a_product_is_timed_for_real():
    assert matrix_product_flops(repeats=1) > 1e6


def test_marks_say_how_long_threads_were_on_a_core(tmp_path):
    with Capture(tmp_path, Facts(images=3)) as trace:
        with trace.step(7):
            until = time.thread_time() + 0.02
            while time.thread_time() < until:
                pass
        with trace.step(8):
            time.sleep(0.03)
    busy, asleep = read_trace(tmp_path).marks
    assert (busy.number, asleep.number) == (7, 8)
    assert busy.process_cpu >= busy.thread_cpu >= 20_000
    assert asleep.thread_cpu < 20_000 <= asleep.end - asleep.start
    assert read_trace(tmp_path).facts['images'] == 3

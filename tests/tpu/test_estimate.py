"""The roofline, on numbers that can be reckoned in one's head."""

import pytest

from dualstream.tpu import SLICES, find_slice
from dualstream.tpu.compiled import Compiled
from dualstream.tpu.estimate import roofline, to_feed

V5E_8 = SLICES['v5litepod-8']


def test_the_slower_of_the_two_sets_the_pace():
    # 1.97 TFLOP at 197 TFLOP/s take 10 ms; 1.638 GB at 819 GB/s take 2 ms.
    estimate = roofline(Compiled(True, 1.97e12, 1.638e9, 4e9), V5E_8, 100)
    assert estimate.bound_by == 'compute'
    assert estimate.compute_ms == pytest.approx(10) and estimate.memory_ms == pytest.approx(2)
    assert estimate.step_ms == estimate.compute_ms
    assert estimate.images_per_second == pytest.approx(8 * 100 / 0.010)
    estimate = roofline(Compiled(True, 1.97e12, 16.38e9, 4e9), V5E_8, 100)
    assert estimate.bound_by == 'memory' and estimate.step_ms == pytest.approx(20)
    assert estimate.images_per_second == pytest.approx(8 * 100 / 0.020)


@pytest.mark.parametrize('compiled', [
    Compiled(False, None, None, 20e9), Compiled(False, None, None, None),
    Compiled(True, 1e12, 1e9, 16.1e9)])
def test_what_does_not_fit_has_no_speed(compiled):
    estimate = roofline(compiled, V5E_8, 100)
    assert not estimate.fits
    assert estimate.step_ms is None and estimate.images_per_second is None


def test_cores_and_workers_are_rounded_up():
    assert to_feed(1000, 100, 4) == (10, 3)
    assert to_feed(1001, 100, 4) == (11, 3)
    assert to_feed(1, 100, 4) == (1, 1)


def test_a_slice_is_as_many_chips_as_its_name_says():
    for name, tpu in SLICES.items():
        kind, chips = name.split('-')
        assert kind == tpu.chip.rented_as and int(chips) == tpu.chips
        assert tpu.chip.source.startswith('https://cloud.google.com/')
    with pytest.raises(ValueError, match='one of v5litepod-1, v5litepod-4'):
        find_slice('v5litepod-3')

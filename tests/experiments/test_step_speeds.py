"""The timing of steps of networks."""

import time

from experiments.step_speeds import timed_steps


def test_a_step_is_timed(small_network):
    runs = timed_steps(small_network((64, 64)), batch_size=2)
    assert set(runs) == {'training', 'inference'}
    begun = time.perf_counter()
    rates = [run(None) for run in runs.values()]
    # Each step was a part of the time that passed, so it was no slower than that.
    assert min(rates) >= 2 / (time.perf_counter() - begun)

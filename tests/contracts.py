"""Contracts: what every implementation of an idea must fulfil, to be called by tests."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np


def assert_resumable(make_batches: Callable[[int, int], Iterable[Any]], steps: int) -> list[Any]:
    """Asserts that starting at any step, and stopping at any step, gives the same batches.

    Args:
      make_batches: gives the batches from a step on, up to but not including another step.
      steps: how many batches there are in all, at least 1.

    Returns:
      The batches, as NumPy arrays.
    """
    whole = [as_arrays(batch) for batch in make_batches(0, steps)]
    assert len(whole) == steps
    for start in range(1, steps + 1):
        assert_same_batches(make_batches(start, steps), whole[start:])
    for stop in range(steps):
        assert_same_batches(make_batches(stop // 2, stop), whole[stop // 2:stop])
    return whole


def assert_same_batches(batches: Iterable[Any], expected: Iterable[Any]) -> None:
    """Asserts that two series of batches are equal bit by bit, and equally long."""
    for number, (batch, other) in enumerate(itertools.zip_longest(batches, expected)):
        assert batch is not None and other is not None, f'one series ends before batch {number}'
        for array, same in zip(as_arrays(batch), as_arrays(other), strict=True):
            np.testing.assert_array_equal(array, same, err_msg=f'batch {number}')


def as_arrays(batch: Any) -> list[np.ndarray]:
    """The tensors of a batch, of whatever structure, as NumPy arrays."""
    return [np.asarray(tensor) for tensor in keras.tree.flatten(batch)]

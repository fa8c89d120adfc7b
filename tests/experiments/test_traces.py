"""The traces of the routines: that a training is traced, and the table tells the verdicts."""

import types

import matplotlib.figure
import pytest

from dualstream.pipeline import Routine


def test_a_training_is_traced_and_has_a_row(load, photos, monkeypatch, small_network):
    traces = load('experiments.traces')
    monkeypatch.setattr(traces, '_STEPS', types.SimpleNamespace(value=3))
    seen = traces._traced(photos, small_network((64, 64)), Routine((64, 64), look='grid'))
    assert seen.steps == 3 and seen.step_ms > 0
    assert sum(seen.split_ms.values()) == pytest.approx(seen.step_ms)
    assert seen.input_ms['decode'] > 0 and seen.input_ms['crop'] > 0
    table = traces._table({'tf-array, grid': seen})
    assert f'| `tf-array, grid` | {seen.step_ms:.0f} ms |' in table and seen.verdict in table
    assert isinstance(traces._figure({'tf-array, grid': seen}), matplotlib.figure.Figure)

"""The traces of the routines: each has step times for TensorBoard, and a verdict in the table."""

import json
import types

import matplotlib.figure
import pytest
from xprof.convert import raw_to_tool_data

from dualstream.pipeline import Routine


def test_a_training_is_traced_and_has_a_row(load, photos, monkeypatch, small_network, tmp_path):
    traces = load('experiments.traces')
    monkeypatch.setattr(traces, '_STEPS', types.SimpleNamespace(value=3))
    seen = traces._traced(photos, small_network((64, 64)), Routine((64, 64), look='grid'),
                          logdir=tmp_path)
    assert seen.steps == 3 and seen.step_ms > 0
    assert sum(seen.split_ms.values()) == pytest.approx(seen.step_ms)
    assert seen.input_ms['decode'] > 0 and seen.input_ms['crop'] > 0
    page, _ = raw_to_tool_data.xspace_to_tool_data(
        list(map(str, tmp_path.rglob('*.xplane.pb'))), 'overview_page', {})
    shown = next(table['p'] for table in json.loads(page) if 'steptime_ms_average' in (
        table.get('p') or {}))
    assert float(shown['steptime_ms_average']) == pytest.approx(seen.step_ms, abs=0.1)
    table = traces._table({'tf-array, grid': seen})
    assert f'| `tf-array, grid` | {seen.step_ms:.0f} ms |' in table and seen.verdict in table
    assert isinstance(traces._figure({'tf-array, grid': seen}), matplotlib.figure.Figure)

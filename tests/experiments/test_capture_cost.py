"""What tracing costs: every way is timed, step by step, and the table tells their ratios."""

import types

import pytest
import tensorflow as tf


def test_every_way_is_timed_and_has_a_row(load, monkeypatch, small_network):
    capture_cost = load('experiments.capture_cost')
    monkeypatch.setattr(capture_cost, '_STEPS', types.SimpleNamespace(value=3))
    model = small_network((64, 64))
    batch = (tf.zeros([2, 64, 64, 3]), tf.zeros([2]))
    batches = tf.data.Dataset.from_tensors(batch).repeat()
    times = {way: capture_cost._round(model, batches, way) for way in capture_cost.WAYS}
    assert all(len(each) == 3 and min(each) > 0 for each in times.values())
    page = capture_cost._page({
        'steps': 3, 'step_ms': {way: [2.0, 4.0] for way in times},
        'ratio': {way: 1.25 for way in times}})
    assert page.count('| 3.0 ms | 1.250 |') == len(times)
    assert 'medians of 2 interleaved rounds of 3 steps' in page


def test_what_cannot_be_is_refused(load, monkeypatch):
    capture_cost = load('experiments.capture_cost')
    monkeypatch.setattr(capture_cost, '_REPEATS', types.SimpleNamespace(value=0))
    monkeypatch.setattr(capture_cost, '_STEPS', types.SimpleNamespace(value=3))
    with pytest.raises(ValueError, match='positive'):
        capture_cost.main([])

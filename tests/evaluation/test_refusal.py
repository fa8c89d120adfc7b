"""Thresholds of refusal: how many leaves they accept, and what they say of a photograph."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from dualstream.evaluation.refusal import Refusal, choose_refusal, verdicts_of

SHARES = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0])  # with ties


@hypothesis.given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=400))
def test_at_least_98_of_100_leaves_are_accepted(leaves):
    coverages, confidences = np.array(leaves).T
    refusal = choose_refusal(coverages, confidences)
    verdicts = verdicts_of(coverages, confidences, refusal)
    assert np.mean(verdicts == 'diagnosis') >= 0.98
    assert np.mean(verdicts == 'not a leaf') <= 0.01


def test_as_many_are_refused_as_may_be():
    rng = np.random.default_rng(0)
    coverages, confidences = rng.permutation(5000) / 5000, rng.permutation(5000) / 5000
    verdicts = verdicts_of(coverages, confidences, choose_refusal(coverages, confidences))
    assert np.sum(verdicts == 'not a leaf') == 50
    assert np.sum(verdicts == 'unsure') == 50


def test_what_coverage_need_not_refuse_confidence_may():
    confidences = np.linspace(0.2, 1, 1000)
    refusal = choose_refusal(np.ones(1000), confidences)
    assert refusal.min_coverage == 1
    assert np.sum(verdicts_of(np.ones(1000), confidences, refusal) == 'unsure') == 20


def test_without_leaves_nothing_is_refused_and_shapes_must_agree():
    assert choose_refusal(np.zeros(0), np.zeros(0)) == Refusal(0, 0)
    with pytest.raises(ValueError, match='the same leaves'):
        choose_refusal(np.zeros(2), np.zeros(3))


@pytest.mark.parametrize('value', [-0.1, 1.1, float('nan'), '0.5'])
def test_a_threshold_that_is_no_share_is_refused(value):
    with pytest.raises(ValueError, match='min_confidence must be in'):
        Refusal(0.5, value)

"""Doubtful labels: planted ones are found, among few others, and what they were is suggested."""

import sys

import numpy as np
import pytest

from dualstream.evaluation.label_issues import find_label_issues
from dualstream.evaluation.predictions import Predictions
from dualstream.runtime.errors import UserError

CLASSES = ['cbb', 'cbsd', 'cmd', 'healthy']
WRONG = 30


def with_wrong_labels(present=(0, 1, 2, 3), count=400):
    """Predictions that are mostly right, with 30 labels that are not; and the true classes."""
    rng = np.random.default_rng(0)
    truth = rng.choice(present, count)
    labels = truth.copy()
    planted = rng.permutation(count)[:WRONG]
    labels[planted] = [rng.choice([each for each in present if each != truth[place]])
                       for place in planted]
    logits = rng.normal(0, 1, (count, 4)) + 4 * np.eye(4)[truth]
    powers = np.exp(logits)
    return (Predictions(CLASSES, labels, np.float32(powers / powers.sum(axis=1, keepdims=True))),
            truth, planted)


@pytest.mark.parametrize('present', [(0, 1, 2, 3), (0, 2, 3)])
def test_planted_wrong_labels_are_found(present):
    predictions, truth, planted = with_wrong_labels(present)
    issues = find_label_issues(predictions)
    found = [each.place for each in issues]
    assert len(set(found) & set(planted)) >= 0.8 * WRONG
    assert len(set(found) - set(planted)) <= 0.3 * WRONG
    assert set(found[:15]) <= set(planted)
    undone = [each for each in issues if each.suggested == truth[each.place]]
    assert len(undone) >= 0.7 * WRONG
    for each in issues:
        assert each.label == predictions.labels[each.place] != each.suggested
        assert each.suggested in present and each.of_suggested > 0
    doubts = [each.of_label for each in issues]
    assert doubts == sorted(doubts)


def test_without_cleanlab_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cleanlab.filter', None)
    with pytest.raises(UserError, match=r"pip install 'dualstream\[labels\]'"):
        find_label_issues(with_wrong_labels()[0])

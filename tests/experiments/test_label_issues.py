"""The experiment on wrong labels: which are made wrong, what is read, and what is counted."""

import numpy as np
import pytest

from dualstream.pipeline.parts import everything
from experiments.wrong_labels import WrongLabels, make_wrong


@pytest.mark.parametrize('share', [0, 0.1, 1])
def test_as_many_labels_are_made_wrong_as_wanted(share):
    labels = np.arange(500) % 5
    wrong = make_wrong(labels, share, 5, seed=0)
    assert (wrong != labels).sum() == 500 * share
    assert set(wrong) <= set(range(5))
    assert set((wrong - labels)[wrong != labels] % 5) == (set(range(1, 5)) if share else set())


def test_wrong_labels_are_read_in_their_places(photos):
    whole = everything(photos)
    wrong = make_wrong(whole.labels('all'), 0.5, 5, seed=0)
    places = np.array([3, 17, 44])
    some = WrongLabels(whole.builder, {'train': places}, wrong_labels=wrong)
    np.testing.assert_array_equal(some.labels('train'), wrong[places])
    read = list(some.read('train').as_numpy_iterator())
    assert [example['index'] for example in read] == places.tolist()
    assert [example['label'] for example in read] == wrong[places].tolist()
    assert some.label_counts('train').sum() == 3


def test_the_page_says_what_was_found(load):
    experiment = load('experiments.label_issues')
    doubted, wrong = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    counts = experiment.count_found(doubted, wrong)
    assert counts == {'doubted': 2, 'wrong': 2, 'both': 1}
    page = experiment.whole_page({
        'dataset': 'some/set', 'synthetic': True, 'photographs': 8, 'image_size': [64, 64],
        'epochs': 2, 'balanced_accuracy': 0.5, 'ways': {
            'one': [counts, {'doubted': 1, 'wrong': 4, 'both': 1}],
            'other': [{'doubted': 0, 'wrong': 3, 'both': 0}] * 2}}, 'the command')
    assert 'some/set (synthetic), 8 photographs' in page
    assert '| one | 3 | 66.7% (50.0% to 100.0%) | 33.3% (25.0% to 50.0%) |' in page
    assert '| other | 0 | none | 0.0% (0.0% to 0.0%) |' in page

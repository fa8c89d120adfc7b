"""Parts of a set: what is read, named and counted is what was chosen; folds keep groups whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstream.pipeline import Routine, make_evaluation_batches
from dualstream.pipeline.parts import Parts, deal, everything


def test_a_part_is_read_named_and_counted_as_chosen(photos):
    whole = everything(photos)
    examples = list(whole.read('all').as_numpy_iterator())
    assert len(examples) == whole.count('all') == 60
    names = whole.names('all')
    assert sorted(names) == sorted(
        name for split in photos.builder.info.splits for name in photos.names(split))
    assert len(set(names)) == 60
    chosen = np.array([2, 5, 41, 59])
    some = Parts(photos.builder, {'test': chosen, 'train': np.array([0])})
    assert some.count('test') == 4 and some.names('test') == [names[place] for place in chosen]
    read = list(some.read('test').as_numpy_iterator())
    assert [example['image'] for example in read] == [
        examples[place]['image'] for place in chosen]
    labels = [example['label'] for example in read]
    np.testing.assert_array_equal(some.labels('test'), labels)
    np.testing.assert_array_equal(some.label_counts('test'), np.bincount(labels, minlength=5))
    batches = make_evaluation_batches(some, 'test', Routine((64, 64)), batch_size=3, seed=0)
    assert [len(images) for images, _ in batches] == [3, 1]


def test_a_part_of_a_set_without_names_is_named_after_its_places(photos, monkeypatch):
    monkeypatch.setattr('dualstream.pipeline.examples._FILE_NAMES', ())
    some = Parts(photos.builder, {'test': np.array([5, 2, 59])})
    assert some.names('test') == ['test 2', 'test 5', 'test 59']
    assert photos.names('test') == [f'test {place}' for place in range(photos.count('test'))]


def test_photographs_without_a_label_are_left_out(photos, monkeypatch):
    labels = Parts.labels
    monkeypatch.setattr(Parts, 'labels', lambda self, purpose: np.where(
        np.arange(self.count(purpose)) == 7, -1, labels(self, purpose)))
    np.testing.assert_array_equal(
        everything(photos).parts['all'], [place for place in range(60) if place != 7])


@settings(max_examples=25)
@given(count=st.integers(1, 80), parts=st.integers(2, 6), seed=st.integers(0, 9))
def test_groups_stay_together_and_parts_are_alike(count, parts, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    alone = deal(np.arange(count), labels, parts, seed=seed)
    assert np.ptp(np.bincount(alone, minlength=parts)) <= 1
    for label in range(3):
        assert np.ptp(np.bincount(alone[labels == label], minlength=parts)) <= 1
    groups = rng.integers(0, max(1, count // 2), count)
    together = deal(groups, labels, parts, seed=seed)
    assert len(set(zip(groups, together))) == len(set(groups))
    assert set(together) <= set(range(parts))


def test_another_seed_deals_otherwise():
    groups, labels = np.arange(40), np.zeros(40, int)
    one, same, other = (deal(groups, labels, 4, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize('purpose', ['train', 'test'])
def test_labels_and_names_of_a_split_are_in_the_order_of_its_examples(photos, purpose):
    labels = [example['label'] for example in photos.read(purpose).as_numpy_iterator()]
    np.testing.assert_array_equal(photos.labels(purpose), labels)
    assert len(photos.names(purpose)) == len(labels)

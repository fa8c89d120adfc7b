"""Batches: the same for the same seed, from any step on, and every picture in its turn."""

import numpy as np
import pytest
import tensorflow as tf

from dualstream.pipeline import Routine, evaluation_batches, training_batches
from dualstream.pipeline.augment import turn_and_flip, turned
from dualstream.pipeline.batches import steps_per_epoch

ROUTINE = Routine((32, 32), 'tf', 'random', saccades=2)


def collect(photos, **changed):
    arguments = {'batch_size': 8, 'epochs': 3, 'seed': 5, **changed}
    return [(images.numpy(), labels.numpy())
            for images, labels in training_batches(photos, ROUTINE, **arguments)]


def assert_same(batches, others):
    assert len(batches) == len(others) > 0
    for (images, labels), (other_images, other_labels) in zip(batches, others):
        np.testing.assert_array_equal(images, other_images)
        np.testing.assert_array_equal(labels, other_labels)


def test_same_seed_same_batches(photos):
    batches = collect(photos)
    assert_same(batches, collect(photos))
    assert not np.array_equal(batches[0][0], collect(photos, seed=6)[0][0])


def test_a_programs_own_global_seed_changes_nothing(photos):
    batches = collect(photos)
    for global_seed in (0, 7):
        tf.random.set_seed(global_seed)
        assert_same(batches, collect(photos))


@pytest.mark.parametrize('start_step', [1, 4, 5, 11])
def test_a_later_start_gives_the_batches_that_would_have_come(photos, start_step):
    assert_same(collect(photos)[start_step:], collect(photos, start_step=start_step))


def test_epochs_differ_in_order_and_crops(photos):
    steps = steps_per_epoch(photos, 8)
    batches = collect(photos)
    assert len(batches) == 3 * steps
    assert not np.array_equal(batches[0][0], batches[steps][0])


def indices(photos, routine_batches):
    """Which pictures the batches hold, read off an image that is nothing but the index."""
    return [int(round(float(image[0, 0, 0]) * 1000))
            for images, _ in routine_batches for image in images]


def tells_index(example, seed):
    return tf.fill([4, 4, 3], tf.cast(example['index'], tf.float32) / 1000)


def test_each_epoch_passes_every_picture_at_most_once(photos):
    steps = steps_per_epoch(photos, 8)
    seen = indices(photos, training_batches(photos, tells_index, 8, 2, 0))
    for epoch in (seen[:8 * steps], seen[8 * steps:]):
        assert len(set(epoch)) == len(epoch) == 8 * steps
    assert set(seen) <= set(range(photos.count('train')))
    assert seen[:8 * steps] != sorted(seen[:8 * steps])


def test_evaluation_passes_every_picture_once_in_order(photos):
    seen = indices(photos, evaluation_batches(photos, 'test', tells_index, 7, 0))
    assert seen == list(range(photos.count('test')))
    assert photos.count('test') % 7, 'the last batch should be a smaller one'


def tells_seed(example, seed):
    return tf.random.stateless_uniform([4, 4, 3], seed)


def test_windows_differ_by_their_seed_and_the_first_are_those_of_fewer(photos):
    def images(windows):
        batches = evaluation_batches(photos, 'test', tells_seed, 4, 0, windows)
        images, labels = zip(*batches.as_numpy_iterator())
        return np.concatenate(images), np.concatenate(labels)

    (one, labels), (three, same), (five, same_again) = map(images, (1, 3, 5))
    assert one.shape == (photos.count('test'), 4, 4, 3) and three.shape[:2] == (len(one), 3)
    np.testing.assert_array_equal(three[:, 0], one)
    np.testing.assert_array_equal(five[:, :3], three)
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_array_equal(labels, same_again)
    assert len(np.unique(five.reshape([-1, 48]), axis=0)) == 5 * len(one)


def test_jitter_comes_after_the_turns_and_anew_each_epoch(photos):
    steps = steps_per_epoch(photos, 8)

    def gray(example, seed):
        return tf.fill([4, 4, 3], 0.5)

    def values(**changed):
        batches = training_batches(photos, gray, 8, 2, 0, color_jitter=0.2, **changed)
        return [images.numpy()[:, 0, 0, 0] for images, _ in batches]

    whole = values()
    assert len(np.unique(whole)) > 0.9 * 8 * len(whole)
    assert 0.3 <= np.min(whole) < np.max(whole) <= 0.7
    np.testing.assert_array_equal(whole[steps + 1:], values(start_step=steps + 1))


def test_a_batch_larger_than_the_set_is_refused(photos):
    for batch_size in (0, photos.count('train') + 1):
        with pytest.raises(ValueError, match='batch_size'):
            training_batches(photos, ROUTINE, batch_size, 1, 0)


@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('quarters', range(4))
def test_a_turn_is_what_tf_image_makes_of_it(flip, quarters):
    image = tf.random.stateless_uniform([5, 5, 3], [0, 1])
    expected = tf.image.rot90(tf.image.flip_left_right(image) if flip else image, quarters)
    np.testing.assert_array_equal(
        turned(image, tf.constant(flip), tf.constant(quarters)), expected)


@pytest.mark.parametrize('shape, symmetries', [((2, 2, 3), 8), ((2, 4, 3), 4)])
def test_turns_and_flips_are_all_symmetries_alike(shape, symmetries):
    image = tf.reshape(tf.range(float(np.prod(shape))), shape)
    images = [turn_and_flip(image, tf.constant([seed, 0])).numpy() for seed in range(400)]
    kinds, counts = np.unique([each.ravel() for each in images], axis=0, return_counts=True)
    assert len(kinds) == symmetries
    assert all(sorted(kind) == sorted(image.numpy().ravel()) for kind in kinds)
    assert counts.min() > 400 / symmetries / 2

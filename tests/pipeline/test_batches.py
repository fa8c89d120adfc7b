"""Batches: the same for the same seed, from any step on, and every example in its turn."""

import collections

import numpy as np
import pytest
import tensorflow as tf
from contracts import assert_resumable, assert_same_batches

from dualstream.pipeline import (
    Routine,
    Views,
    make_evaluation_batches,
    make_training_batches,
    make_training_sample,
)
from dualstream.pipeline import batches as module
from dualstream.pipeline.augment import turn, turn_and_flip
from dualstream.pipeline.batches import count_steps
from dualstream.runtime.errors import UserError

ROUTINE = Routine((32, 32), 'tf', 'random', saccades=2)


def collect(photos, **changed):
    """Batches of three epochs."""
    arguments = {'batch_size': 8, 'epochs': 3, 'seed': 5, **changed}
    return list(make_training_batches(photos, ROUTINE, **arguments).as_numpy_iterator())


def test_same_seed_same_batches(photos):
    batches = collect(photos)
    assert_same_batches(batches, collect(photos))
    assert not np.array_equal(batches[0][0], collect(photos, seed=6)[0][0])


def test_a_programs_own_global_seed_changes_nothing(photos):
    batches = collect(photos)
    for global_seed in (0, 7):
        tf.random.set_seed(global_seed)
        assert_same_batches(batches, collect(photos))


def test_a_training_may_start_and_stop_at_any_step(photos):
    def make_batches(start, stop):
        return make_training_batches(photos, ROUTINE, 8, epochs=2, seed=5, start_step=start,
                                stop_step=stop, color_jitter=0.2)

    assert_resumable(make_batches, 2 * count_steps(photos, 8))


class Numbers:
    """Twenty examples that are nothing but their number, as `Photos` reads them."""

    def __init__(self, examples=20, num_bytes=0, part=1.0):
        split = collections.namedtuple('Split', 'num_examples num_bytes')(examples, num_bytes)
        info = collections.namedtuple('Info', 'splits')({'train': split})
        self.builder = collections.namedtuple('Builder', 'info')(info)
        self._count = int(examples * part)

    def count(self, purpose):
        return self._count

    def read(self, purpose):
        return tf.data.Dataset.range(self._count).map(lambda number: {
            'index': number, 'label': number})


def blank(example, seed):
    return tf.zeros([4, 4, 3])


# These numbers must never change: who resumes a run with a newer TensorFlow, or repeats one with
# the same seed, relies on them. They are integers, the same on every processor.
ORDERS = {
    (0, 0): [12, 11, 4, 7, 15, 9, 13, 0, 8, 5, 3, 16, 6, 19, 17, 2, 1, 10, 14, 18],
    (0, 1): [10, 0, 9, 13, 19, 17, 14, 2, 5, 6, 8, 16, 18, 15, 1, 12, 4, 7, 11, 3],
    (1, 0): [18, 6, 0, 5, 4, 17, 16, 13, 8, 3, 1, 12, 2, 9, 11, 10, 15, 14, 7, 19],
}
SEEDS = {  # by seed, epoch and example: seeds of the crop, the turn and the colours, four turns
    (0, 0, 0): [980649757699351484, -7454478291122869943, 2294244516948511926, 8055693547408901926,
                1220420540, 1, 3, 1, 3, 2],
    (0, 0, 1): [6702952462144874164, 979515137928208819, -8695920816702752445, -3186199822349709504,
                611952308, 1, 2, 0, 0, 0],
    (0, 1, 0): [347688477761158975, 3519122008780382154, 391081850396884070, 5742120427761206615,
                292765503, 1, 3, 3, 3, 2],
    (1, 0, 0): [6416234509319518759, 1182701516000176593, -3772593540086697973, 545449310357806283,
                -1550337497, 1, 0, 1, 1, 1],
    (123, 11, 4567): [-8114687994661909893, 9077754652015804839, -1165742881809903498,
                      3221724829604875613, 655149691, 1, 0, 3, 1, 2],
}


@pytest.mark.parametrize('seed, epoch', ORDERS)
def test_the_order_of_a_seed_and_epoch_never_changes(seed, epoch):
    batches = make_training_batches(Numbers(), blank, 5, epochs=2, seed=seed,
                               start_step=4 * epoch, stop_step=4 * epoch + 4)
    assert [int(label) for _, labels in batches for label in labels] == ORDERS[seed, epoch]


@pytest.mark.parametrize('seed, epoch, index', SEEDS)
def test_what_is_drawn_for_an_example_never_changes(seed, epoch, index):
    seeds = module._draw_seeds(seed, tf.constant(epoch, tf.int64), tf.constant(index, tf.int64))
    quarters = tf.random.stateless_uniform([4], seeds[1], 0, 4, tf.int32)
    assert [*np.concatenate(seeds).tolist(), *quarters.numpy().tolist()] == SEEDS[
        seed, epoch, index]


@pytest.mark.parametrize('photos, buffer', [
    (Numbers(1000, 2**20), 1000),  # all photographs fit into the memory
    (Numbers(1000, 2**20, part=0.9), 900),
    (Numbers(1000, 4 * 2**30), 250),  # a quarter of them fits
    (Numbers(1000, 4 * 2**30, part=0.1), 100),
    (Numbers(10, 2**45), 1),
])
def test_the_shuffle_buffer_is_sized_by_bytes(photos, buffer):
    assert module._shuffle_buffer(photos) == buffer


def test_nothing_is_made_twice_or_for_nothing():
    made = []

    def note(index):
        made.append(int(index))
        return np.float32(0)

    def noting(example, seed):
        tf.ensure_shape(tf.numpy_function(note, [example['index']], tf.float32), [])
        return tf.zeros([4, 4, 3])

    for start, stop in ((2, 4), (4, 12)):
        made.clear()
        labels = [label for _, labels in make_training_batches(
            Numbers(), noting, 5, epochs=3, seed=0, start_step=start, stop_step=stop)
            for label in labels.numpy()]
        assert sorted(made) == sorted(labels) and len(labels) == 5 * (stop - start)


def test_an_error_in_a_routine_is_shown_as_it_was_raised(photos):
    def wrong(example, seed):
        raise ValueError('what went wrong')

    for make in (
            lambda: make_training_batches(photos, wrong, 8, epochs=1, seed=0),
            lambda: make_training_sample(photos, wrong, 8, epoch=0, seed=0),
            lambda: make_evaluation_batches(photos, 'test', wrong, batch_size=8, seed=0)):
        with pytest.raises(ValueError, match='^what went wrong$'):
            make()


def test_epochs_differ_in_order_and_crops(photos):
    steps = count_steps(photos, 8)
    batches = collect(photos)
    assert len(batches) == 3 * steps
    assert not np.array_equal(batches[0][0], batches[steps][0])


def indices(batches):
    """Which examples the batches hold, read off an image that is nothing but the index."""
    return [int(tf.image.convert_image_dtype(image, tf.uint8)[0, 0, 0])
            for images, _ in batches for image in images]


def tells_index(example, seed):
    return tf.fill([4, 4, 3], tf.cast(example['index'], tf.float32) / 255)


def test_each_epoch_passes_every_example_at_most_once(photos):
    steps = count_steps(photos, 8)
    seen = indices(make_training_batches(photos, tells_index, 8, epochs=2, seed=0))
    for epoch in (seen[:8 * steps], seen[8 * steps:]):
        assert len(set(epoch)) == len(epoch) == 8 * steps
    assert set(seen) <= set(range(photos.count('train')))
    assert seen[:8 * steps] != sorted(seen[:8 * steps])


def test_evaluation_passes_every_example_once_in_order(photos):
    seen = indices(make_evaluation_batches(
        photos, 'test', tells_index, batch_size=7, seed=0))
    assert seen == list(range(photos.count('test')))
    assert photos.count('test') % 7, 'the last batch should be a smaller one'


def test_views_are_the_images_of_each_routine(photos):
    routines = Routine((32, 32)), Routine((32, 32), zoom=2.0), Routine((32, 32), 'none', 'none')
    made = [[images.numpy() for images, _ in make_evaluation_batches(
        photos, 'test', each, batch_size=4, seed=0)] for each in (Views(routines), *routines)]
    views, *alone = map(np.concatenate, made)
    assert views.shape == (photos.count('test'), 3, 32, 32, 3)
    np.testing.assert_array_equal(views, np.stack(alone, axis=1))


def test_jitter_comes_after_the_turns_and_anew_each_epoch(photos):
    steps = count_steps(photos, 8)

    def values(color, **changed):
        batches = make_training_batches(
            photos, lambda example, seed: tf.fill([4, 4, 3], 1.0) * color, 8, epochs=2, seed=0,
            color_jitter=0.2, **changed)
        return [images.numpy()[:, 0, 0] for images, _ in batches]

    whole = values([0.3, 0.5, 0.7])
    assert len(np.unique(np.concatenate(whole), axis=0)) > 0.9 * 8 * len(whole)
    np.testing.assert_array_equal(
        whole[steps + 1:], values([0.3, 0.5, 0.7], start_step=steps + 1))
    gray = np.concatenate(values([0.5, 0.5, 0.5]))
    assert 0.3 * 255 - 1 <= gray.min() < gray.max() <= 0.7 * 255 + 1


@pytest.mark.parametrize('routine, most', [
    (Routine((32, 32)), 0.01), (Routine((32, 32), 'none', 'none'), 0.501)],
    ids=['window', 'resized'])
def test_8_bits_lose_nothing_of_a_window_and_half_a_level_of_a_resized_frame(photos, routine, most):
    def sorted_pixels(batches, scale):  # a turn changes the order of an image's pixels alone
        images = [image for images, _ in batches for image in scale * images.numpy()]
        rows = [np.sort(image, axis=None) for image in images]
        return sorted(rows, key=lambda row: np.round(row).tolist())

    made = sorted_pixels(make_training_batches(photos, routine, 1, epochs=1, seed=0), 1.0)
    exact = sorted_pixels(
        make_evaluation_batches(photos, 'train', routine, batch_size=1, seed=0), 255)
    assert len(made) == photos.count('train')
    assert np.max(np.abs(np.subtract(made, exact))) <= most


def test_a_batch_larger_than_the_set_is_refused(photos):
    for batch_size in (0, photos.count('train') + 1):
        with pytest.raises(UserError, match='batch_size'):
            make_training_batches(photos, ROUTINE, batch_size, epochs=1, seed=0)


@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('quarters', range(4))
def test_a_turn_is_what_tf_image_makes_of_it(flip, quarters):
    image = tf.random.stateless_uniform([5, 5, 3], [0, 1])
    expected = tf.image.rot90(tf.image.flip_left_right(image) if flip else image, quarters)
    np.testing.assert_array_equal(
        turn(image, tf.constant(flip), tf.constant(quarters)), expected)


@pytest.mark.parametrize('shape, symmetries', [((2, 2, 3), 8), ((2, 4, 3), 4)])
def test_turns_and_flips_are_all_symmetries_alike(shape, symmetries):
    image = tf.reshape(tf.range(float(np.prod(shape))), shape)
    images = [turn_and_flip(image, tf.constant([seed, 0])).numpy() for seed in range(400)]
    kinds, counts = np.unique([each.ravel() for each in images], axis=0, return_counts=True)
    assert len(kinds) == symmetries
    assert all(sorted(kind) == sorted(image.numpy().ravel()) for kind in kinds)
    assert counts.min() > 400 / symmetries / 2

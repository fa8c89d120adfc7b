"""Targets: shares that sum to 1, images mixed as their targets are, and losses as well."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from dualstream.pipeline import Shard, weigh_targets
from dualstream.pipeline.targets import mixup

WEIGHTS = [0.5, 1.0, 2.0]


def batches(count=4, batch=8):
    rng = np.random.default_rng(0)
    images = rng.random((count, batch, 2, 3, 3), np.float32)
    labels = rng.integers(0, 3, (count, batch))
    return tf.data.Dataset.from_tensor_slices((images, labels))


def collect(**arguments):
    return list(weigh_targets(batches(), WEIGHTS, **arguments).as_numpy_iterator())


def test_without_mixup_a_target_is_its_class_and_weighs_as_it():
    for (images, labels), (same, targets, weights) in zip(batches(), collect(), strict=True):
        np.testing.assert_array_equal(same, images)
        np.testing.assert_array_equal(targets, np.eye(3, dtype=np.float32)[labels])
        np.testing.assert_array_equal(weights, np.float32(WEIGHTS)[labels])


def test_a_class_of_no_weight_is_left_out():
    (_, labels), = batches(1)
    (_, targets, weights), = weigh_targets(batches(1), [0.0, 1.0, 1.0])
    assert not np.isnan(targets).any()
    np.testing.assert_array_equal(weights, labels != 0)


@given(alpha=st.floats(0.001, 10), seed=st.integers(0, 1000))
def test_mixtures_are_convex_combinations_of_images_and_targets_alike(alpha, seed):
    (images, labels), = batches(1)
    targets = tf.one_hot(labels, 3)
    mixed, mixed_targets = mixup(images, targets, alpha, seed=tf.constant([seed, 0]))
    np.testing.assert_allclose(tf.reduce_sum(mixed_targets, axis=1), 1, atol=1e-6)
    # Of each image, the share is read off one pixel, and must hold for all and for the target.
    swapped = [1, 0, 3, 2, 5, 4, 7, 6]
    partners, partner_targets = images.numpy()[swapped], targets.numpy()[swapped]
    own, partner = images.numpy()[:, :1, :1, :1], partners[:, :1, :1, :1]
    share = (mixed.numpy()[:, :1, :1, :1] - partner) / (own - partner)
    assert (-1e-4 <= share).all() and (share <= 1 + 1e-4).all()
    np.testing.assert_allclose(mixed, share * images + (1 - share) * partners, atol=1e-4)
    share = share[:, 0, 0]
    np.testing.assert_allclose(
        mixed_targets, share * targets + (1 - share) * partner_targets, atol=1e-3)


def test_mixtures_of_8_bit_images_are_those_of_floats_rounded():
    (images, labels), = batches(1)
    pixels, targets = tf.cast(255 * images, tf.uint8), tf.one_hot(labels, 3)
    seed = tf.constant([1, 2])
    mixed, mixed_targets = mixup(pixels, targets, 1.0, seed=seed)
    exact, exact_targets = mixup(tf.cast(pixels, tf.float32), targets, 1.0, seed=seed)
    assert mixed.dtype == tf.uint8 and not np.array_equal(mixed, pixels)
    np.testing.assert_array_equal(mixed, np.round(exact))
    np.testing.assert_array_equal(mixed_targets, exact_targets)


def shares(alpha):
    images = tf.concat([tf.ones([1, 1, 1, 1]), tf.zeros([1, 1, 1, 1])], axis=0)
    images = tf.tile(images, [2000, 1, 1, 1])
    mixed, _ = mixup(images, tf.zeros([4000, 2]), alpha, seed=tf.constant([3, 4]))
    return np.where(images[:, 0, 0, 0] == 1, mixed[:, 0, 0, 0], 1 - mixed[:, 0, 0, 0])


@pytest.mark.parametrize('alpha', [0.2, 1.0, 4.0])
def test_shares_are_drawn_from_beta(alpha):
    drawn = shares(alpha)
    assert drawn.mean() == pytest.approx(0.5, abs=0.03)
    assert drawn.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_the_loss_of_a_mixture_is_the_mixture_of_the_weighted_losses():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(3), 8).astype(np.float32)
    loss = keras.losses.CategoricalCrossentropy(reduction=None)
    (images, labels), = batches(1)
    plain = np.float32(WEIGHTS)[labels][:, None] * np.eye(3)[labels]
    _, targets, weights = next(iter(weigh_targets(batches(1), WEIGHTS, mixup_alpha=1.0, seed=5)))
    # The same images, mixed alike: seed and step say how.
    key = tf.random.experimental.stateless_fold_in(
        tf.constant([5, -1], tf.int64), tf.constant(0, tf.int64))
    _, shares = mixup(images, tf.eye(8), 1.0, seed=key)  # of each image in each mixture
    alone = -np.log(probabilities) @ plain.T
    np.testing.assert_allclose(
        weights * loss(targets, probabilities), (shares * alone).numpy().sum(axis=1), rtol=1e-4)


def test_what_is_drawn_depends_on_seed_and_step_alone():
    whole = collect(mixup_alpha=0.4, seed=7)
    later = list(weigh_targets(
        batches().skip(2), WEIGHTS, mixup_alpha=0.4, seed=7, start_step=2).as_numpy_iterator())
    for batch, again in zip(whole[2:], later, strict=True):
        for array, same in zip(batch, again):
            np.testing.assert_array_equal(array, same)
    other = collect(mixup_alpha=0.4, seed=8)
    assert not np.array_equal(whole[0][0], other[0][0])


@pytest.mark.parametrize('count', [2, 4])
def test_shards_are_mixed_as_the_whole_batch_is(count):
    whole = collect(mixup_alpha=0.4, seed=7)
    parts = [weigh_targets(
        batches().map(lambda images, labels, index=index: tuple(
            tf.split(each, count)[index] for each in (images, labels))),
        WEIGHTS, mixup_alpha=0.4, seed=7, shard=Shard(index, count)) for index in range(count)]
    for batch, *some in zip(whole, *(part.as_numpy_iterator() for part in parts), strict=True):
        for array, pieces in zip(batch, zip(*some, strict=True), strict=True):
            np.testing.assert_array_equal(array, np.concatenate(pieces))


def test_the_last_of_an_odd_number_stays_as_it_is():
    (images, labels), = batches(1, batch=5)
    mixed, targets = mixup(images, tf.one_hot(labels, 3), 1.0, seed=tf.constant([0, 0]))
    np.testing.assert_allclose(mixed[-1], images[-1], atol=1e-6)
    np.testing.assert_allclose(targets[-1], tf.one_hot(labels, 3)[-1], atol=1e-6)
    assert not np.allclose(mixed[:-1], images[:-1], atol=0.01)

"""Augmentation: what light may do to colours, and what it may not."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from dualstream.pipeline.augment import jitter_color

LEAF = np.random.default_rng(0).random((12, 16, 3), np.float32)


def jittered(image, seed, strength=0.1):
    return jitter_color(tf.constant(image), tf.constant([seed, 0]), strength).numpy()


@given(seed=st.integers(0, 10_000), strength=st.floats(0.01, 1))
def test_jitter_keeps_the_range_and_gives_the_same_for_the_same_seed(seed, strength):
    image = jittered(LEAF, seed, strength)
    assert image.shape == LEAF.shape and image.dtype == np.float32
    assert 0 <= image.min() and image.max() <= 1
    np.testing.assert_array_equal(image, jittered(LEAF, seed, strength))
    assert not np.array_equal(image, jittered(LEAF, seed + 1, strength))


@given(seed=st.integers(0, 10_000))
def test_gray_stays_gray(seed):
    gray = np.repeat(LEAF[..., :1], 3, axis=-1)
    image = jittered(gray, seed, 0.5)
    np.testing.assert_allclose(image, image[..., :1].repeat(3, axis=-1), atol=1e-5)


@pytest.mark.parametrize('strength', [0.05, 0.2])
def test_a_leafs_hue_turns_at_most_a_tenth_of_the_strength(strength):
    leaf = np.full((4, 4, 3), [0.3, 0.5, 0.2], np.float32)
    hue = tf.image.rgb_to_hsv(leaf).numpy()[0, 0, 0]
    turns = [tf.image.rgb_to_hsv(jittered(leaf, seed, strength)).numpy()[0, 0, 0] - hue
             for seed in range(200)]
    assert max(np.abs(turns)) <= strength / 10 + 1e-3
    assert max(turns) > 0.8 * strength / 10 and min(turns) < -0.8 * strength / 10
    brightness = [jittered(leaf, seed, strength).mean() - leaf.mean() for seed in range(200)]
    assert 0.8 * strength < max(brightness) and min(brightness) < -0.8 * strength
    assert np.mean(brightness) == pytest.approx(0, abs=strength / 5)

"""Delta E 2000: the pairs that its authors published, and scikit-image."""

import numpy as np
import pytest
import skimage.color
import tensorflow as tf
from colors import dense_grid

from dualstream.color import delta_e_2000, rgb_to_lab

SHARMA = np.array([
    # L1, a1, b1, L2, a2, b2, Delta E: table 1 of Sharma, Wu and Dalal (2005)
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
])


@pytest.mark.parametrize('jit_compile', [False, True])
def test_the_published_pairs(jit_compile):
    assert len(SHARMA) == 34
    lab, other, expected = np.split(SHARMA.astype(np.float32), [3, 6], axis=1)
    compare = tf.function(delta_e_2000, jit_compile=jit_compile)
    for differences in (compare(lab, other), compare(other, lab)):
        np.testing.assert_array_equal(np.round(differences, 4), expected[:, 0].round(4))


@pytest.fixture(scope='module')
def pairs():
    """Colours far apart, and near each other."""
    rng = np.random.default_rng(0)
    lab = rgb_to_lab(rng.permutation(dense_grid().reshape(-1, 3))[:40_000]).numpy()
    near = lab + rng.normal(0, 1, lab.shape)
    return np.concatenate([lab, lab]), np.concatenate([lab[::-1], near]).astype(np.float32)


@pytest.mark.parametrize('weights', [(1.0, 1.0, 1.0), (2.0, 1.5, 1.25)])
def test_it_is_that_of_scikit_image(pairs, weights):
    kL, kC, kH = weights
    expected = skimage.color.deltaE_ciede2000(*pairs, kL=kL, kC=kC, kH=kH)
    np.testing.assert_allclose(delta_e_2000(*pairs, weights=weights), expected, rtol=0, atol=1e-4)


def test_it_is_symmetric_and_nothing_for_a_color_itself(pairs):
    lab, other = pairs
    np.testing.assert_allclose(delta_e_2000(lab, other), delta_e_2000(other, lab), atol=5e-5)
    assert not delta_e_2000(lab, lab).numpy().any()


def test_gradients_are_finite_for_equal_gray_and_opposite_colors():
    some = np.float32([
        (0, 0, 0), (100, 0, 0), (50, 0, 0), (50, 2.49, -0.001), (50, -2.49, 0.001), (53, 80, 67),
        (50, 1e-7, 0), (50, -1e-20, 1e-20)])
    lab, other = tf.constant(some[:, None]), tf.constant(some[None])
    with tf.GradientTape() as tape:
        tape.watch([lab, other])
        differences = delta_e_2000(lab, other)
    assert differences.shape == (8, 8)
    assert np.isfinite(differences).all()
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(differences, [lab, other]))


def test_half_precision_rounds_the_outcome_alone():
    lab, other = tf.constant(SHARMA[:, :3], tf.bfloat16), tf.constant(SHARMA[:, 3:6], tf.bfloat16)
    in_float32 = delta_e_2000(tf.cast(lab, tf.float32), tf.cast(other, tf.float32))
    assert delta_e_2000(lab, other).dtype == tf.bfloat16
    np.testing.assert_array_equal(delta_e_2000(lab, other), tf.cast(in_float32, tf.bfloat16))


@pytest.mark.parametrize('named', ['lab', 'other'])
def test_what_is_no_lab_is_refused(named):
    pixels = {'lab': np.zeros([4, 3], np.float32), 'other': np.zeros([4, 3], np.float32)}
    with pytest.raises(ValueError, match=f'^{named} must be floating, got uint8'):
        delta_e_2000(**pixels | {named: np.zeros([4, 3], np.uint8)})
    with pytest.raises(ValueError, match=f'^{named} must have 3 channels'):
        delta_e_2000(**pixels | {named: np.zeros([4, 1], np.float32)})

"""CIELAB and LCh: known answers, exact grays, and scikit-image."""

import numpy as np
import pytest
import skimage.color
import tensorflow as tf
from colors import dense_grid, every_color

from dualstream.color import lab_to_lch, lab_to_rgb, lch_to_lab, rgb_to_lab

_SHARES = np.array([
    [0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
_WHITE = np.array([0.95047, 1.0, 1.08883])


def skimage_lab_of_neutral_white(image):
    """CIELAB by scikit-image, from an XYZ in which white is exactly D65, in float64."""
    shares = _SHARES.copy()
    shares[0, 1] = _WHITE[0] - shares[0, 0] - shares[0, 2]  # green's in X
    shares[2, 2] = _WHITE[2] - shares[2, 0] - shares[2, 1]  # blue's in Z
    levels = np.arange(256) / 255
    light = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92)
    return skimage.color.xyz2lab(light[image] @ shares.T)


def test_it_is_that_of_scikit_image():
    image = dense_grid()
    lab = rgb_to_lab(image).numpy()
    np.testing.assert_allclose(lab, skimage_lab_of_neutral_white(image), rtol=0, atol=1e-4)
    # Its rounded white, which is not neutral, moves a* and b*, and lightness not at all.
    apart = np.abs(lab - skimage.color.rgb2lab(image)).max((0, 1))
    assert (apart <= [1e-4, 0.0048, 0.0052]).all(), apart


@pytest.mark.slow
def test_it_is_that_of_scikit_image_on_every_color():
    compiled = tf.function(rgb_to_lab, jit_compile=True)
    for image in every_color():
        apart = np.abs(compiled(image).numpy() - skimage_lab_of_neutral_white(image)).max()
        assert apart <= 1e-4, apart


@pytest.mark.parametrize('rgb, lab', [
    ((255, 0, 0), (53.2406, 80.0923, 67.2028)),
    ((0, 0, 0), (0, 0, 0)),
    ((255, 255, 255), (100, 0, 0)),
])
def test_known_answers(rgb, lab):
    np.testing.assert_allclose(rgb_to_lab(np.uint8(rgb)), lab, rtol=0, atol=6e-5)
    np.testing.assert_array_equal(lab_to_rgb(np.float32(lab), dtype='uint8'), rgb)


@pytest.mark.parametrize('jit_compile', [False, True])
def test_grays_are_exactly_neutral(jit_compile):
    grays = np.linspace(0, 1, 1001, dtype=np.float32).reshape(-1, 1).repeat(3, 1)
    lab = tf.function(rgb_to_lab, jit_compile=jit_compile)(grays).numpy()
    assert not lab[:, 1:].any()
    assert lab[0, 0] == 0 and lab[-1, 0] == 100
    assert (np.diff(lab[:, 0]) > 0).all()
    again = lab_to_rgb(lab).numpy()
    assert (again == again[:, :1]).all()
    assert not lab_to_lch(lab)[:, 1:].numpy().any()  # and so have hue 0


def test_lch_is_that_of_scikit_image():
    lab = skimage.color.rgb2lab(dense_grid()).astype(np.float32)
    lab = lab[np.hypot(lab[..., 1], lab[..., 2]) > 0.1]  # the hue of less says nothing
    expected = skimage.color.lab2lch(lab) * [1, 1, 180 / np.pi]
    np.testing.assert_allclose(lab_to_lch(lab), expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(lch_to_lab(expected), lab, rtol=0, atol=1e-4)


def test_gradients_of_lch_are_finite_where_hue_means_nothing():
    lab = tf.constant([(50, 0, 0), (50, 1e-30, 0), (50, 0, -1e-20), (50, 1e-7, 1e-7), (0, -1, 0)],
                      tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(lab)
        lch = lab_to_lch(lab)
    assert np.isfinite(lch).all() and np.isfinite(tape.gradient(lch, lab)).all()


def test_the_stated_bounds_hold_for_all_colors_of_srgb():
    faces = dense_grid().reshape(-1, 3)
    faces = faces[((faces == 0) | (faces == 255)).any(1)]  # the extremes lie on the cube's surface
    lab = rgb_to_lab(faces).numpy()
    assert lab[:, 1].min() >= -86.2 and lab[:, 1].max() <= 98.3
    assert lab[:, 2].min() >= -107.9 and lab[:, 2].max() <= 94.5
    assert 133.7 < lab_to_lch(lab)[:, 1].numpy().max() <= 133.9

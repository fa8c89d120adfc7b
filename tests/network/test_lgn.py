"""What each stream sees of a pixel."""

import colorsys

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.color import rgb2hsv, rgb2lab

from dualstream.network import HueSaturationValue, Lab, Luminance

# Black, grays, white, the corners of the cube, its edges' middles, and reds on both sides of zero.
EDGES = np.array([
    (0, 0, 0), (0.5, 0.5, 0.5), (1, 1, 1), (1e-6, 1e-6, 1e-6),
    (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1),
    (1, 0.5, 0), (0.5, 1, 0), (0, 1, 0.5), (0, 0.5, 1), (0.5, 0, 1), (1, 0, 0.5),
    (1, 0.001, 0), (1, 0, 0.001), (0.2, 0.2, 0.1),
], np.float32).reshape(1, 1, -1, 3)


def hsv(images, hue, **kwargs):
    return keras.ops.convert_to_numpy(HueSaturationValue(hue, **kwargs)(images))


def turns_apart(one, other):
    return np.abs((one - other + 0.5) % 1 - 0.5)


def test_raw_hsv_is_that_of_scikit_image(images):
    ours, theirs = hsv(images, 'raw'), rgb2hsv(images)
    assert turns_apart(ours[..., 0], theirs[..., 0]).max() < 1e-5
    np.testing.assert_allclose(ours[..., 1:], theirs[..., 1:], atol=1e-6)


def test_raw_hsv_of_edge_colours_is_that_of_the_standard_library():
    theirs = np.array([colorsys.rgb_to_hsv(*map(float, rgb)) for rgb in EDGES[0, 0]])
    np.testing.assert_allclose(hsv(EDGES, 'raw')[0, 0], theirs, atol=1e-6)


def test_circular_hue_is_raw_hue_on_a_circle_of_the_saturation(images):
    for pixels in (images, EDGES):
        hue, saturation, value = np.moveaxis(hsv(pixels, 'raw'), -1, 0)
        angle = 2 * np.pi * hue
        expected = [saturation * np.cos(angle), saturation * np.sin(angle), saturation, value]
        np.testing.assert_allclose(hsv(pixels, 'circular'), np.stack(expected, -1), atol=1e-5)


def test_raw_hue_has_a_seam_at_red_and_circular_hue_has_none():
    either_side = np.array([(1, 0.001, 0), (1, 0, 0.001)], np.float32).reshape(1, 1, 2, 3)
    raw, circular = hsv(either_side, 'raw')[0, 0], hsv(either_side, 'circular')[0, 0]
    assert np.abs(raw[0] - raw[1]).max() > 0.99
    assert np.abs(circular[0] - circular[1]).max() < 0.003


def test_a_gray_pixel_says_nothing_about_hue():
    grays = np.linspace(0, 1, 11, dtype=np.float32).reshape(1, 1, -1, 1).repeat(3, axis=-1)
    assert not hsv(grays, 'circular')[..., :3].any()


@pytest.mark.parametrize('hue', ['raw', 'circular'])
def test_gradients_are_finite_even_at_black_and_gray(hue):
    colours = tf.constant(EDGES)
    with tf.GradientTape() as tape:
        tape.watch(colours)
        seen = HueSaturationValue(hue)(colours)
    assert np.isfinite(tape.gradient(seen, colours)).all()


def test_luminance_is_the_weighted_sum_of_bt_601(images):
    ours = keras.ops.convert_to_numpy(Luminance()(images))
    assert ours.shape == (2, 64, 64, 1)
    np.testing.assert_allclose(ours[..., 0], images @ [0.299, 0.587, 0.114], atol=1e-6)


def test_lab_is_that_of_scikit_image(images):
    for pixels in (images, EDGES):
        lightness, a, b = np.moveaxis(rgb2lab(pixels), -1, 0)
        ours = keras.ops.convert_to_numpy(Lab('lightness')(pixels))
        np.testing.assert_allclose(100 * ours[..., 0], lightness, atol=0.02)
        ours = 110 * keras.ops.convert_to_numpy(Lab('ab')(pixels))
        np.testing.assert_allclose(ours, np.stack([a, b], -1), atol=0.05)


def test_ab_of_any_colour_is_within_one():
    steps = np.linspace(0, 1, 33, dtype=np.float32)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, 1, -1, 3)
    assert np.abs(Lab('ab')(cube)).max() <= 1


@pytest.mark.parametrize('part', ['lightness', 'ab'])
def test_gradients_of_lab_are_finite_even_at_black(part):
    colours = tf.constant(EDGES)
    with tf.GradientTape() as tape:
        tape.watch(colours)
        seen = Lab(part)(colours)
    assert np.isfinite(tape.gradient(seen, colours)).all()


@pytest.mark.parametrize('layer', [HueSaturationValue('raw'), HueSaturationValue('circular'),
                                   Luminance(), Lab('lightness'), Lab('ab')])
def test_half_precision_rounds_the_outcome_and_nothing_before(layer, images):
    half = type(layer).from_config({**layer.get_config(), 'dtype': 'mixed_bfloat16'})
    expected = keras.ops.cast(layer(images), 'bfloat16')
    seen = half(images)
    assert seen.dtype == 'bfloat16'
    assert keras.ops.all(seen == expected)


@pytest.mark.parametrize('layer', [
    HueSaturationValue('raw', name='parvo'), Luminance(), Lab('ab')])
def test_layers_come_back_from_their_config(layer):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    assert again.compute_output_shape((None, 8, 8, 3)) == layer.compute_output_shape(
        (None, 8, 8, 3))


def test_an_unknown_hue_is_refused():
    with pytest.raises(ValueError, match="hue must be one of .*, got 'cubic'"):
        HueSaturationValue('cubic')


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="part must be .*, got 'L'"):
        Lab('L')

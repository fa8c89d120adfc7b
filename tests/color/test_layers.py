"""The layers of the colour spaces: what the functions compute, inside a model that is saved."""

import dataclasses

import keras
import numpy as np
import pytest

from dualstream.color import QUPATH, TORCHSTAIN, FromColorSpace, ToColorSpace, rgb_to_hed
from dualstream.color.layers import SPACES

every_space = pytest.mark.parametrize('space', SPACES)


@pytest.fixture(scope='module')
def images():
    """Brighter than QuPath's floor of 1 of 255, from which there is no way back."""
    return np.random.default_rng(0).uniform(0.01, 1, (2, 6, 5, 3)).astype(np.float32)


@every_space
def test_a_layer_is_its_function_and_comes_back(space, images):
    pixels = ToColorSpace(space)(images)
    np.testing.assert_array_equal(pixels, SPACES[space][0](images))
    np.testing.assert_allclose(FromColorSpace(space)(pixels), images, atol=2e-5)


@every_space
def test_half_precision_rounds_the_outcome_and_nothing_before(space, images):
    expected = keras.ops.cast(ToColorSpace(space)(images), 'bfloat16')
    pixels = ToColorSpace(space, dtype='mixed_bfloat16')(images)
    assert pixels.dtype == 'bfloat16'
    assert keras.ops.all(pixels == expected)
    back = FromColorSpace(space)(keras.ops.cast(expected, 'float32'))
    half = FromColorSpace(space, dtype='mixed_bfloat16')(expected)
    assert keras.ops.all(half == keras.ops.cast(back, 'bfloat16'))


@every_space
def test_a_model_with_them_is_saved_and_loaded(space, images, tmp_path):
    inputs = keras.Input((6, 5, 3))
    model = keras.Sequential([inputs, ToColorSpace(space, name='to'), FromColorSpace(space)])
    model.save(tmp_path / 'model.keras')
    again = keras.saving.load_model(tmp_path / 'model.keras')
    np.testing.assert_array_equal(again(images), model(images))
    assert again.get_layer('to').compute_output_shape((None, 6, 5, 3)) == (None, 6, 5, 3)


@pytest.mark.parametrize('convention', [
    'torchstain', QUPATH, dataclasses.replace(TORCHSTAIN, white=(231, 221, 241))])
@pytest.mark.parametrize('vectors', [None, ((0.6, 0.7, 0.3), (0.2, 0.8, 0.5))])
def test_conventions_and_vectors_come_back_from_the_config(convention, vectors, images):
    layer = ToColorSpace('hed', convention=convention, vectors=vectors)
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config()
    expected = rgb_to_hed(images, convention=convention, vectors=vectors)
    np.testing.assert_array_equal(again(images), expected)


def test_eight_bits_are_taken_too():
    levels = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3), np.uint8)
    np.testing.assert_array_equal(
        ToColorSpace('lab')(levels), ToColorSpace('lab')(levels / np.float32(255)))


@pytest.mark.parametrize('arguments, message', [
    ({'space': 'cmyk'}, 'space must be one of'),
    ({'space': 'od', 'convention': 'imagej'}, 'convention must be one of'),
    ({'space': 'lab', 'convention': 'qupath'}, "convention must be None for 'lab'"),
    ({'space': 'od', 'vectors': ((1, 0, 0), (0, 1, 0))}, "vectors must be None for 'od'"),
    ({'space': 'hed', 'vectors': ((1, 0, 0), (2, 0, 0))}, 'vectors must be of stains that differ'),
])
def test_arguments_that_mean_nothing_are_refused(arguments, message):
    for layer in (ToColorSpace, FromColorSpace):
        with pytest.raises(ValueError, match=message):
            layer(**arguments)

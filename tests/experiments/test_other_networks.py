"""Networks that one would use instead: they take the same images and the same training as ours."""

import keras
import numpy as np
import pytest

from dualstream.evaluation.calibration import set_temperature
from experiments.other_networks import OTHERS, build_other


@pytest.fixture(params=[
    pytest.param(name, marks=pytest.mark.slow) if name == 'EfficientNetB0' else name
    for name in OTHERS], scope='module')
def network(request):
    return build_other(request.param, image_size=(64, 64), classes=5, seed=0)


def some_images():
    return np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def test_bytes_are_seen_as_the_numbers_that_they_stand_for(network):
    # Trainings show uint8, and scores are of float.
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    seen = type(network)(network.input, first.output)
    images = some_images()
    of_bytes, of_numbers, of_others = (
        keras.ops.convert_to_numpy(seen(shown))
        for shown in (images, np.float32(images / 255), 255 - images))
    assert np.allclose(of_bytes, of_numbers, rtol=1e-4, atol=1e-5)
    assert not np.allclose(of_bytes, of_others, rtol=1e-4, atol=1e-5)


def test_a_training_can_calibrate_it_and_its_statistics_keep_up(network):
    images = np.float32(some_images() / 255)
    before = np.log(network.predict(images, verbose=0))
    set_temperature(network, 2)
    after = np.log(network.predict(images, verbose=0))
    set_temperature(network, 0.5)
    assert np.allclose(before[:, 1:] - before[:, :1], 2 * (after[:, 1:] - after[:, :1]), atol=1e-4)
    assert {layer.momentum for layer in network.layers if hasattr(layer, 'momentum')} == {0.9}


def test_the_same_seed_gives_the_same_weights(network):
    again, other = (
        build_other(network.name, image_size=(64, 64), classes=5, seed=seed) for seed in (0, 1))
    kernels = [each.get_layer('logits').kernel for each in (network, again, other)]
    assert np.array_equal(kernels[0], kernels[1]) and not np.array_equal(kernels[0], kernels[2])


@pytest.mark.parametrize('name', [
    'MobileNetV3Small', pytest.param('EfficientNetB0', marks=pytest.mark.slow)])
def test_the_networks_of_keras_are_whole(name):
    whole = OTHERS[name](weights=None, classes=5, input_shape=(64, 64, 3))
    ours = build_other(name, image_size=(64, 64), classes=5, seed=0)
    assert ours.count_params() == whole.count_params()
    assert ({type(layer) for layer in whole.layers}
            <= {type(layer) for layer in ours.layers} | {keras.layers.Activation})

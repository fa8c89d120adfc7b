"""Changes of light: what changes, and that predictions are those of the changed images."""

import keras
import numpy as np
import pytest
import skimage.filters
import tensorflow as tf

from dualstream.evaluation.lights import changed_light, predict_in_changed_light

IMAGES = np.random.default_rng(0).random((6, 20, 24, 3), np.float32)


def test_changed_light_changes_the_light_alone():
    changed = changed_light(IMAGES)
    assert len(changed) == 9
    for name, pixels in changed.items():
        assert pixels.shape == IMAGES.shape and pixels.dtype == np.float32, name
        assert 0 <= pixels.min() and pixels.max() <= 1
        assert 0.01 < np.abs(pixels - IMAGES).mean() < 0.4
    assert changed['darker'].mean() < IMAGES.mean() < changed['brighter'].mean()
    assert changed['warmer'][..., 0].mean() > changed['cooler'][..., 0].mean()
    np.testing.assert_allclose(
        changed['blur'], skimage.filters.gaussian(IMAGES, (0, 1.5, 1.5, 0)), atol=1e-6)
    for name, other in changed_light(IMAGES, seed=1).items():
        assert (name == 'noise') != np.array_equal(changed[name], other)


@pytest.mark.parametrize('windows', [None, 3])
def test_predictions_are_those_of_the_changed_images(windows):
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input([20, 24, 3]), keras.layers.GlobalAveragePooling2D(),
                                keras.layers.Dense(4, 'softmax', kernel_initializer='normal')])
    labels = np.arange(6) % 4
    images = IMAGES if windows is None else np.stack([IMAGES[::step] for step in (1, -1, 1)], 1)
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)
    predicted = predict_in_changed_light(network, batches, list('abcd'))
    assert list(predicted) == list(changed_light(IMAGES))
    for name in ('darker', 'warmer', 'blur', 'JPEG, quality 20'):  # those without noise
        each = network.predict(changed_light(IMAGES)[name], verbose=0)
        expected = each if windows is None else (2 * each + each[::-1]) / 3
        np.testing.assert_allclose(predicted[name].probabilities, expected, atol=1e-5)
        np.testing.assert_array_equal(predicted[name].labels, labels)

"""Folding: the same numbers without batch normalisation."""

import keras
import numpy as np
from keras import layers

from dualstream.export.folding import fold_batch_normalization, in_float32
from dualstream.network import DualStreamConfig, dual_stream


def shaken(network):
    """The network with random weights and moving statistics, as no training starts with."""
    draw = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([draw.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return network


def norms_of(network):
    return [layer.name for layer in network.layers
            if isinstance(layer, layers.BatchNormalization)]


def test_a_network_is_the_same_without_batch_normalisation():
    network = shaken(dual_stream(DualStreamConfig(
        image_size=(64, 64), merge='gate', lateral='both', hsv_areas=4)))
    folded = fold_batch_normalization(network)
    assert norms_of(network) and not norms_of(folded)
    assert type(folded) is type(network)
    images = np.random.default_rng(1).integers(0, 256, (3, 64, 64, 3), np.uint8)
    for each in (images, np.float32(images / 255)):
        np.testing.assert_allclose(folded(each), network(each), atol=1e-5, rtol=0)
    assert np.ptp(network(images), axis=0).max() > 1e-3  # else equality would say nothing


def test_what_no_convolution_can_hold_stays():
    """Behind an activation; behind a convolution that is used elsewhere, too; with own bias."""
    image = layers.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation='relu', name='bent')(image)
    x = layers.BatchNormalization(name='behind_relu')(x)
    shared = layers.Conv2D(4, 1, name='shared')(x)
    x = layers.BatchNormalization(name='of_two')(shared)
    x = layers.Add()([x, shared])
    x = layers.Conv2D(4, 1, name='biased')(x)
    x = layers.BatchNormalization(name='plain', scale=False, center=False)(x)
    network = shaken(keras.Model(image, x))
    network.get_layer('biased').bias.assign([1.0, -2.0, 3.0, 0.5])
    folded = fold_batch_normalization(network)
    assert norms_of(folded) == ['behind_relu', 'of_two']
    images = np.random.default_rng(1).random((2, 8, 8, 3), np.float32)
    np.testing.assert_allclose(folded(images), network(images), atol=1e-5, rtol=0)


def test_a_network_trained_in_bfloat16_computes_in_float32():
    keras.config.set_dtype_policy('mixed_bfloat16')
    try:
        image = layers.Input((8, 8, 3))
        x = layers.BatchNormalization()(layers.Conv2D(4, 3)(image))
        network = shaken(keras.Model(image, x))
    finally:
        keras.config.set_dtype_policy('float32')
    full, folded = in_float32(network), fold_batch_normalization(network)
    assert {layer.compute_dtype for layer in (*full.layers, *folded.layers)} == {'float32'}
    images = np.random.default_rng(1).random((2, 8, 8, 3), np.float32)
    np.testing.assert_allclose(folded(images), full(images), atol=1e-5, rtol=0)

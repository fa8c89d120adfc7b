"""The presets' sizes and costs."""

import functools

import keras
import pytest

from dualstream.network import build, multiply_adds


@functools.cache
def preset(name):
    return build(name)


@pytest.mark.parametrize('name, least, most', [
    ('nano', 0.08e6, 0.15e6), ('tiny', 0.5e6, 1e6), ('small', 4e6, 6e6), ('base', 22e6, 28e6)])
def test_parameters(name, least, most):
    assert least <= preset(name).count_params() <= most


def test_nano_costs_about_as_much_as_a_demo_can_pay():
    assert 25e6 <= multiply_adds(preset('nano')) <= 40e6


def test_small_costs_no_more_than_efficientnet_b0():
    theirs = keras.applications.EfficientNetB0(weights=None, input_shape=(224, 224, 3))
    assert 0.38e9 < multiply_adds(theirs) < 0.40e9
    assert multiply_adds(preset('small')) <= multiply_adds(theirs)


def test_multiply_adds_by_hand():
    layers = keras.layers
    model = keras.Sequential([
        layers.Input((8, 6, 3)),
        layers.Conv2D(5, 3, strides=2, padding='same'),
        layers.DepthwiseConv2D(3, padding='same'),
        layers.GlobalAveragePooling2D(),
        layers.Dense(7),
    ])
    assert multiply_adds(model) == 4 * 3 * 9 * 3 * 5 + 4 * 3 * 9 * 5 + 5 * 7

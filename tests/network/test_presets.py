"""The presets' sizes and costs."""

import functools

import keras
import pytest

from dualstream.network import build, multiply_adds


@functools.cache
def preset(name):
    return build(name)


@pytest.mark.parametrize('name, parameters, cost', [
    ('nano', 76_517, 23_231_728), ('tiny', 437_749, 67_888_768),
    ('small', 3_050_565, 249_176_256),
    pytest.param('base', 18_571_829, 1_750_957_680, marks=pytest.mark.slow)])
def test_parameters_and_multiply_adds_are_those_of_readme(name, parameters, cost):
    assert preset(name).count_params() == parameters
    assert multiply_adds(preset(name)) == cost


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

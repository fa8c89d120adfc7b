"""Networks of the tests: small ones on small images, each built once."""

import functools
from collections.abc import Callable

import keras
import numpy as np
import pytest

from dualstream import network


@pytest.fixture(scope='session')
def nano() -> Callable[..., keras.Model]:
    """Gives the smallest preset with some fields changed; for 64x64 images unless they say.

    Statistics that no training has set would hide what a test looks for: they are drawn.
    """
    @functools.cache
    def built(**fields) -> keras.Model:
        model = network.build('nano', **{'image_size': (64, 64), **fields})
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                draw = np.random.default_rng(len(layer.name))
                layer.moving_mean.assign(draw.normal(0, 0.1, layer.moving_mean.shape))
                layer.moving_variance.assign(draw.uniform(0.5, 2, layer.moving_variance.shape))
        return model

    return built


@pytest.fixture(scope='session')
def images() -> np.ndarray:
    """Two images of noise, float32 (2, 64, 64, 3)."""
    return np.random.default_rng(0).random((2, 64, 64, 3), dtype=np.float32)

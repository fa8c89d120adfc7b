"""Changes of a network that its configuration does not know: what a stream sees, and when."""

import keras
import numpy as np
from keras import ops

from dualstream.network import Chroma, Luminance

DROPPED = 0.2
"""The share of examples that are trained on without colour."""

_CELL = 8
"""Pixels along the side of the cells whose means the surround is made of: 3 x 3 of them."""

_LEAST_SPREAD = 0.05


class LocalContrast(keras.layers.Layer):
    """Subtracts from each pixel the mean around it, and divides by the spread around it.

    Light that changes slowly over a photograph goes, as in the retina and the LGN: divisive
    normalisation saturates where contrast is high, in the form of Naka and Rushton (1966). Compare
    Jarrett et al. (2009), What is the best multi-stage architecture for object recognition?, and
    Piper et al. (2024), EVNets, arXiv 2409.16838. Takes and gives (batch, H, W, channels).
    """

    def call(self, images):
        centred = images - _around(images)
        return centred / (ops.sqrt(_around(ops.square(centred))) + _LEAST_SPREAD)


def adapt_locally(network: keras.Model) -> keras.Model:
    """Lets the leading stream adapt to what is around each pixel, instead of to the image."""
    return _with(network, 'lgn_magno', lambda layer: LocalContrast(name=layer.name))


class Opponents(keras.layers.Layer):
    """Computes luminance and chroma of each pixel: (batch, H, W, 3) to (batch, H, W, 3).

    Both are sums of red, green and blue, and so is this, in one product of matrices.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        unit = np.eye(3, dtype=np.float32)
        self._sums = np.concatenate([Luminance()(unit), Chroma()(unit)], axis=-1)

    def call(self, images):
        return ops.matmul(images, self._sums)


def see_opponents(network: keras.Model) -> keras.Model:
    """Lets one stream see what the two see: luminance and chroma, adapted."""
    return _with(network, 'lgn_magno_feed', lambda layer: Opponents(name=layer.name))


def drop_color(network: keras.Model) -> keras.Model:
    """Trains on a share of the examples without colour, so that grays must do for them."""
    return _with(network, 'v1_parvo_stem', lambda layer: keras.Sequential(
        [layer, keras.layers.Dropout(DROPPED, noise_shape=(None, 1, 1, 1), seed=0)],
        name=layer.name))


def _around(images):
    """The mean around each pixel, computed coarsely: in full it takes as long as a network."""
    def pool(x, size, strides):
        return ops.average_pool(x, size, strides, 'same', 'channels_last')

    means = pool(pool(images, _CELL, _CELL), 3, 1)
    height, width = images.shape[1:3]
    return ops.repeat(ops.repeat(means, _CELL, axis=1), _CELL, axis=2)[:, :height, :width]


def _with(network: keras.Model, name: str, changed) -> keras.Model:
    """Copies a network with one layer changed; the initial weights are the same."""
    def copy(layer):
        copied = type(layer).from_config(layer.get_config())
        return changed(copied) if layer.name == name else copied

    return keras.models.clone_model(network, clone_function=copy)

"""Changes of a network that its configuration does not know: what a stream sees, and when."""

import keras
from keras import ops

DROPPED = 0.2
"""The share of examples that are trained on without colour."""

_NEIGHBOURHOOD = 9
_SEMI_SATURATION = 0.05


class LocalContrast(keras.layers.Layer):
    """Subtracts from each pixel the mean around it, and divides by the spread around it.

    Light that changes slowly over a photograph goes, as in the retina and the LGN: divisive
    normalisation saturates where contrast is high, in the form of Naka and Rushton (1966). Compare
    Jarrett et al. (2009), What is the best multi-stage architecture for object recognition?, and
    Piper et al. (2024), EVNets, arXiv 2409.16838. Takes and gives (batch, H, W, channels).
    """

    def call(self, images):
        centred = images - _around(images)
        return centred / (ops.sqrt(_around(ops.square(centred))) + _SEMI_SATURATION)


def normalize_contrast(network: keras.Model) -> keras.Model:
    """Lets the leading stream see local contrast instead of what it saw."""
    return _with(network, 'lgn_magno', lambda layer: keras.Sequential(
        [layer, LocalContrast()], name=layer.name))


def drop_color(network: keras.Model) -> keras.Model:
    """Trains on a share of the examples without colour, so that grays must do for them."""
    return _with(network, 'v1_parvo_stem', lambda layer: keras.Sequential(
        [layer, keras.layers.Dropout(DROPPED, noise_shape=(None, 1, 1, 1), seed=0)],
        name=layer.name))


def _around(images):
    return ops.average_pool(
        images, _NEIGHBOURHOOD, strides=1, padding='same', data_format='channels_last')


def _with(network: keras.Model, name: str, changed) -> keras.Model:
    """Copies a network with one layer changed; the initial weights are the same."""
    def copy(layer):
        copied = type(layer).from_config(layer.get_config())
        return changed(copied) if layer.name == name else copied

    return keras.models.clone_model(network, clone_function=copy)

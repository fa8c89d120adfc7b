"""Batch normalisation folded into the convolutions before it.

When a network is used, batch normalisation is a factor and a summand for each channel, the same for
every image. A convolution is linear, so it can hold both: its kernel times the factor, and a bias.
The network then has fewer steps that read and write whole maps, and gives the same numbers.
(Jacob et al. 2018, Quantization and training of neural networks, section 3.2.)
"""

import keras
import numpy as np
from keras import layers


def fold_batch_normalization(network: keras.Model) -> keras.Model:
    """Makes an equal network in float32, without the batch normalisation behind convolutions.

    Use it on networks that are trained no further. A batch normalisation stays where it does not
    follow a Conv2D without activation whose result goes nowhere else.

    Args:
      network: a functional model; it is left as it is.

    Returns:
      A model of the same class, with the same names of layers; convolutions have a bias.

    Example:

    >>> from dualstream import build
    >>> folded = fold_batch_normalization(build('nano', (64, 64)))
    >>> any(isinstance(layer, layers.BatchNormalization) for layer in folded.layers)
    False
    """
    norm_of = {}
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            convolution = layer.input._keras_history.operation
            if _is_foldable(convolution, layer):
                norm_of[convolution.name] = layer
    folded = {norm.name for norm in norm_of.values()}

    def clone(layer):
        if layer.name in folded:
            return layers.Identity(name=layer.name)
        config = layer.get_config() | {'dtype': 'float32'}
        if layer.name in norm_of:
            config['use_bias'] = True
        return type(layer).from_config(config)

    def call(layer, *arguments, **options):
        return arguments[0] if layer.name in folded else layer(*arguments, **options)

    equal = _clone(network, clone, call)
    for layer in equal.layers:
        if not layer.weights:
            continue
        weights = network.get_layer(layer.name).get_weights()
        if layer.name in norm_of:
            weights = _folded_weights(weights, norm_of[layer.name])
        layer.set_weights(weights)
    return equal


def in_float32(network: keras.Model) -> keras.Model:
    """Makes an equal network that computes in float32, as exported ones do.

    A network that was trained in bfloat16 keeps its float32 weights and is rounded less afterwards.

    Args:
      network: a functional model; it is left as it is.
    """
    equal = _clone(network, lambda layer: type(layer).from_config(
        layer.get_config() | {'dtype': 'float32'}))
    equal.set_weights(network.get_weights())
    return equal


def _clone(network: keras.Model, clone, call=None) -> keras.Model:
    made = keras.models.clone_model(network, clone_function=clone, call_function=call)
    # Keras makes a plain functional model of it, which scales no 8-bit images.
    return type(network)(made.input, made.output, name=network.name)


def _is_foldable(convolution, norm: layers.BatchNormalization) -> bool:
    return (isinstance(convolution, layers.Conv2D)
            and convolution.activation is keras.activations.linear
            and convolution.data_format == 'channels_last'
            and norm.axis in (-1, 3)
            and len(convolution._inbound_nodes) == 1
            and len(convolution._outbound_nodes) == 1)


def _folded_weights(weights: list[np.ndarray], norm: layers.BatchNormalization) -> list:
    """Kernel and bias of a convolution that does the normalisation, too; computed in float64."""
    def of_norm(weight, default: float) -> np.ndarray:
        channels = norm.moving_mean.shape
        return np.full(channels, default) if weight is None else np.float64(weight)

    kernel, *bias = (np.float64(weight) for weight in weights)
    factor = of_norm(norm.gamma, 1) / np.sqrt(np.float64(norm.moving_variance) + norm.epsilon)
    shift = (bias[0] if bias else 0) - np.float64(norm.moving_mean)
    return [kernel * factor, of_norm(norm.beta, 0) + shift * factor]

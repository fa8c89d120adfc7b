"""The cost of a network in multiply-adds."""

import math

import keras

_WITH_KERNEL = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def multiply_adds(model: keras.Model) -> int:
    """Counts the multiply-adds of the convolutions and dense layers of a model, for one image.

    Each weight of a kernel is used once at every position of the output, whether the convolution is
    dense or depthwise. Layers without a kernel (normalisation, activations, pooling) do not count,
    as is usual.

    Args:
      model: functional, of a fixed image size, each of its layers called once.

    Example:
      >>> from dualstream.network import build, multiply_adds
      >>> f'{multiply_adds(build("tiny")):,}'
      '67,888,768'
    """
    return sum(
        math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        for layer in model.layers if isinstance(layer, _WITH_KERNEL))

"""What a network costs: its multiply-adds."""

import math

import keras


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of the convolutions and dense layers of a model, for one image.

    Each weight of a kernel is used once at every position of the output, whether the convolution is
    dense or depthwise. What has no kernel (normalisation, activations, pooling) is not counted, as
    is usual.

    Args:
      model: functional, of a fixed image size, each of its layers called once.
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            total += math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
    return total

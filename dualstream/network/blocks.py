"""What both streams are made of: dense convolutions, in blocks, in stages; and how streams merge.

Dense 3x3 and 1x1 convolutions only. A depthwise one saves multiply-adds and not time: a CPU spends
it waiting for memory.

Each function takes feature maps (batch, H, W, channels) and the name of what it builds. Its last
layer bears that name, so `model.get_layer(name).output` is what it gives. A seed is drawn for each
layer from the network's seed and the layer's name: taking a part of the network away leaves every
other weight as it was.
"""

import zlib

import keras
from keras import layers

MERGES = ('concat', 'add', 'gate')

_MOMENTUM = 0.9
"""Of the batch statistics' moving average. It forgets within some 20 steps, not Keras's 200: a
short training, of a few hundred steps, would be judged by statistics of its first ones."""


def convolve(x, width: int, kernel: int, stride: int, name: str, seed: int, activation='relu'):
    """Convolution, batch normalisation and, if given, an activation: `width` channels."""
    final = f'{name}_norm' if activation else name
    x = layers.Conv2D(
        width, kernel, strides=stride, padding='same', use_bias=False,
        kernel_initializer=keras.initializers.HeNormal(layer_seed(seed, name)),
        name=f'{name}_conv')(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM, name=final)(x)
    return layers.Activation(activation, name=name)(x) if activation else x


def block(x, width: int, kernels: tuple[int, ...], stride: int, name: str, seed: int):
    """One convolution for each of `kernels`; the first takes the stride.

    What came in is added to what goes out where the two have the same shape (He et al., 2016).
    Where they have not there is no shortcut: it would need a convolution of its own.
    """
    came_in = x
    for step, kernel in enumerate(kernels[:-1], start=1):
        x = convolve(x, width, kernel, stride if step == 1 else 1, f'{name}_step{step}', seed)
    if came_in.shape != (*x.shape[:-1], width):
        return convolve(x, width, kernels[-1], 1, name, seed)
    x = convolve(x, width, kernels[-1], 1, f'{name}_step{len(kernels)}', seed, activation=None)
    x = layers.Add(name=f'{name}_add')([came_in, x])
    return layers.Activation('relu', name=name)(x)


def stage(
    x, width: int, blocks: int, kernels: tuple[int, ...], stride: int, name: str, seed: int
):
    """A cortical area: `blocks` blocks, of which the first takes the stride."""
    for number in range(1, blocks):
        x = block(x, width, kernels, stride, f'{name}_block{number}', seed)
        stride = 1
    return block(x, width, kernels, stride, name, seed)


def merge(stream, arrivals: list, kind: str, name: str, seed: int):
    """The stream, told by what arrives from elsewhere at the same place and size.

    Args:
      stream: goes on, with as many channels as it had.
      arrivals: feature maps of the same height and width, of any number of channels.
      kind: `'concat'` mixes all channels by a 1x1 convolution, the freest; `'add'` adds what
        arrives, projected by a 1x1 convolution, so the stream's own message stays whole; `'gate'`
        lets what arrives, so projected, turn each of the stream's channels up or down in [0, 1].
      name: of the outcome.
      seed: the network's.
    """
    width = stream.shape[-1]
    if kind == 'concat':
        everything = layers.Concatenate(name=f'{name}_meet')([stream, *arrivals])
        return convolve(everything, width, 1, 1, name, seed)
    arrived = (layers.Concatenate(name=f'{name}_meet')(arrivals) if len(arrivals) > 1
               else arrivals[0])
    if kind == 'gate':
        gate = convolve(arrived, width, 1, 1, f'{name}_gate', seed, activation='sigmoid')
        return layers.Multiply(name=name)([stream, gate])
    projected = convolve(arrived, width, 1, 1, f'{name}_arrival', seed, activation=None)
    total = layers.Add(name=f'{name}_add')([stream, projected])
    return layers.Activation('relu', name=name)(total)


def layer_seed(seed: int, name: str) -> int:
    """A seed for one layer, the same in every process."""
    return zlib.crc32(f'{seed}/{name}'.encode())

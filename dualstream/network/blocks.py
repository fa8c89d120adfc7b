"""Convolutions, blocks and stages of both streams, and the merges between the streams.

Only dense 3x3 and 1x1 convolutions. Depthwise convolutions save multiply-adds but not time: a CPU
spends that time waiting for memory.

Each function takes feature maps (batch, H, W, channels) and the name of what it builds. Its last
layer has that name, so `model.get_layer(name).output` is the function's result. Each layer draws
its initial weights with a seed of its own, made from the network's seed and the layer's name: a
network without some of the layers starts with the same weights in all the others.
"""

import zlib

import keras
from keras import layers

MERGES = ('concat', 'add', 'gate')

SHORTCUTS = ('identity', 'projection')

# Named in every layer that has the argument: keras.json may say channels_first.
CHANNELS_LAST = 'channels_last'

_MOMENTUM = 0.9
"""Of the moving averages of batch statistics. They follow the last 20 steps or so, where Keras's
0.99 follows the last 200: too many for a training that is only a few hundred steps long."""


def convolve(
    x, width: int, kernel: int, *, name: str, seed: int, stride: int = 1, activation='relu'
):
    """Adds a convolution, batch normalisation and, unless it is None, an activation.

    Args:
      x: the input, (batch, H, W, channels).
      width: channels of the result.
      kernel: pixels along the kernel's side.
      name: of the last layer added.
      seed: the network's.
      stride: pixels between neighbouring positions of the kernel.
      activation: a name that Keras knows, or None.

    Returns:
      The result, (batch, ceil(H / stride), ceil(W / stride), width).
    """
    final = f'{name}_norm' if activation else name
    x = layers.Conv2D(
        width, kernel, strides=stride, padding='same', data_format=CHANNELS_LAST, use_bias=False,
        kernel_initializer=keras.initializers.HeNormal(layer_seed(seed, name)),
        name=f'{name}_conv')(x)
    x = layers.BatchNormalization(momentum=_MOMENTUM, name=final)(x)
    return layers.Activation(activation, name=name)(x) if activation else x


def block(
    x, width: int, kernels: tuple[int, ...], *, stride: int, shortcut: str, name: str, seed: int
):
    """Adds one convolution for each of `kernels`; the first one takes the stride.

    Where input and output have the same shape, the input is added to the output (He et al., 2016).
    Where they differ, nothing is added with an `'identity'` shortcut; with a `'projection'` the
    input is averaged down by the stride, brought to the width by a 1x1 convolution, and added (He
    et al., 2019, Bag of tricks for image classification).
    """
    same = x.shape[-1] == width and stride == 1
    added = x if same else None
    if not same and shortcut == 'projection':
        added = _projected(x, width, stride, name=f'{name}_projected', seed=seed)
    for step, kernel in enumerate(kernels[:-1], start=1):
        x = convolve(x, width, kernel, stride=stride, name=f'{name}_step{step}', seed=seed)
        stride = 1
    if added is None:
        return convolve(x, width, kernels[-1], stride=stride, name=name, seed=seed)
    x = convolve(x, width, kernels[-1], stride=stride, name=f'{name}_step{len(kernels)}', seed=seed,
                 activation=None)
    x = layers.Add(name=f'{name}_add')([added, x])
    return layers.Activation('relu', name=name)(x)


def _projected(x, width: int, stride: int, *, name: str, seed: int):
    if stride > 1:
        x = layers.AveragePooling2D(
            stride, padding='same', data_format=CHANNELS_LAST, name=f'{name}_pool')(x)
    return convolve(x, width, 1, name=name, seed=seed, activation=None)


def stage(
    x, width: int, kernels: tuple[int, ...], *, blocks: int, stride: int, shortcut: str, name: str,
    seed: int,
):
    """Adds a cortical area: `blocks` blocks, of which the first one takes the stride."""
    for number in range(1, blocks):
        x = block(x, width, kernels, stride=stride, shortcut=shortcut,
                  name=f'{name}_block{number}', seed=seed)
        stride = 1
    return block(x, width, kernels, stride=stride, shortcut=shortcut, name=name, seed=seed)


def merge(stream, inputs: list, *, kind: str, name: str, seed: int):
    """Merges feature maps of another stream into a stream.

    Args:
      stream: the map that goes on, (batch, H, W, channels).
      inputs: maps of the same height and width, of any number of channels, from the other stream.
      kind: `'concat'` mixes all channels by a 1x1 convolution; `'add'` projects the inputs by a 1x1
        convolution and adds them, so the stream's own map stays as it is; `'gate'` projects the
        inputs to a factor in [0, 1] for each channel and place of the stream.
      name: of the result's layer.
      seed: the network's.

    Returns:
      The merged map, as many channels as the stream had.
    """
    width = stream.shape[-1]
    if kind == 'concat':
        everything = layers.Concatenate(name=f'{name}_concat')([stream, *inputs])
        return convolve(everything, width, 1, name=name, seed=seed)
    x = layers.Concatenate(name=f'{name}_concat')(inputs) if len(inputs) > 1 else inputs[0]
    if kind == 'gate':
        gate = convolve(x, width, 1, name=f'{name}_gate', seed=seed, activation='sigmoid')
        return layers.Multiply(name=name)([stream, gate])
    projected = convolve(x, width, 1, name=f'{name}_projected', seed=seed, activation=None)
    total = layers.Add(name=f'{name}_add')([stream, projected])
    return layers.Activation('relu', name=name)(total)


def layer_seed(seed: int, name: str) -> int:
    """Makes a seed for one layer, the same in every process."""
    return zlib.crc32(f'{seed}/{name}'.encode())

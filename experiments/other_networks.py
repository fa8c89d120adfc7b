"""Networks that one would use instead of ours, of their own size and with random weights."""

import keras

from dualstream.network import DualStreamConfig, dual_stream
from dualstream.network.model import DualStream

_RESNET = {'slow': 'none', 'fast': 'rgb', 'shortcut': 'projection', 'depth': 2,
           'widths': (64, 128, 256, 512)}

OTHERS = {
    'ResNet-18-like': _RESNET,
    'MobileNetV3Small': keras.applications.MobileNetV3Small,
    'EfficientNetB0': keras.applications.EfficientNetB0,
}
"""The first has ResNet-18's areas, blocks and projections (He et al. 2016) behind a first
convolution that steps four pixels at once, and adapts to each image as ours do."""

_MOMENTUM = 0.9
"""Of the moving averages of batch statistics, as in our networks. Keras's 0.99 needs more steps
than a short training has, and a network is then scored with statistics of its first steps."""


def build_other(
    name: str, *, image_size: tuple[int, int], classes: int, seed: int
) -> keras.Model:
    """Builds a network of OTHERS, which takes the same images as ours, uint8 or float.

    Args:
      name: a key of it.
      image_size: (height, width) in pixels.
      classes: of the network.
      seed: of the initial weights.
    """
    keras.utils.set_random_seed(seed)
    other = OTHERS[name]
    if isinstance(other, dict):
        return dual_stream(DualStreamConfig(
            image_size=image_size, classes=classes, seed=seed, **other), name=name)
    images = keras.Input((*image_size, 3))
    # Both of Keras's take pixels in [0, 255] and scale them themselves.
    whole = other(
        weights=None, classes=classes, input_tensor=keras.layers.Rescaling(255.0)(images))
    for layer in whole.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = _MOMENTUM
    last = next(layer for layer in reversed(whole.layers) if hasattr(layer, 'kernel'))
    # The last layer again, as in our networks: its name, and its precision.
    probabilities = keras.layers.Dense(classes, 'softmax', name='logits', dtype='float32')(
        keras.layers.Flatten()(last.input))
    return DualStream(images, probabilities, name=name)

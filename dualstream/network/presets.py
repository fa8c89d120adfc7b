"""Sizes of the network, from one that trains over lunch to one of ResNet50's parameters."""

import dataclasses

import keras

from dualstream.network.config import DualStreamConfig
from dualstream.network.dual_stream import dual_stream

PRESETS = {
    'nano': DualStreamConfig(widths=(16, 32, 32, 48)),
    'tiny': DualStreamConfig(widths=(16, 48, 96, 128)),
    'small': DualStreamConfig(widths=(32, 64, 160, 448)),
    'base': DualStreamConfig(widths=(64, 128, 304, 688), depth=2),
}
"""Parameters, for five classes, and multiply-adds for a 224x224 image:

    nano    0.12 M    29 M   for a demonstration on two cores
    tiny    0.63 M    85 M
    small   4.4  M   326 M   EfficientNetB0's parameters, at no more multiply-adds
    base   25.4  M   2.1 G   ResNet50's parameters, at half its multiply-adds
"""


def build(
    preset: str = 'tiny',
    image_size: tuple[int, int] = (224, 224),
    classes: int = 5,
    **overrides,
) -> keras.Model:
    """A network of a preset's size.

    Args:
      preset: a name in PRESETS.
      image_size: (height, width) in pixels, each at least 64.
      classes: at least 1.
      **overrides: any other fields of `DualStreamConfig`, in place of the preset's.

    Returns:
      The model that `dual_stream` describes.

    Raises:
      ValueError: there is no such preset, or a field is out of its range.
    """
    if preset not in PRESETS:
        raise ValueError(f'preset must be one of {tuple(PRESETS)}, got {preset!r}')
    config = dataclasses.replace(
        PRESETS[preset], image_size=image_size, classes=classes, **overrides)
    return dual_stream(config, name=f'dual_stream_{preset}')

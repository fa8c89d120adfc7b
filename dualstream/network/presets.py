"""Sizes of the network, from one for a demonstration to one as large as ResNet50."""

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
"""Parameters, for five classes, and multiply-adds, for an image of 224x224 pixels:

    nano       76,517      23,231,728   for some hundred photographs, on two cores
    tiny      437,749      67,888,768
    small   3,050,565     249,176,256   at two thirds of EfficientNetB0's multiply-adds
    base   18,571,829   1,750,957,680   at less than half of ResNet50's multiply-adds
"""


def build(
    preset: str = 'nano',
    image_size: tuple[int, int] = (224, 224),
    classes: int = 5,
    **overrides,
) -> keras.Model:
    """Builds a network of a preset's size; `nano` to try things, `tiny` to train on a CPU.

    Args:
      preset: a name in PRESETS.
      image_size: (height, width) in pixels, each at least 64.
      classes: at least 1.
      **overrides: any other fields of `DualStreamConfig`, in place of the preset's.

    Returns:
      The model that `dual_stream` describes, not compiled.

    Raises:
      ValueError: there is no such preset, or a field is out of its range.
      TypeError: there is no such field.

    Example:
      >>> import numpy as np
      >>> from dualstream import build
      >>> model = build('nano', (64, 64), classes=3, delay=0)
      >>> images = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
      >>> model.predict(images, verbose=0).shape
      (2, 3)
    """
    if preset not in PRESETS:
        raise ValueError(f'preset must be one of {tuple(PRESETS)}, got {preset!r}')
    config = dataclasses.replace(
        PRESETS[preset], image_size=image_size, classes=classes, **overrides)
    return dual_stream(config, name=f'dual_stream_{preset}')

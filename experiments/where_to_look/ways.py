"""Ways to look at a photograph: what is shown, and at which zoom."""

import dataclasses
import math
from collections.abc import Callable

import tensorflow as tf

from dualstream.crop import center_window
from dualstream.pipeline.decode import decode_window, frame_size
from dualstream.runtime.choices import FRAME, WHOLE
from dualstream.training.config import TrainConfig

ZOOMS = (1.0, 2.0, 3.0, FRAME)

VIEWS = (WHOLE, *ZOOMS)
"""What is averaged over where a network is scored with several views."""


@dataclasses.dataclass(frozen=True)
class MiddleWindow:
    """Makes the image of the window in the frame's middle; in the place of a routine.

    Attributes:
      target_size: (height, width) of the image.
      zoom: of the window; infinity for the largest.
    """

    target_size: tuple[int, int]
    zoom: float

    def __call__(self, example: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
        del seed
        contents = example['image']
        window = center_window(frame_size(contents), self.target_size, self.zoom)
        return decode_window(
            contents, window, self.target_size, restarts=example.get('restarts'))


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to look.

    Attributes:
      shown: what is shown, in words.
      zoom: of its windows, as TrainConfig takes it; None where the whole frame is shown.
      crop: TrainConfig's; 'middle' for the window in the middle.
    """

    shown: str
    zoom: float | str | tuple | None
    crop: str

    @property
    def name(self) -> str:
        """Shown and zoom, such as 'leafiest window, zoom 2'."""
        return self.shown if self.zoom is None else f'{self.shown}, zoom {zoom_in_words(self.zoom)}'

    def config(self, base: TrainConfig) -> TrainConfig:
        """Changes a training to look in this way; networks with windows get several views, too."""
        if self.crop == 'none':
            return dataclasses.replace(base, mask='none', crop='none')
        if self.crop == 'middle':
            return base
        return dataclasses.replace(base, crop=self.crop, zoom=self.zoom, recipe=dataclasses.replace(
            base.recipe, views=VIEWS))

    def routine(self, base: TrainConfig) -> Callable | None:
        """What makes the images, where no routine of the configuration does."""
        if self.crop != 'middle':
            return None
        return MiddleWindow(base.image_size, math.inf if self.zoom == FRAME else self.zoom)


def zoom_in_words(zoom: float | str | tuple) -> str:
    """Writes a zoom: 2, frame, or 1 to frame."""
    if isinstance(zoom, (tuple, list)):
        return ' to '.join(map(zoom_in_words, zoom))
    return zoom if zoom == FRAME else f'{zoom:g}'


WAYS = (
    Way('whole frame', None, 'none'),
    *(Way('window in the middle', zoom, 'middle') for zoom in ZOOMS),
    *(Way('leafiest window', zoom, 'array') for zoom in ZOOMS),
    *(Way('leafy random window', zoom, 'random') for zoom in (*ZOOMS, (1.0, 3.0), (1.0, FRAME))),
)

BASE = 'leafiest window, zoom 1'
"""What the others are compared with, if the command names no ways."""

QUICK = tuple(way for way in WAYS if way.name in (
    'whole frame', 'leafiest window, zoom 1', 'leafy random window, zoom 1 to frame'))

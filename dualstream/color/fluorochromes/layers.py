"""Merge and unmix as layers of Keras, to be saved with a model."""

import keras

from dualstream.color.fluorochromes.least_squares import unmix
from dualstream.color.fluorochromes.merging import MODES, merge
from dualstream.color.fluorochromes.palettes import lookup_colors


@keras.saving.register_keras_serializable(package='dualstream')
class MergeChannels(keras.layers.Layer):
    """Merges channels into a picture: (..., H, W, channels) to (..., H, W, 3).

    It has no weights and computes in float32 under any precision; the dtype of its input is that of
    its output. `merge` describes what goes in and comes out.

    Args:
      colors: one per channel, as `lookup_colors` takes them.
      mode: one of `MODES`.

    Raises:
      ValueError: a colour or the mode is unknown.

    Example:
      >>> import numpy as np
      >>> from dualstream import MergeChannels
      >>> layer = MergeChannels(['magenta', 'green'])
      >>> np.asarray(layer(np.float32([[[1, 0], [0, 1]]]))).tolist()
      [[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]
    """

    def __init__(self, colors='rgb', mode: str = 'additive', **kwargs):
        if mode not in MODES:
            raise ValueError(f'mode must be one of {", ".join(MODES)}; got {mode!r}')
        super().__init__(autocast=False, **kwargs)
        self.colors, self.mode = lookup_colors(colors), mode

    def call(self, channels):
        return merge(channels, self.colors, mode=self.mode)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3)

    def compute_output_spec(self, channels):
        return keras.KerasTensor(self.compute_output_shape(channels.shape), channels.dtype)

    def get_config(self):
        return {**super().get_config(), 'colors': self.colors.tolist(), 'mode': self.mode}


@keras.saving.register_keras_serializable(package='dualstream')
class UnmixChannels(keras.layers.Layer):
    """Recreates the channels of a merge: (..., H, W, 3) to (..., H, W, channels).

    It has no weights and computes in float32 under any precision; the dtype of its input is that of
    its output. `unmix` describes what goes in and comes out, and gives the mask of clipped pixels
    and the error as well.

    Args:
      colors: one to three, as `lookup_colors` takes them.

    Raises:
      ValueError: a colour is unknown.

    Example:
      >>> import numpy as np
      >>> from dualstream import UnmixChannels
      >>> np.asarray(UnmixChannels(['magenta', 'green'])(np.float32([[[1, 0.5, 1]]]))).tolist()
      [[[1.0, 0.5]]]
    """

    def __init__(self, colors='rgb', **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.colors = lookup_colors(colors)

    def call(self, picture):
        return unmix(picture, self.colors).channels

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], len(self.colors))

    def compute_output_spec(self, picture):
        return keras.KerasTensor(self.compute_output_shape(picture.shape), picture.dtype)

    def get_config(self):
        return {**super().get_config(), 'colors': self.colors.tolist()}

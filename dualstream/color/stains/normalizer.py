"""Stain normalisation as a layer of Keras: slides in the stains of a reference."""

import dataclasses

import keras
import numpy as np

from dualstream.color.conventions import (
    CONVENTIONS,
    TORCHSTAIN,
    StainConvention,
    find_convention,
)
from dualstream.color.stains.estimate import Validity, stains_of, validity_of
from dualstream.color.stains.pixels import Pixels
from dualstream.color.stains.reinhard import match_colors, measure_colors
from dualstream.color.stains.restain import concentrations_of, measure_strengths, restain

METHODS = ('macenko', 'reinhard', 'vahadane')


@keras.saving.register_keras_serializable(package='dualstream')
class StainNormalizer(keras.layers.Layer):
    """Gives slides the stains of a reference: (..., H, W, 3) to the same shape and dtype.

    It never fails: a picture without tissue, with one stain or of one colour comes back as it was;
    `normalize` says which did. It computes in float32 under any precision, and compiles with XLA,
    which is much faster than op by op: `tf.function(layer, jit_compile=True)`. A gradient passes to
    the pixels as if the stains and strengths of the picture were constants.

    Normalisation can hurt as well as help: docs/microscopy.md says what was measured.

    Args:
      method: 'macenko' and 'vahadane' separate two stains and exchange them; their residual is
        lost, and a third stain with it. 'reinhard' matches means and deviations in CIELAB, in
        tissue alone, and asks for no two stains; where the convention takes pixels for tissue
        that are dense in all channels, it takes those that are in any, so that pink is tissue.
      convention: how densities are computed and which pixels are tissue: a StainConvention, a
        preset's name, or the fields of one as a dict.
      max_gain: by how much a stain, or a deviation in CIELAB, may be strengthened at most, which
        keeps pale slides from being stretched into noise; None: by any.
      target: what `adapt` learnt, as numbers; None before.

    Raises:
      ValueError: an argument is none of these.

    Example:
      >>> import numpy as np
      >>> from dualstream import StainNormalizer
      >>> draw = np.random.default_rng(0)
      >>> def slide(haematoxylin, eosin):  # of random concentrations
      ...     amounts = draw.uniform(0, 1, [64, 64, 2]) ** 2
      ...     return np.exp(-amounts @ [haematoxylin, eosin]).astype(np.float32)
      >>> reference, other = slide((1, 1, .4), (.2, 1, .6)), slide((.8, .7, .3), (.1, .7, .3))
      >>> normalizer = StainNormalizer('macenko')
      >>> normalizer.adapt(reference)
      >>> normalizer(other).shape
      TensorShape([64, 64, 3])
    """

    def __init__(self, method: str = 'macenko', *,
                 convention: StainConvention | str | dict = TORCHSTAIN,
                 max_gain: float | None = 2.0, target=None, **kwargs):
        if method not in METHODS:
            raise ValueError(f'method must be one of {", ".join(METHODS)}, got {method!r}')
        if max_gain is not None and not max_gain > 0:
            raise ValueError(f'max_gain must be above 0, or None, got {max_gain}')
        super().__init__(autocast=False, **kwargs)
        if isinstance(convention, dict):
            convention = StainConvention(**convention)
        self.method, self.max_gain = method, max_gain
        self.convention = find_convention(convention)
        self._seen_by = self.convention
        if method == 'reinhard' and self.convention.tissue == 'all':
            self._seen_by = dataclasses.replace(self.convention, tissue='any')
        self.target = None if target is None else tuple(
            np.asarray(each, np.float32) for each in target)

    def adapt(self, references) -> None:
        """Learns the stains to give, from one reference or several.

        Call it before the layer is compiled or saved: what it learns becomes part of the
        configuration. Of several references the means are learnt.

        Args:
          references: a picture, a batch, or a list of pictures of any sizes, as the layer takes
            them.

        Raises:
          ValueError: a reference has no two stains to learn; the message says why.
        """
        learnt, count = [], 0
        for each in references if isinstance(references, (list, tuple)) else [references]:
            batch = np.reshape(each, (-1, *np.shape(each)[-3:]))
            *numbers, validity = map(keras.ops.convert_to_numpy, self.measure(batch))
            for number, code in enumerate(validity, count + 1):
                if code != Validity.OK:
                    raise ValueError(
                        f'reference {number} cannot be learnt from: {Validity(int(code)).words}')
            learnt.append(numbers)
            count += len(batch)
        if not count:
            raise ValueError('references must hold a picture at least')
        colors, strengths = (np.concatenate(each).mean(axis=0) for each in zip(*learnt))
        if self.method != 'reinhard':
            colors /= np.linalg.norm(colors, axis=-1, keepdims=True)
        self.target = colors, strengths

    def measure(self, images):
        """Measures what the layer would exchange, for `source`.

        Use it on an overview of a slide whose tiles are then normalised alike.

        Args:
          images: as the layer takes them.

        Returns:
          (colours, strengths, validity): the stains, float32 (..., 2, 3), and the 99th percentiles
          of their concentrations, (..., 2); for 'reinhard' means and standard deviations of L*, a*
          and b*, (..., 3) each; and int32 (...), a `Validity`.
        """
        return self._measure(Pixels.of(images, self._seen_by))[:3]

    def call(self, images, source=None):
        return self.normalize(images, source)[0]

    def normalize(self, images, source=None):
        """Normalises pictures, and says which it could not.

        Args:
          images: uint8 (..., H, W, 3), or floating in [0, 1]; sRGB. Floats outside are clipped; a
            pixel that is not a number stays as it is and counts for nothing.
          source: what `measure` gave for a picture that stands for these; None measures each.

        Returns:
          (images, validity): of the shape and dtype given, and int32 (...), a `Validity`; where it
          is not ok, the picture is the one given.

        Raises:
          ValueError: the layer has not been adapted, or the images have not three channels or are
            of another dtype.
        """
        if self.target is None:
            raise ValueError('the normalizer has no stains to give: adapt it to a reference first')
        pixels = Pixels.of(images, self._seen_by)
        ops = pixels.ops
        target = [ops.convert_to_tensor(each) for each in self.target]
        concentrations = None
        if source is None:
            *source, validity, concentrations = self._measure(pixels)
        else:
            *source, validity = (ops.convert_to_tensor(each) for each in source)
        valid = (validity == Validity.OK)[..., None, None]
        if self.method == 'reinhard':
            made = match_colors(pixels, source, target, self.max_gain)
            return pixels.joined(made, ops.logical_and(valid, pixels.tissue)), validity
        if concentrations is None:
            concentrations = concentrations_of(pixels, source[0], self.method)
        made = restain(pixels, concentrations, source[1], target,
                       max_gain=self.max_gain, convention=self.convention)
        return pixels.joined(made, valid), validity

    def _measure(self, pixels: Pixels):
        """Colours, strengths, validity, and concentrations, which 'reinhard' has not."""
        if self.method == 'reinhard':
            return *measure_colors(pixels), validity_of(pixels, self.convention), None
        stains, validity = stains_of(pixels, self.method, self.convention)
        concentrations = concentrations_of(pixels, stains, self.method)
        return stains, measure_strengths(pixels, concentrations), validity, concentrations

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def compute_output_spec(self, images, source=None):
        return keras.KerasTensor(images.shape, images.dtype)

    def get_config(self):
        named = [name for name, preset in CONVENTIONS.items() if preset == self.convention]
        return {**super().get_config(), 'method': self.method, 'max_gain': self.max_gain,
                'convention': named[0] if named else dataclasses.asdict(self.convention),
                'target': self.target and [each.tolist() for each in self.target]}

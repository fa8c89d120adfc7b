"""The stains that a training gives its slides, learnt from its reference."""

import dataclasses

import numpy as np
import tensorflow as tf

from dualstream.color import StainNormalizer
from dualstream.pipeline import decode_frame
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig

_DIGITS = 4  # a hundredth of a degree, and the same on every processor


def with_stains(config: TrainConfig) -> TrainConfig:
    """Learns the stains of a configuration's reference, if it has one and they are not known.

    What is learnt becomes part of the configuration, and so of config.json: whoever uses the
    network later needs the numbers, and no longer the picture.

    Raises:
      UserError: the reference cannot be read, or has no stains to learn.
    """
    if config.normalize == 'none' or config.stains is not None:
        return config
    normalizer = StainNormalizer(config.normalize)
    try:
        normalizer.adapt(decode_frame(tf.io.read_file(config.reference)).numpy())
    except (ValueError, tf.errors.OpError) as error:
        said = getattr(error, 'message', None) or str(error)
        raise UserError(f'--reference={config.reference} cannot be used: {said}') from error
    return dataclasses.replace(
        config, stains=tuple(np.round(each.astype(float), _DIGITS).tolist()
                             for each in normalizer.target))


def normalizer_of(config: TrainConfig) -> StainNormalizer | None:
    """Makes the normaliser that a configuration describes; None where it has none."""
    if config.normalize == 'none':
        return None
    return StainNormalizer(config.normalize, target=with_stains(config).stains)

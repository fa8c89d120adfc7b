"""The network of two streams, after the fast gray and the slow colour pathway of primates.

It imports Keras and never TensorFlow: the same model runs on every backend of Keras.
"""

from dualstream.network.config import DualStreamConfig
from dualstream.network.dual_stream import dual_stream, features
from dualstream.network.lgn import FEEDS, Chroma, HueSaturationValue, Lab, Luminance
from dualstream.network.multiply_adds import multiply_adds
from dualstream.network.presets import PRESETS, build

__all__ = [
    'FEEDS', 'PRESETS', 'Chroma', 'DualStreamConfig', 'HueSaturationValue', 'Lab', 'Luminance',
    'build', 'dual_stream', 'features', 'multiply_adds',
]

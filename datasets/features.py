"""The features of an example, and the crop that is made from them when it is read."""

from collections.abc import Sequence

import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.crop import BLOCK, array_crop
from dualstream.pipeline.decode import decode_jpeg, decode_window

CROP_SIZE = (224, 224)
"""Height and width of the crop, in pixels."""


class _AlsoFeaturesDict(type(tfds.features.FeaturesDict)):
    """Makes its classes equal to FeaturesDict.

    `tfds.decode.PartialDecoding` takes features apart only if `type(features) == FeaturesDict`.
    """

    def __eq__(cls, other):
        return cls is other or other is tfds.features.FeaturesDict

    __hash__ = type.__hash__


class Photograph(tfds.features.Image):
    """A frame that is stored as a JPEG, decoded to the pixels that the routines and Pillow see."""

    def decode_example(self, example):
        return tf.ensure_shape(decode_jpeg(example), self.shape)


class PhotoFeatures(tfds.features.FeaturesDict, metaclass=_AlsoFeaturesDict):
    """Features of a photograph, with a 'crop' that is not stored but made on reading.

    The crop, uint8 (224, 224, 3), is the leafiest window of the frame: `array_crop` chooses it by
    the stored leaf grid, and then only that window of the JPEG is decoded, by the stored restarts.
    Leave it out with `decoders={'crop': tfds.decode.SkipDecoding()}`. `tfds.decode.PartialDecoding`
    gives stored features only, so never the crop.

    The data set's features.json names this class, so TFDS finds it, and makes the crop, wherever
    dualstream is installed.
    """

    def __getitem__(self, key):
        if key == 'crop':  # for `tfds.as_dataframe`, which looks up every key of an example
            return tfds.features.Image(shape=(*CROP_SIZE, 3))
        return super().__getitem__(key)

    def get_tensor_info(self):
        info = super().get_tensor_info()
        return {**info, 'crop': tfds.features.TensorInfo(shape=(*CROP_SIZE, 3), dtype=tf.uint8)}

    def decode_example(self, serialized_example, *, decoders=None):
        decoders = dict(decoders or {})
        skip_crop = decoders.pop('crop', None) is not None
        example = super().decode_example(serialized_example, decoders=decoders)
        if not skip_crop:
            example['crop'] = self._crop(serialized_example)
        return example

    def decode_example_np(self, serialized_example, *, decoders=None):
        """As `decode_example`, in NumPy, for `as_data_source`."""
        decoders = dict(decoders or {})
        skip_crop = decoders.pop('crop', None) is not None
        example = super().decode_example_np(serialized_example, decoders=decoders)
        if not skip_crop:
            example['crop'] = self._crop(serialized_example).numpy()
        return example

    def _crop(self, serialized):
        grid = self['leaf_grid'].decode_example(serialized['leaf_grid'])
        frame_size = tf.cast(tf.stack([serialized['height'], serialized['width']]), tf.int32)
        window = array_crop(grid, CROP_SIZE, frame_size, block=BLOCK)
        restarts = self['restarts'].decode_example(serialized['restarts'])
        image = decode_window(serialized['image'], window, CROP_SIZE, restarts=restarts)
        return tf.cast(tf.round(255 * image), tf.uint8)


def photo_features(labels: Sequence[str]) -> PhotoFeatures:
    """Gives the features of a data set of photographs with these names of classes."""
    return PhotoFeatures({
        'image': Photograph(
            shape=(None, None, 3), encoding_format='jpeg',
            doc='The full frame; with SkipDecoding, the bytes of the JPEG file.'),
        'label': tfds.features.ClassLabel(names=list(labels)),
        'filename': tfds.features.Text(),
        'height': tfds.features.Scalar(tf.int32, doc='Of the full frame, in pixels.'),
        'width': tfds.features.Scalar(tf.int32, doc='Of the full frame, in pixels.'),
        'leaf_grid': tfds.features.Tensor(
            shape=(None, None), dtype=tf.uint8, encoding='zlib',
            doc='Coverage of each block of 8 x 8 pixels by the leaf mask, 0 to 255.'),
        'restarts': tfds.features.Tensor(
            shape=(2, None), dtype=tf.int32, encoding='zlib',
            doc='Where the JPEG can be entered to decode a window alone, as find_restarts of '
                'dualstream.pipeline.restarts gives it; (2, 0) where it cannot.'),
    })

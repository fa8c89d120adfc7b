"""What an example holds, and the crop that is made from it when it is read."""

import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.crop import BLOCK, array_crop
from dualstream.pipeline.decode import decode_window

LABELS = ('cbb', 'cbsd', 'cgm', 'cmd', 'healthy')
"""Bacterial blight, brown streak disease, cgm, mosaic disease, and healthy.

cgm is green *mite* damage in `demo` and `icassava2019`, and green *mottle* in `kaggle2020`.
"""

CROP_SIZE = (224, 224)
"""Height and width of the 'crop' of an example."""


class PhotoFeatures(tfds.features.FeaturesDict):
    """Features of a photograph, with a 'crop' that is not stored but made on reading.

    The crop, uint8 (224, 224, 3), is the leafiest window of the frame: `array_crop` of the stored
    leaf grid, after which only that window of the JPEG is decoded. Leave it out with
    `decoders={'crop': tfds.decode.SkipDecoding()}`.

    This class is named in the data set's own features.json, so TFDS finds it, and makes the crop,
    wherever dualstream is installed.
    """

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

    def _crop(self, serialized):
        grid = self['leaf_grid'].decode_example(serialized['leaf_grid'])
        frame_size = tf.cast(tf.stack([serialized['height'], serialized['width']]), tf.int32)
        window = array_crop(grid, CROP_SIZE, frame_size, block=BLOCK)
        image = decode_window(serialized['image'], window, CROP_SIZE)
        return tf.cast(tf.round(255 * image), tf.uint8)


def photo_features() -> PhotoFeatures:
    """The features of every config."""
    return PhotoFeatures({
        'image': tfds.features.Image(
            shape=(None, None, 3), encoding_format='jpeg',
            doc='The full frame; with SkipDecoding, the JPEG bytes as they came.'),
        'label': tfds.features.ClassLabel(names=LABELS),
        'filename': tfds.features.Text(),
        'height': tfds.features.Scalar(tf.int32, doc='Of the full frame, in pixels.'),
        'width': tfds.features.Scalar(tf.int32, doc='Of the full frame, in pixels.'),
        'leaf_grid': tfds.features.Tensor(
            shape=(None, None), dtype=tf.uint8, encoding='zlib',
            doc='Coverage of each block of 8 x 8 pixels by the leaf mask, 0 to 255.'),
    })

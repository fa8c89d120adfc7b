"""The model class of the network: a functional Keras model that scales 8-bit images itself."""

import keras


@keras.saving.register_keras_serializable(package='dualstream')
class DualStream(keras.Model):
    """A functional model of images: uint8 in [0, 255], or floating-point numbers in [0, 1].

    A plain functional model casts every image to float32, so 8-bit images would go in as numbers up
    to 255 and come out as confident nonsense. This one divides them by 255, on the device that it
    runs on: feed it uint8 where the way to the device is narrow, since float32 takes four times the
    bytes. Other integers are refused, because their range is not known; nothing else differs.
    """

    def call(self, inputs, training=None, mask=None, **kwargs):
        inputs = keras.tree.map_structure(_scale, inputs)
        return super().call(inputs, training=training, mask=mask, **kwargs)


def _scale(images):
    dtype = keras.backend.standardize_dtype(images.dtype)
    if dtype == 'uint8':
        return keras.ops.cast(images, 'float32') / 255
    if not keras.backend.is_float_dtype(dtype):
        raise ValueError('images must be 8-bit (uint8) or floating-point numbers in [0, 1], got '
                         f'{dtype}')
    return images

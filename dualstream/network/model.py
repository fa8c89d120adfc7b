"""The model class of the network: a functional Keras model that refuses unscaled images."""

import keras


@keras.saving.register_keras_serializable(package='dualstream')
class DualStream(keras.Model):
    """A functional model of images in [0, 1].

    A plain functional model casts every image to float32, so 8-bit images would go in as numbers up
    to 255 and come out as confident nonsense. This one refuses them; nothing else differs.
    """

    def call(self, inputs, training=None, mask=None, **kwargs):
        for images in keras.tree.flatten(inputs):
            dtype = keras.backend.standardize_dtype(images.dtype)
            if not keras.backend.is_float_dtype(dtype):
                raise ValueError('images must be floating-point numbers in [0, 1], got '
                                 f'{dtype}; divide 8-bit images by 255')
        return super().call(inputs, training=training, mask=mask, **kwargs)

"""Augmentation after the crop: a leaf has no upper side, so any turn of it is the same leaf."""

import tensorflow as tf


def turn_and_flip(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One of the symmetries of the image's shape, uniformly: 8 of a square, 4 of a rectangle.

    Args:
      image: float32 (H, W, 3), static shape.
      seed: int (2,), of a stateless generator.

    Returns:
      float32 (H, W, 3).
    """
    flip_seed, turn_seed = tf.unstack(tf.random.split(seed))
    image = tf.image.stateless_random_flip_left_right(image, flip_seed)
    square = image.shape[0] == image.shape[1]
    quarters = tf.random.stateless_uniform([], turn_seed, 0, 4 if square else 2, tf.int32)
    turned = tf.image.rot90(image, quarters if square else 2 * quarters)
    return tf.ensure_shape(turned, image.shape)

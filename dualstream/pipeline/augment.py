"""Augmentation after the crop: a leaf has no upper side, and the light of the day is chance.

Any turn of a leaf is the same leaf. Its colours are what tells diseases apart, so they are moved
only as far as another hour or camera would move them.
"""

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


def jitter_color(image: tf.Tensor, seed: tf.Tensor, strength: float) -> tf.Tensor:
    """The image in somewhat other light: brightness, contrast, saturation and hue, in this order.

    Args:
      image: float32 (H, W, 3), sRGB in [0, 1].
      seed: int (2,), of a stateless generator.
      strength: in (0, 1]. Brightness moves by up to so much, contrast and saturation are multiplied
        by up to 1 - strength to 1 + strength, and hue turns by up to a tenth of it, in circles.

    Returns:
      float32 (H, W, 3), in [0, 1].
    """
    seeds = tf.unstack(tf.random.split(seed, 4))
    image = tf.image.stateless_random_brightness(image, strength, seeds[0])
    image = tf.image.stateless_random_contrast(image, 1 - strength, 1 + strength, seeds[1])
    image = tf.clip_by_value(image, 0, 1)  # outside it, saturation and hue have no meaning
    image = tf.image.stateless_random_saturation(image, 1 - strength, 1 + strength, seeds[2])
    image = tf.image.stateless_random_hue(image, strength / 10, seeds[3])
    return tf.clip_by_value(image, 0, 1)  # of what rounding left

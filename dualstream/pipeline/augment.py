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
    flip = tf.random.stateless_uniform([], flip_seed) < 0.5
    square = image.shape[0] == image.shape[1]
    quarters = tf.random.stateless_uniform([], turn_seed, 0, 4 if square else 2, tf.int32)
    return turned(image, flip, quarters if square else 2 * quarters)


def turned(image: tf.Tensor, flip: tf.Tensor, quarters: tf.Tensor) -> tf.Tensor:
    """The image flipped left to right, where that is asked for, and then turned counterclockwise.

    Each symmetry is a transposition or none, and then a reversal along some axes: two copies at
    most, where tf.image's flip and rot90 make up to four.

    Args:
      image: float32 (H, W, 3).
      flip: bool ().
      quarters: int32 (), of a turn, 0 to 3; even where H and W differ.
    """
    # As whole numbers: oneDNN's transposition of floats waits for the threads that train.
    bits = tf.bitcast(image, tf.int32)
    bits = tf.cond(quarters % 2 == 1, lambda: tf.transpose(bits, [1, 0, 2]), lambda: bits)
    backwards = tf.stack([
        tf.where(flip, quarters >= 2, (quarters == 1) | (quarters == 2)),
        tf.where(flip, (quarters == 0) | (quarters == 3), quarters >= 2)])
    bits = tf.reverse(bits, tf.boolean_mask([0, 1], backwards))
    return tf.ensure_shape(tf.bitcast(bits, tf.float32), image.shape)


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

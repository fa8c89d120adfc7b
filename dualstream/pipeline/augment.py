"""Augmentation after the crop: turns, flips, and small changes of the light.

A leaf that is turned or mirrored is as likely as the leaf itself. Diseases are told apart by their
colours, so colours change only as much as between two hours of a day, or two cameras.
"""

import tensorflow as tf


def turn_and_flip(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Applies a random symmetry of the image's shape: one of 8 for a square, of 4 for a rectangle.

    Use it where up and down mean nothing, as on photographs of leaves from above.

    Args:
      image: float32 (H, W, 3), with a static shape.
      seed: int (2,), the seed of a stateless generator.

    Returns:
      float32 (H, W, 3).

    Example:

    >>> turn_and_flip(tf.zeros([2, 2, 3]), tf.constant([0, 1])).shape
    TensorShape([2, 2, 3])
    """
    flip_seed, turn_seed = tf.unstack(tf.random.split(seed))
    flip = tf.random.stateless_uniform([], flip_seed) < 0.5
    square = image.shape[0] == image.shape[1]
    quarters = tf.random.stateless_uniform([], turn_seed, 0, 4 if square else 2, tf.int32)
    return turn(image, flip, quarters if square else 2 * quarters)


def turn(image: tf.Tensor, flip: tf.Tensor, quarters: tf.Tensor) -> tf.Tensor:
    """Flips an image left to right, or not, and then turns it counterclockwise.

    Each symmetry is a transposition or none, and then a reversal along some axes: at most two
    copies of the image, where tf.image's flip and rot90 make up to four.

    Args:
      image: float32 (H, W, 3), with a static shape.
      flip: bool (), whether to flip.
      quarters: int32 (), quarter turns, 0 to 3; an even number where H and W differ.

    Returns:
      float32 (H, W, 3).

    Example:

    >>> image = tf.reshape(tf.range(12.0), [2, 2, 3])
    >>> turn(image, tf.constant(True), tf.constant(0))[:, :, 0].numpy().tolist()
    [[3.0, 0.0], [9.0, 6.0]]
    """
    # As integers: oneDNN's transposition of floats waits for the threads that train.
    bits = tf.bitcast(image, tf.int32)
    bits = tf.cond(quarters % 2 == 1, lambda: tf.transpose(bits, [1, 0, 2]), lambda: bits)
    backwards = tf.stack([
        tf.where(flip, quarters >= 2, (quarters == 1) | (quarters == 2)),
        tf.where(flip, (quarters == 0) | (quarters == 3), quarters >= 2)])
    bits = tf.reverse(bits, tf.boolean_mask([0, 1], backwards))
    return tf.ensure_shape(tf.bitcast(bits, tf.float32), image.shape)


def jitter_color(image: tf.Tensor, seed: tf.Tensor, strength: float) -> tf.Tensor:
    """Changes brightness, contrast, saturation and hue a little at random, in this order.

    Use it where photographs of another light or camera are to be recognised.

    Args:
      image: float32 (H, W, 3), sRGB in [0, 1].
      seed: int (2,), the seed of a stateless generator.
      strength: in (0, 1]. Brightness changes by at most this value, contrast and saturation are
        multiplied by 1 - strength to 1 + strength, and hue turns by at most strength / 10 of the
        full circle.

    Returns:
      float32 (H, W, 3), in [0, 1].

    Example:

    >>> jitter_color(tf.fill([4, 4, 3], 0.5), tf.constant([0, 1]), 0.1).shape
    TensorShape([4, 4, 3])
    """
    seeds = tf.unstack(tf.random.split(seed, 4))
    image = tf.image.stateless_random_brightness(image, strength, seeds[0])
    image = tf.image.stateless_random_contrast(image, 1 - strength, 1 + strength, seeds[1])
    image = tf.clip_by_value(image, 0, 1)  # outside, saturation and hue have no meaning
    image = tf.image.stateless_random_saturation(image, 1 - strength, 1 + strength, seeds[2])
    image = tf.image.stateless_random_hue(image, strength / 10, seeds[3])
    return tf.clip_by_value(image, 0, 1)  # rounding may leave a little outside

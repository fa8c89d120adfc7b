"""Targets: what the loss compares predictions with, where a label alone is not enough."""

from collections.abc import Sequence

import tensorflow as tf

from dualstream.pipeline.batches import Shard


def weigh_targets(
    batches: tf.data.Dataset,
    class_weights: Sequence[float],
    *,
    mixup_alpha: float = 0.0,
    seed: int = 0,
    start_step: int = 0,
    shard: Shard = Shard(),
) -> tf.data.Dataset:
    """Turns labels into shares of the classes and weights, as a categorical loss takes them.

    Use it for a loss with label smoothing, for weights of classes, or for mixup.

    Args:
      batches: (uint8 (batch, height, width, 3), int (batch,)), as `make_training_batches` makes
        them, or float32 images.
      class_weights: the weight of each class in the loss, at least 0.
      mixup_alpha: the alpha of `mixup`; 0 mixes nothing.
      seed: determines what mixup draws.
      start_step: the number of the first batch, so that what is drawn depends on the step alone.
      shard: the part of each batch that these are. Shards of an even number of examples are mixed
        as the whole batch would be; where the number is odd, the last example stays as it is.

    Returns:
      (images of the same dtype, (batch, height, width, 3); float32 (batch, classes), shares of the
      classes, which sum to 1 for each image; float32 (batch,), weights).

    Example:

    >>> data = tf.data.Dataset.from_tensors((tf.zeros([2, 4, 4, 3]), tf.constant([0, 1])))
    >>> _, targets, weights = next(iter(weigh_targets(data, [0.5, 2.0])))
    >>> targets.numpy().tolist(), weights.numpy().tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [0.5, 2.0])
    """
    by_class = tf.constant(class_weights, tf.float32)

    def to_targets(step, batch):
        images, labels = batch
        # A class's weight goes with its share, so that the loss of a mixture is the mixture of the
        # weighted losses.
        weighted = tf.one_hot(labels, len(class_weights)) * tf.gather(by_class, labels)[:, None]
        if mixup_alpha:
            key = tf.random.experimental.stateless_fold_in(
                tf.constant([seed, -1], tf.int64), step)
            images, weighted = mixup(images, weighted, mixup_alpha, seed=key, shard=shard)
        total = tf.reduce_sum(weighted, axis=1)
        return images, tf.math.divide_no_nan(weighted, total[:, None]), total

    return batches.enumerate(start_step).map(
        tf.autograph.experimental.do_not_convert(to_targets),
        tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def mixup(
    images: tf.Tensor, targets: tf.Tensor, alpha: float, *, seed: tf.Tensor, shard: Shard = Shard()
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mixes the two images of each pair of neighbours, and their targets in the same shares.

    After Zhang et al. (2018), mixup: Beyond Empirical Risk Minimization, but each image draws a
    share of its own. A neighbour is as random a partner as any, since batches are shuffled, and
    several hosts find the same partners in their shards as one host in the whole batch.
    Use it in tf.data in place of Keras's MixUp layer, whose generator has a state: what it draws
    would depend on which of tf.data's threads is first.

    Args:
      images: float32 or uint8 (batch, height, width, 3).
      targets: float32 (batch, classes).
      alpha: of the distribution Beta(alpha, alpha) of the shares; greater than 0.
      seed: int (2,), the seed of a stateless generator.
      shard: the part of the whole batch that these are.

    Returns:
      (images, targets), share * own + (1 - share) * neighbour, with the shapes and dtypes of the
      arguments; uint8 is rounded to the nearest.

    Example:

    >>> mixed, _ = mixup(tf.ones([2, 4, 4, 3]), tf.eye(2), 0.2, seed=tf.constant([0, 1]))
    >>> mixed.shape
    TensorShape([2, 4, 4, 3])
    """
    # A quotient of Gammas is distributed as Beta; float64, since a small alpha gives tiny Gammas.
    number = tf.shape(images)[0]
    gammas = tf.random.stateless_gamma([number * shard.count, 2], seed, alpha, dtype=tf.float64)
    gammas = tf.transpose(gammas[number * shard.index:number * (shard.index + 1)])
    partner = tf.minimum(tf.bitwise.bitwise_xor(tf.range(number), 1), number - 1)
    share = tf.cast(tf.math.divide_no_nan(gammas[0], gammas[0] + gammas[1]), tf.float32)

    def mix(values, share):
        own = tf.cast(values, tf.float32)
        mixed = share * own + (1 - share) * tf.gather(own, partner)
        return tf.cast(tf.round(mixed), values.dtype) if values.dtype.is_integer else mixed

    return mix(images, share[:, None, None, None]), mix(targets, share[:, None])

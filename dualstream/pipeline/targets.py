"""Targets: what the loss compares with, where a label alone would not do."""

import tensorflow as tf

from dualstream.pipeline.batches import Share


def weighted_targets(
    batches: tf.data.Dataset,
    class_weights: list[float],
    mixup_alpha: float = 0.0,
    seed: int = 0,
    start_step: int = 0,
    share: Share = Share(),
) -> tf.data.Dataset:
    """Batches as a loss over classes takes them: what each is, and how much it weighs.

    Args:
      batches: (float32 (batch, height, width, 3), int (batch,)), as of `training_batches`.
      class_weights: of each class in the loss, at least 0.
      mixup_alpha: of `mixup`; 0 mixes nothing.
      seed: of what mixup draws.
      start_step: of the batches, so that what is drawn depends on the step alone.
      share: of each batch, that these are; pictures are mixed within it.

    Returns:
      (float32 (batch, height, width, 3), float32 (batch, classes), float32 (batch,)): images,
      shares of the classes, which sum to 1, and weights.
    """
    weights = tf.constant(class_weights, tf.float32)

    def to_targets(step, batch):
        images, labels = batch
        # A class's weight goes with its share, so that the loss of a mixture is the mixture of the
        # weighted losses.
        weighted = tf.one_hot(labels, len(class_weights)) * tf.gather(weights, labels)[:, None]
        if mixup_alpha:
            key = tf.random.experimental.stateless_fold_in(
                tf.constant([seed, -1 - share.number], tf.int64), step)
            images, weighted = mixup(images, weighted, mixup_alpha, key)
        total = tf.reduce_sum(weighted, axis=1)
        return images, tf.math.divide_no_nan(weighted, total[:, None]), total

    return batches.enumerate(start_step).map(
        lambda step, batch: to_targets(step, batch), tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def mixup(
    images: tf.Tensor, targets: tf.Tensor, alpha: float, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Each picture mixed with the next of its batch, as are their targets (Zhang et al. 2018,
    mixup: Beyond Empirical Risk Minimization).

    Each picture draws a share of its own. The next is as good a partner as any, since batches are
    shuffled. Keras's MixUp layer draws from a generator with a state, whose draws would
    depend on which of tf.data's threads comes first.

    Args:
      images: float32 (batch, height, width, 3).
      targets: float32 (batch, classes).
      alpha: of the distribution Beta(alpha, alpha) of the shares; positive.
      seed: int (2,), of a stateless generator.

    Returns:
      (images, targets), share * own + (1 - share) * next, shapes and dtypes as given.
    """
    # Beta's quotient of Gammas, in float64 since a small alpha's Gammas are very small numbers.
    gammas = tf.random.stateless_gamma([2, tf.shape(images)[0]], seed, alpha, dtype=tf.float64)
    share = tf.cast(tf.math.divide_no_nan(gammas[0], gammas[0] + gammas[1]), tf.float32)

    def mix(values, share):
        return share * values + (1 - share) * tf.roll(values, -1, axis=0)

    return mix(images, share[:, None, None, None]), mix(targets, share[:, None])

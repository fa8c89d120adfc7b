"""Batches: examples in, images out, the same for the same seed, from any step on."""

import dataclasses
import functools
from collections.abc import Sequence

import tensorflow as tf

from dualstream.pipeline.augment import jitter_color, turn_and_flip
from dualstream.pipeline.examples import Photos
from dualstream.pipeline.feeds import through
from dualstream.pipeline.routines import Routine

SHUFFLE_BUFFER = 8192
"""Photographs, undecoded, that are mixed at a time; about 1 GB of those from a telephone."""


@dataclasses.dataclass(frozen=True)
class Share:
    """Which pictures of each batch to make: the `number`-th of `of` equal parts in their order."""

    number: int = 0
    of: int = 1

    def split(self, parts: int) -> 'list[Share]':
        """Its own equal parts."""
        return [Share(self.number * parts + part, self.of * parts) for part in range(parts)]


def steps_per_epoch(photos: Photos, batch_size: int) -> int:
    """Whole batches in the training split.

    Raises:
      ValueError: batch_size is not positive, or the split is smaller than one batch.
    """
    count = photos.count('train')
    if not 1 <= batch_size <= count:
        raise ValueError(
            f'batch_size must be from 1 to the {count} pictures of the training split, '
            f'got {batch_size}')
    return count // batch_size


def training_batches(
    photos: Photos,
    routine: Routine,
    batch_size: int,
    epochs: int,
    seed: int,
    start_step: int = 0,
    color_jitter: float = 0.0,
    share: Share = Share(),
    feeds: Sequence[str] = (),
) -> tf.data.Dataset:
    """The training batches of all epochs, one after the other.

    Each epoch is shuffled anew; what does not fill its last batch is left out, and differs from
    epoch to epoch. What is drawn for a picture depends on the seed, the epoch and the picture
    alone, so starting at a later step gives the very batches that would have come, and several
    hosts or feeds, each making its share, make the very batches that one would.

    Args:
      photos: the data set.
      routine: how an example becomes an image.
      batch_size: pictures in a batch, all shares together.
      epochs: how often the split is passed through.
      seed: of all that is drawn.
      start_step: batches to leave out at the start, undecoded.
      color_jitter: the strength of `jitter_color`, in [0, 1]; 0 leaves the colours alone.
      share: this host's; the other pictures of a batch are read, but not decoded.
      feeds: grpc:// addresses of `python -m dualstream.feed`, which make the images, a part of the
        share each; none: they are made here.

    Returns:
      (float32 (batch / share.of, height, width, 3), int64 (batch / share.of,)).

    Raises:
      ValueError: a batch cannot be shared equally, or the mask is Python, which no feed runs.
    """
    steps = steps_per_epoch(photos, batch_size)
    makers = share.of * max(1, len(feeds))
    if batch_size % makers:
        raise ValueError(f'a batch of {batch_size} pictures has no {makers} equal shares')
    if feeds and routine.mask == 'cv':
        raise ValueError('--mask=cv is Python, which a feed of --data_service cannot run')
    examples = photos.read('train')
    buffer = min(photos.count('train'), SHUFFLE_BUFFER)
    start_epoch, skipped = divmod(start_step, steps)

    def one_epoch(epoch):
        # Of this function's graph alone: the program's own global seed must not change the order.
        tf.random.set_seed(1)
        # The factor, so that seed + 1 does not shuffle as seed does an epoch later.
        shuffled = examples.shuffle(
            buffer, seed=seed * 1_000_003 + epoch, reshuffle_each_iteration=False)
        return shuffled.take(steps * batch_size).map(lambda example: (epoch, example))

    def shared(first_epoch, end_epoch, share):
        ordered = tf.data.Dataset.range(first_epoch, end_epoch).flat_map(one_epoch)
        if first_epoch == start_epoch:
            ordered = ordered.skip(skipped * batch_size)
        size = batch_size // share.of
        if share.of > 1:
            ordered = ordered.enumerate().filter(
                lambda place, _: place % batch_size // size == share.number)
            ordered = ordered.map(lambda _, example: example)
        images = ordered.map(
            functools.partial(_training_image, routine, seed, color_jitter), tf.data.AUTOTUNE)
        return images.batch(size, drop_remainder=True)

    if not feeds:
        return shared(start_epoch, epochs, share).prefetch(tf.data.AUTOTUNE)

    def fed(epoch):
        parts = tuple(through(feed, shared(epoch, epoch + 1, part))
                      for feed, part in zip(feeds, share.split(len(feeds))))
        return tf.data.Dataset.zip(parts).map(_joined)

    # A feed that was killed begins its data set again, so that is an epoch and not all of them.
    each_epoch = map(fed, range(start_epoch, epochs))
    return functools.reduce(tf.data.Dataset.concatenate, each_epoch).prefetch(tf.data.AUTOTUNE)


def training_sample(
    photos: Photos, routine: Routine, count: int, epoch: int, seed: int, color_jitter: float = 0.0
) -> tf.data.Dataset:
    """The first pictures of the training split, as the network gets them in an epoch: one batch.

    Args:
      photos, routine, seed, color_jitter: as of `training_batches`.
      count: how many, at most.
      epoch: counted from 0.
    """
    first = photos.read('train').take(count)
    return first.map(lambda example: _training_image(
        routine, seed, color_jitter, tf.constant(epoch, tf.int64), example)).batch(count)


def evaluation_batches(
    photos: Photos, purpose: str, routine: Routine, batch_size: int, seed: int, windows: int = 1
) -> tf.data.Dataset:
    """Every picture of a split once, in stored order, not augmented; the last batch may be smaller.

    Args:
      photos, routine, batch_size, seed: as of `training_batches`.
      purpose: 'train', 'validation' or 'test'.
      windows: images of each picture, each the routine's with another seed, so that only the crop
        'random' gives different ones. The first are those that fewer windows would give.

    Returns:
      (float32 (<= batch, height, width, 3), int64 (<= batch,)), with windows before the height
      where there are several: (<= batch, windows, height, width, 3).
    """
    def to_image(example, window):
        key = tf.random.experimental.stateless_fold_in(
            tf.stack([tf.constant(seed, tf.int64), 1 + window]), example['index'])
        return routine(example, key), example['label']

    def each_window(example):
        return tf.data.Dataset.range(windows).map(lambda window: (example, window))

    # Windows of one picture are made at once, since they are examples of their own till here.
    images = photos.read(purpose).flat_map(each_window).map(to_image, tf.data.AUTOTUNE)
    if windows > 1:
        images = images.batch(windows).map(lambda image, label: (image, label[0]))
    return images.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def _training_image(
    routine: Routine, seed: int, color_jitter: float, epoch: tf.Tensor, example: dict
) -> tuple[tf.Tensor, tf.Tensor]:
    key = tf.random.experimental.stateless_fold_in(tf.constant([seed, 0], tf.int64), epoch)
    key = tf.random.experimental.stateless_fold_in(key, example['index'])
    crop_seed, turn_seed = tf.unstack(tf.random.split(key))
    image = routine(example, crop_seed)
    with tf.name_scope('augment'):
        image = turn_and_flip(image, turn_seed)
        if color_jitter:
            light_seed = tf.random.experimental.stateless_fold_in(key, 1)
            image = jitter_color(image, light_seed, color_jitter)
    return image, example['label']


def _joined(*parts: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    images, labels = zip(*parts)
    return tf.concat(images, axis=0), tf.concat(labels, axis=0)

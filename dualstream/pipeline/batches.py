"""Batches of images: the same for the same seed, from any step on."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from dualstream.pipeline.augment import jitter_color, turn_and_flip
from dualstream.pipeline.decode import to_pixels
from dualstream.pipeline.examples import Photos
from dualstream.pipeline.feeds import receive
from dualstream.pipeline.routines import Routine
from dualstream.runtime.errors import UserError

SHUFFLE_BYTES = 2**30
"""How much memory the undecoded photographs that are shuffled at a time may take."""


@dataclasses.dataclass(frozen=True)
class Shard:
    """Which part of each batch to make: number `index` of `count` equal parts, in their order."""

    index: int = 0
    count: int = 1

    def split(self, parts: int) -> 'list[Shard]':
        """Splits the shard into equal parts."""
        return [Shard(self.index * parts + part, self.count * parts) for part in range(parts)]


def count_steps(photos: Photos, batch_size: int) -> int:
    """Counts the whole batches of the training split.

    Args:
      photos: the data set.
      batch_size: examples in a batch.

    Raises:
      UserError: batch_size is not positive, or the split is smaller than one batch.
    """
    count = photos.count('train')
    if not 1 <= batch_size <= count:
        raise UserError(
            f'--batch_size must be from 1 to the {count} examples of the training split, '
            f'got {batch_size}')
    return count // batch_size


def make_training_batches(
    photos: Photos,
    routine: Routine,
    batch_size: int,
    *,
    epochs: int,
    seed: int,
    start_step: int = 0,
    stop_step: int | None = None,
    color_jitter: float = 0.0,
    shard: Shard = Shard(),
    feeds: Sequence[str] = (),
) -> tf.data.Dataset:
    """Makes the training batches of all epochs, one after the other.

    Each epoch is shuffled anew. The examples that do not fill its last batch are left out; they
    differ from epoch to epoch. What is drawn for an example depends on the seed, the epoch and the
    example alone. So a later start gives exactly the batches that an earlier start would have given
    from there on, and several hosts or feeds, each making its shard, make exactly the batches that
    one would.

    Args:
      photos: the data set.
      routine: makes an image of an example and a seed.
      batch_size: examples in a batch, all shards together.
      epochs: how often the training split is passed through.
      seed: determines everything that is drawn.
      start_step: the first batch to make, counted over all epochs from 0; the batches before it are
        not decoded.
      stop_step: the batch to stop before; None makes all.
      color_jitter: the strength of `jitter_color`, in [0, 1]; 0 leaves the colours alone.
      shard: the part of each batch to make; the other examples are read, but not decoded.
      feeds: grpc:// addresses of `python -m dualstream.feed`, which make the images, an equal part
        of the shard each; where there are none, this process makes them.

    Returns:
      (uint8 (batch / shard.count, height, width, 3), int64 (batch / shard.count,)). Images are sRGB
      in [0, 255]: a quarter of float32's bytes to carry to a device, where `DualStream` scales
      them. A window that was not resized has 8 bits anyway; others are rounded, by half a level at
      most.

    Raises:
      UserError: a batch has no such equal shards, or the mask is Python, which feeds cannot run.
    """
    steps = count_steps(photos, batch_size)
    _check_shards(routine, batch_size, shard, feeds)
    stop_step = epochs * steps if stop_step is None else stop_step
    to_image = _uncompiled(functools.partial(_training_image, routine, seed, color_jitter))

    def make(start, stop, shard):
        ordered = _ordered_examples(photos, batch_size, seed, start, stop)
        size = batch_size // shard.count
        if shard.count > 1:
            ordered = ordered.enumerate().filter(
                lambda place, _: place % batch_size // size == shard.index)
            ordered = ordered.map(lambda _, example: example)
        return ordered.map(to_image, tf.data.AUTOTUNE).batch(size, drop_remainder=True)

    if not feeds or start_step >= stop_step:
        return make(start_step, stop_step, shard).prefetch(tf.data.AUTOTUNE)

    def receive_epoch(epoch):
        start, stop = max(start_step, epoch * steps), min(stop_step, (epoch + 1) * steps)
        parts = tuple(receive(make(start, stop, part), feed)
                      for feed, part in zip(feeds, shard.split(len(feeds))))
        return tf.data.Dataset.zip(parts).map(_concatenate)

    # A feed that is restarted makes its data set from the beginning: one epoch, not all of them.
    each_epoch = map(receive_epoch, range(start_step // steps, -(-stop_step // steps)))
    return functools.reduce(tf.data.Dataset.concatenate, each_epoch).prefetch(tf.data.AUTOTUNE)


def make_training_sample(
    photos: Photos, routine: Routine, count: int, *, epoch: int, seed: int,
    color_jitter: float = 0.0,
) -> tf.data.Dataset:
    """Makes images of the first examples of the training split, as the network gets them.

    Use it to look at the inputs of a training.

    Args:
      photos: the data set.
      routine: makes an image of an example and a seed.
      count: how many images to make; there are fewer where the split has fewer.
      epoch: the epoch to make them for, counted from 0.
      seed: the training's.
      color_jitter: the training's, in [0, 1].

    Returns:
      One batch, (uint8 (count, height, width, 3), int64 (count,)), sRGB in [0, 255].
    """
    to_image = functools.partial(
        _training_image, routine, seed, color_jitter, tf.constant(epoch, tf.int64))
    return photos.read('train').take(count).map(_uncompiled(to_image)).batch(count)


def make_evaluation_batches(
    photos: Photos, purpose: str, routine: Callable, *, batch_size: int, seed: int
) -> tf.data.Dataset:
    """Makes batches of every example of a split once, in stored order, without augmentation.

    Args:
      photos: the data set.
      purpose: 'train', 'validation' or 'test'.
      routine: makes an image of an example and a seed; or several, as `Views` does.
      batch_size: examples in a batch; the last batch may be smaller.
      seed: determines everything that is drawn.

    Returns:
      (float32 (<= batch, height, width, 3), int64 (<= batch,)), and with several views (float32
      (<= batch, views, height, width, 3), int64 (<= batch,)).
    """
    def to_image(example):
        return routine(example, evaluation_seed(seed, example)), example['label']

    images = photos.read(purpose).map(_uncompiled(to_image), tf.data.AUTOTUNE)
    count = tf.data.experimental.assert_cardinality(photos.count(purpose))
    return images.apply(count).batch(batch_size).prefetch(tf.data.AUTOTUNE)


def evaluation_seed(seed: int, example: dict[str, tf.Tensor]) -> tf.Tensor:
    """Gives the seed, int64 (2,), that the routine gets in `make_evaluation_batches`.

    Args:
      seed: that of the batches.
      example: as `Photos.read` gives it.
    """
    return tf.random.experimental.stateless_fold_in(
        tf.constant([seed, 1], tf.int64), example['index'])


def _uncompiled(function: Callable) -> Callable:
    """Keeps AutoGraph from rewriting a function, which buries its errors under "in user code"."""
    return tf.autograph.experimental.do_not_convert(function)


def _check_shards(
    routine: Routine, batch_size: int, shard: Shard, feeds: Sequence[str]
) -> None:
    count = shard.count * max(1, len(feeds))
    if batch_size % count:
        raise UserError(f'a batch of {batch_size} examples has no {count} equal shards')
    if feeds and routine.mask == 'cv':
        raise UserError('--mask=cv is Python, which a feed of --data_service cannot run')


def _ordered_examples(
    photos: Photos, batch_size: int, seed: int, start_step: int, stop_step: int
) -> tf.data.Dataset:
    """The examples of some batches, with their epoch, in the order in which they are trained on."""
    steps = count_steps(photos, batch_size)
    examples, buffer = photos.read('train'), _shuffle_buffer(photos)
    start_epoch, skipped = divmod(start_step, steps)

    def one_epoch(epoch):
        # Of this function's graph alone: the program's own global seed must not change the order.
        tf.random.set_seed(1)
        # The factor keeps seed + 1 from shuffling as seed does an epoch later.
        shuffled = examples.shuffle(
            buffer, seed=seed * 1_000_003 + epoch, reshuffle_each_iteration=False)
        return shuffled.take(steps * batch_size).map(lambda example: (epoch, example))

    epochs = tf.data.Dataset.range(start_epoch, -(-stop_step // steps))
    ordered = epochs.flat_map(_uncompiled(one_epoch))
    return ordered.skip(skipped * batch_size).take((stop_step - start_step) * batch_size)


def _shuffle_buffer(photos: Photos) -> int:
    """How many examples to shuffle at a time: the split's, or what fits into SHUFFLE_BYTES."""
    split = photos.builder.info.splits['train']  # of a part of it TFDS does not know the bytes
    fits = SHUFFLE_BYTES * split.num_examples // max(1, split.num_bytes)
    return max(1, min(photos.count('train'), fits))


def _training_image(
    routine: Routine, seed: int, color_jitter: float, epoch: tf.Tensor, example: dict
) -> tuple[tf.Tensor, tf.Tensor]:
    crop_seed, turn_seed, light_seed = _draw_seeds(seed, epoch, example['index'])
    image = routine(example, crop_seed)
    with tf.name_scope('augment'):
        image = turn_and_flip(image, turn_seed)
        if color_jitter:
            image = jitter_color(image, light_seed, color_jitter)
        return to_pixels(image), example['label']


def _draw_seeds(seed: int, epoch: tf.Tensor, index: tf.Tensor) -> list[tf.Tensor]:
    """Seeds (2,) of the crop, the turn and the colours of an example in an epoch."""
    fold_in = tf.random.experimental.stateless_fold_in
    key = fold_in(fold_in(tf.constant([seed, 0], tf.int64), epoch), index)
    return [*tf.unstack(tf.random.split(key)), fold_in(key, 1)]


def _concatenate(*parts: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    images, labels = zip(*parts)
    return tf.concat(images, axis=0), tf.concat(labels, axis=0)

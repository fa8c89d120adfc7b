"""Examples: the photographs of a TFDS data set, undecoded, with what is stored beside them."""

import dataclasses
import functools
import os

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.color import LEAF
from dualstream.crop import BLOCK

_BESIDE = ('leaf_grid', 'height', 'width')


@dataclasses.dataclass(frozen=True)
class Photos:
    """A prepared TFDS image-classification set, read in an order that never changes.

    Attributes:
      builder: the TFDS builder; its features have an 'image' and its supervised label is a class.

    Raises:
      ValueError: the set is not one of image classification, or is not prepared.
    """

    builder: tfds.core.DatasetBuilder

    def __post_init__(self):
        name, features = self.builder.info.full_name, self.builder.info.features
        if not self.builder.info.splits:
            raise ValueError(f'{name} is not prepared in {self.builder.data_dir}')
        keys = ('image', (self.builder.info.supervised_keys or ('', ''))[1])
        image, label = (features[key] if key in features else None for key in keys)
        if not isinstance(image, tfds.features.Image) or not isinstance(
                label, tfds.features.ClassLabel):
            raise ValueError(
                f"{name} is not an image classification set: it needs an 'image' and a class label")

    @property
    def label_names(self) -> list[str]:
        return self.builder.info.features[self._label].names

    @functools.cached_property
    def splits(self) -> dict[str, str]:
        """TFDS's split of each purpose; of a set without one, a tenth of the training split."""
        has = self.builder.info.splits
        if 'train' not in has:
            raise ValueError(f'{self.builder.info.full_name} has no train split, only {list(has)}')
        validation = next((name for name in ('validation', 'valid', 'val') if name in has), None)
        if validation and 'test' in has:
            return {'train': 'train', 'validation': validation, 'test': 'test'}
        if validation:
            return {'train': 'train[10%:]', 'validation': 'train[:10%]', 'test': validation}
        if 'test' in has:
            return {'train': 'train[10%:]', 'validation': 'train[:10%]', 'test': 'test'}
        return {'train': 'train[20%:]', 'validation': 'train[:10%]', 'test': 'train[10%:20%]'}

    def count(self, purpose: str) -> int:
        """How many examples there are for 'train', 'validation' or 'test'."""
        return self.builder.info.splits[self.splits[purpose]].num_examples

    def read(self, purpose: str) -> tf.data.Dataset:
        """The examples of 'train', 'validation' or 'test', in stored order.

        Returns:
          dicts of 'image', the bytes; 'label', int64; 'index', int64, the place in the order; and
          where they are stored, 'leaf_grid', uint8 (rows, columns), 'height' and 'width'.
        """
        features = self.builder.info.features
        skip = {key: tfds.decode.SkipDecoding() for key in ('image', 'crop')
                if key in features.get_tensor_info()}
        stored = self.builder.as_dataset(
            split=self.splits[purpose], decoders=skip, shuffle_files=False,
            read_config=tfds.ReadConfig(try_autocache=False, skip_prefetch=True))
        beside = _BESIDE if self._grid_is_ours() else ()

        def keep(index, example):
            return {'image': example['image'], 'label': example[self._label], 'index': index,
                    **{key: example[key] for key in beside}}

        return stored.enumerate().map(keep)

    def label_counts(self, purpose: str) -> np.ndarray:
        """How many examples each class has: int64 (classes,)."""
        ones = self.read(purpose).map(
            lambda example: tf.one_hot(example['label'], len(self.label_names), dtype=tf.int64))
        zero = tf.zeros([len(self.label_names)], tf.int64)
        return ones.reduce(zero, lambda total, one: total + one).numpy()

    @property
    def _label(self) -> str:
        return self.builder.info.supervised_keys[1]

    def _grid_is_ours(self) -> bool:
        """Whether there is a leaf grid, made with the mask and block that this version uses."""
        metadata = self.builder.info.metadata or {}
        return ('leaf_grid' in self.builder.info.features and metadata.get('block') == BLOCK
                and metadata.get('hsv_range') == to_metadata(LEAF))


def prepare(name: str, data_dir: str | None = None, manual_dir: str | None = None) -> Photos:
    """The photographs of a TFDS set, downloaded and prepared first where that was not done yet.

    Args:
      name: NAME or NAME/CONFIG, as `tfds.load` takes it.
      data_dir: where prepared sets are; TFDS's own default if None.
      manual_dir: where files are that had to be downloaded by hand.

    Raises:
      ValueError: there is no such set, or it cannot be prepared, or is not one of images.
      OSError: it cannot be downloaded or written.
    """
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(f'no data set is called {name!r}') from error
    except ValueError as error:
        if 'BuilderConfig' not in str(error):
            raise
        raise ValueError(f'no data set is called {name!r}: it has other configs') from error
    if not builder.is_prepared():
        download_config = tfds.download.DownloadConfig(
            manual_dir=os.path.expanduser(manual_dir) if manual_dir else None)
        try:
            builder.download_and_prepare(download_config=download_config)
        except AssertionError as error:  # TFDS's way to say that manual_dir is missing or empty
            raise ValueError(' '.join(str(error).split())) from error
        except (RuntimeError, tf.errors.OpError) as error:
            # A full disk, say: TensorFlow's own error, which TFDS wraps in another.
            if not isinstance(error.__cause__ or error, tf.errors.OpError):
                raise
            raise OSError(f'{name} cannot be prepared: {" ".join(str(error).split())}') from error
    return Photos(builder)


def to_metadata(hsv_range) -> dict[str, list[float]]:
    """An HsvRange as JSON has it, for the metadata of a data set and for comparing with them."""
    return {name: list(bounds) for name, bounds in dataclasses.asdict(hsv_range).items()}

"""Examples: the photographs of a TFDS data set, undecoded, with their labels and leaf grids."""

import contextlib
import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Iterable

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.color import LEAF
from dualstream.crop import BLOCK
from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError
from dualstream.runtime.locks import wait_for_lock

_FILE_NAMES = ('filename', 'image/filename', 'file_name')
"""How TFDS sets call the feature that holds the name of an image's file."""


@dataclasses.dataclass(frozen=True)
class Photos:
    """A prepared TFDS image-classification set, read in an order that never changes.

    Attributes:
      builder: the TFDS builder; its features have an 'image' and its supervised label is a class.

    Raises:
      UserError: the set is not one of image classification, or is not prepared.
    """

    builder: tfds.core.DatasetBuilder

    def __post_init__(self):
        name, features = self.builder.info.full_name, self.builder.info.features
        if not self.builder.info.splits:
            raise UserError(f'{name} is not prepared in {self.builder.data_dir}')
        keys = ('image', (self.builder.info.supervised_keys or ('', ''))[1])
        image, label = (features[key] if key in features else None for key in keys)
        if not isinstance(image, tfds.features.Image) or not isinstance(
                label, tfds.features.ClassLabel):
            raise UserError(
                f"{name} is not an image classification set: it needs an 'image' and a class label")

    @property
    def synthetic(self) -> bool:
        """Whether the set says that a program drew its photographs."""
        return bool((self.builder.info.metadata or {}).get('synthetic', False))

    @property
    def data_dir(self) -> str:
        """The absolute path of the folder of prepared data sets that holds this one."""
        depth = len(self.builder.info.full_name.split('/'))  # a folder for each of its parts
        return str(pathlib.Path(self.builder.data_dir).absolute().parents[depth - 1])

    @property
    def label_names(self) -> list[str]:
        """The names of the classes, in the order of their labels."""
        return self.builder.info.features[self._label].names

    @functools.cached_property
    def splits(self) -> dict[str, str]:
        """TFDS's split for each of 'train', 'validation' and 'test'.

        Where a set has no validation or test split, a tenth of its training split takes its place.
        A test split whose labels are hidden (-1, as in competitions) does not count.
        """
        has = self.builder.info.splits
        if 'train' not in has:
            raise UserError(f'{self.builder.info.full_name} has no train split, only {list(has)}')
        validation = next((name for name in ('validation', 'valid', 'val') if name in has), None)
        has_test = 'test' in has and self._has_labels('test[:1]')
        if validation and has_test:
            return {'train': 'train', 'validation': validation, 'test': 'test'}
        if validation:
            return {'train': 'train[10%:]', 'validation': 'train[:10%]', 'test': validation}
        if has_test:
            return {'train': 'train[10%:]', 'validation': 'train[:10%]', 'test': 'test'}
        return {'train': 'train[20%:]', 'validation': 'train[:10%]', 'test': 'train[10%:20%]'}

    def count(self, purpose: str) -> int:
        """Gives the number of examples for 'train', 'validation' or 'test'."""
        return self.builder.info.splits[self.splits[purpose]].num_examples

    def read(self, purpose: str) -> tf.data.Dataset:
        """Reads the examples of 'train', 'validation' or 'test', in the order they are stored.

        Args:
          purpose: 'train', 'validation' or 'test'.

        Returns:
          dicts of 'image', the bytes of a file; 'label', int64; 'index', int64, the position in the
          order, from 0; and for sets that store them, 'leaf_grid', uint8 (rows, columns), 'height'
          and 'width', of the frame in pixels, and 'restarts', int32 (2, n), for `decode_window`.
        """
        extra = ('leaf_grid', 'height', 'width') if self._has_usable_grid() else ()
        extra += ('restarts',) if 'restarts' in self.builder.info.features else ()
        stored = self._stored(self.splits[purpose], {'image', self._label, *extra})

        @tf.autograph.experimental.do_not_convert
        def keep(index, example):
            return {'image': example['image'], 'label': example[self._label], 'index': index,
                    **{key: example[key] for key in extra}}

        return stored.enumerate().map(keep)

    def labels(self, purpose: str) -> np.ndarray:
        """Reads the labels of 'train', 'validation' or 'test', int64 (examples,); -1 is hidden."""
        batches = self._labels(self.splits[purpose]).batch(4096).as_numpy_iterator()
        return np.concatenate([np.zeros(0, np.int64), *batches])

    def names(self, purpose: str) -> list[str]:
        """Reads the names of the files; where the set stores none, it makes names of the places."""
        return self._names_of(purpose, range(self.count(purpose)))

    def _names_of(self, purpose: str, places: Iterable[int]) -> list[str]:
        features = self.builder.info.features
        name = next((key for key in _FILE_NAMES if key in features), None)
        if name is None:
            return [f'{purpose} {place}' for place in places]
        stored = list(self._stored(self.splits[purpose], {name}).as_numpy_iterator())
        return [stored[place][name].decode() for place in places]

    def label_counts(self, purpose: str) -> np.ndarray:
        """Counts the examples of each class.

        The first call reads the split and writes the counts into the data set's folder, if that is
        writable; later calls, also in other processes, read them there.

        Args:
          purpose: 'train', 'validation' or 'test'.

        Returns:
          int64 (classes,).
        """
        path = pathlib.Path(self.builder.data_dir, 'label_counts.json')
        key = f'{self.splits[purpose]} of {self.count(purpose)} examples'
        try:
            counts = json.loads(path.read_text())
        except (OSError, ValueError):
            counts = {}
        if key not in counts:
            labels = self.labels(purpose)
            counts[key] = np.bincount(
                labels[labels >= 0], minlength=len(self.label_names)).tolist()
            with contextlib.suppress(OSError), writing(path) as scratch:
                scratch.write_text(json.dumps(counts))
        return np.array(counts[key], np.int64)

    @property
    def _label(self) -> str:
        return self.builder.info.supervised_keys[1]

    def _stored(self, split: str, features: set[str]) -> tf.data.Dataset:
        """Reads these features of a split; an image stays undecoded."""
        skip = {'image': tfds.decode.SkipDecoding()} if 'image' in features else None
        return self.builder.as_dataset(
            split=split, decoders=tfds.decode.PartialDecoding(features, decoders=skip),
            shuffle_files=False,
            read_config=tfds.ReadConfig(try_autocache=False, skip_prefetch=True))

    def _labels(self, split: str) -> tf.data.Dataset:
        pick = tf.autograph.experimental.do_not_convert(lambda example: example[self._label])
        return self._stored(split, {self._label}).map(pick)

    def _has_labels(self, split: str) -> bool:
        return next(self._labels(split).as_numpy_iterator(), -1) >= 0

    def _has_usable_grid(self) -> bool:
        """Whether there is a leaf grid, made with the mask and block that this version uses."""
        metadata = self.builder.info.metadata or {}
        return ('leaf_grid' in self.builder.info.features and metadata.get('block') == BLOCK
                and metadata.get('hsv_range') == to_metadata(LEAF))


def prepare(name: str, data_dir: str | None = None, manual_dir: str | None = None) -> Photos:
    """Gives the photographs of a data set; downloads and prepares it first if that is not done.

    Use it in place of `tfds.load` where names and folders come from a user. Processes that prepare
    the same set in the same data_dir wait for each other, and only the first one does the work.

    Args:
      name: NAME or NAME/CONFIG, as `tfds.load` takes it; or a folder that holds one folder of
        photographs for each class. Where both exist, NAME is the data set and ./NAME the folder.
      data_dir: the folder of prepared sets; TFDS's own default if None.
      manual_dir: the folder of files that had to be downloaded by hand.

    Returns:
      The prepared set. That of a folder has leaf grids, as cassava_crop has.

    Raises:
      UserError: there is no such set or folder, or it is not one of image classification, or files
        in it are faulty or missing.
      OSError: it cannot be written.
    """
    builder = _find(name, data_dir)
    if not builder.is_prepared():
        with _only_process(builder):
            builder = _find(name, data_dir)  # prepared by now, where another process was at it
            if not builder.is_prepared():
                _download_and_prepare(builder, manual_dir)
    return Photos(builder)


def to_metadata(hsv_range) -> dict[str, list[float]]:
    """Gives an HsvRange in JSON's types, for the metadata of a data set."""
    return {name: list(bounds) for name, bounds in dataclasses.asdict(hsv_range).items()}


def _find(name: str, data_dir: str | None) -> tfds.core.DatasetBuilder:
    if _is_folder(name):
        return tfds.builder('photo_folder', root=name, data_dir=data_dir)
    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        raise UserError(f'no data set and no folder is called {name!r}') from error
    except ValueError as error:
        if str(error).lstrip().startswith('Parsing builder name'):
            raise UserError(f'no data set and no folder is called {name!r}') from error
        if 'BuilderConfig' not in str(error):
            raise
        dataset, _, config = name.partition('/')
        configs = ', '.join(tfds.builder_cls(dataset).builder_configs)
        raise UserError(
            f'{dataset} has no config {config!r}; its configs are {configs}') from error


def _is_folder(name: str) -> bool:
    if not name or not os.path.isdir(os.path.expanduser(name)):
        return False
    if name.startswith(('.', '~', os.sep)):
        return True
    try:
        tfds.builder_cls(name.partition('/')[0])
    except ValueError:  # TFDS knows no such name
        return True
    return False


def _only_process(
    builder: tfds.core.DatasetBuilder
) -> contextlib.AbstractContextManager[None]:
    root, name = str(builder.data_dir_root), builder.info.full_name
    if '://' in root:  # A bucket has no locks.
        return contextlib.nullcontext()
    return wait_for_lock(
        pathlib.Path(root, f'.{name.replace("/", "-")}.lock'),
        message=f'waiting for another process that prepares {name} in {root}')


def _download_and_prepare(builder: tfds.core.DatasetBuilder, manual_dir: str | None) -> None:
    download_config = tfds.download.DownloadConfig(
        manual_dir=os.path.expanduser(manual_dir) if manual_dir else None)
    try:
        builder.download_and_prepare(download_config=download_config)
    except AssertionError as error:
        if not str(error).startswith('Manual directory'):  # It is missing or empty.
            raise
        raise UserError(' '.join(str(error).split())) from error
    except (RuntimeError, tf.errors.OpError) as error:
        # A full disk, for example: TensorFlow's own error, which TFDS wraps in another.
        if not isinstance(error.__cause__ or error, tf.errors.OpError):
            raise
        raise OSError(
            f'{builder.info.full_name} cannot be prepared: {" ".join(str(error).split())}'
        ) from error

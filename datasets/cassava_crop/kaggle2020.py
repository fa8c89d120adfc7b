"""Kaggle 2020: 21,397 photographs of cassava-leaf-disease-classification, from --manual_dir."""

import collections
import csv
import dataclasses
import json
import re
from collections.abc import Iterator

import tensorflow as tf
import tensorflow_datasets as tfds
from etils import epath
from google.protobuf.message import DecodeError

from dualstream.datasets.cassava_crop.labels import LABELS
from dualstream.datasets.records import FileBytes, Record, Refused, check_all, stratified_splits

DISEASES = {
    '0': 'Cassava Bacterial Blight (CBB)',
    '1': 'Cassava Brown Streak Disease (CBSD)',
    '2': 'Cassava Green Mottle (CGM)',
    '3': 'Cassava Mosaic Disease (CMD)',
    '4': 'Healthy',
}


@dataclasses.dataclass
class Kaggle2020(tfds.core.BuilderConfig):
    """Reads train.csv and train_images/, or train_tfrecords/ where the JPEGs are not there.

    Attributes:
      validation, test: the share of each class in these splits, in [0, 1].
    """

    licence = "the rules of Kaggle's competition cassava-leaf-disease-classification"

    validation: float = 0.1
    test: float = 0.1

    def records(self, dl_manager) -> dict[str, list[Record]]:
        root = epath.Path(dl_manager.manual_dir)
        _check_label_map(root)
        if (root / 'train_images').is_dir():
            records, problems = _from_images(root)
        elif (root / 'train_tfrecords').is_dir():
            records, problems = _from_tfrecords(root)
        else:
            raise Refused(root, ['neither train_images/ nor train_tfrecords/ is there'])
        check_all(root, records, problems)
        return stratified_splits(records, self.validation, self.test)


def _check_label_map(root: epath.Path) -> None:
    path = root / 'label_num_to_disease_map.json'
    if not path.exists():
        raise Refused(root, [f'{path.name} is missing'])
    try:
        diseases = json.loads(path.read_text())
    except ValueError as error:
        raise Refused(root, [f'{path.name}: {error}']) from error
    if diseases != DISEASES:
        raise Refused(root, [f'{path.name}: expected {DISEASES}, found {diseases}'])


def _from_images(root: epath.Path) -> tuple[list[Record], list[str]]:
    """Gives the records that are sound, and a message for each of the others."""
    table = root / 'train.csv'
    if not table.exists():
        raise Refused(root, [f'{table.name} is missing'])
    reader = csv.DictReader(table.read_text(encoding='utf-8-sig').splitlines())
    if not {'image_id', 'label'} <= set(reader.fieldnames or ()):
        raise Refused(root, [
            f'{table.name}: its columns must be image_id,label; found {reader.fieldnames}'])
    rows = [(row['image_id'] or '', row['label'] or '') for row in reader]
    files = {path.name: path for path in (root / 'train_images').glob('*.[jJ][pP]*[gG]')}
    problems = _label_problems(rows)
    named = {image_id for image_id, _ in rows}
    problems += [f'{image_id}: a row of {table.name}, but no file in train_images/'
                 for image_id in named - set(files)]
    problems += [f'{name}: a file in train_images/, but no row of {table.name}'
                 for name in set(files) - named]
    records = [Record(image_id, int(label), FileBytes(str(files[image_id])))
               for image_id, label in dict(rows).items()
               if image_id in files and label in DISEASES]
    return records, problems


def _from_tfrecords(root: epath.Path) -> tuple[list[Record], list[str]]:
    """Gives the records that are sound, and a message for each of the others."""
    rows, contents, problems = [], [], []
    for path in sorted((root / 'train_tfrecords').glob('ld_train*.tfrec')):
        for example in _examples(path):
            problems += example.problems
            if example.content:
                rows.append((example.image_id, example.label))
                contents.append(example.content)
    problems += _label_problems(rows)
    records = [Record(image_id, int(label), content)
               for (image_id, label), content in zip(rows, contents, strict=True)
               if label in DISEASES]
    return records, problems


def _label_problems(rows: list[tuple[str, str]]) -> list[str]:
    """Lists unknown labels and repeated ids among rows of (image_id, label)."""
    problems = [f'{image_id}: label {label!r} is not one of 0 to {len(LABELS) - 1}'
                for image_id, label in rows if label not in DISEASES]
    counts = collections.Counter(image_id for image_id, _ in rows)
    problems += [f'{image_id}: {count} rows have this id'
                 for image_id, count in counts.items() if count > 1]
    return problems


@dataclasses.dataclass(frozen=True)
class TFRecordBytes:
    """Bytes that are the 'image' of one tf.train.Example in a TFRecord file."""

    path: str
    offset: int
    length: int

    def read(self) -> bytes:
        with epath.Path(self.path).open('rb') as file:
            file.seek(self.offset)
            example = tf.train.Example.FromString(file.read(self.length))
        return example.features.feature['image'].bytes_list.value[0]


@dataclasses.dataclass(frozen=True)
class _Example:
    """What one record of a TFRecord file says, or why it cannot be used."""

    image_id: str = ''
    label: str = ''
    content: TFRecordBytes | None = None
    problems: tuple[str, ...] = ()


def _examples(path: epath.Path) -> Iterator[_Example]:
    """The records of one file, whose checksums TensorFlow checks; the last may be a fault of it.

    TFRecord puts 12 bytes before each record and 4 after it, so that their lengths give the places:
    https://www.tensorflow.org/tutorials/load_data/tfrecord
    """
    offset, number = 12, 0
    try:
        for serialized in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            content = TFRecordBytes(str(path), offset, len(serialized))
            yield _parse(serialized, f'{path.stem}-{number:04d}.jpg', path.name, content)
            offset, number = offset + len(serialized) + 16, number + 1
    except tf.errors.DataLossError as error:
        yield _Example(problems=(
            f'{path.name}: record {number:,} is damaged or truncated, and later records cannot be '
            f'read ({error.message.split(";")[0]})',))
        return
    promised = re.search(r'-(\d+)\.tfrec$', path.name)
    if promised and int(promised[1]) != number:
        yield _Example(problems=(
            f'{path.name}: {number} whole records, where its name promises {promised[1]}',))


def _parse(serialized: bytes, default_id: str, file: str, content: TFRecordBytes) -> _Example:
    try:
        features = tf.train.Example.FromString(serialized).features.feature
        names = features['image_name'].bytes_list.value
        image_id = names[0].decode() if names else default_id
    except (DecodeError, UnicodeDecodeError):
        return _Example(problems=(f'{file}: {default_id} is not a tf.train.Example',))
    if not features['image'].bytes_list.value:
        return _Example(problems=(f"{file}: {image_id} has no 'image'",))
    labels = features['target'].int64_list.value
    return _Example(image_id, str(labels[0]) if labels else '', content)

"""Kaggle 2020: 21,397 photographs of cassava-leaf-disease-classification, from --manual_dir."""

import collections
import csv
import dataclasses
import json
import re
import struct

import tensorflow as tf
import tensorflow_datasets as tfds
from etils import epath

from dualstream.datasets.cassava_crop.labels import LABELS
from dualstream.datasets.records import (
    FileBytes, Record, Refused, check_all, stratified_splits)

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
      validation, test: share of each class in these splits.
    """

    validation: float = 0.1
    test: float = 0.1

    def records(self, dl_manager) -> dict[str, list[Record]]:
        root = epath.Path(dl_manager.manual_dir)
        _check_label_map(root)
        if (root / 'train_images').is_dir():
            records = _from_images(root)
        elif (root / 'train_tfrecords').is_dir():
            records = _from_tfrecords(root)
        else:
            raise Refused(root, ['neither train_images/ nor train_tfrecords/ is there'])
        check_all(root, records)
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


def _from_images(root: epath.Path) -> list[Record]:
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
    if problems:
        raise Refused(root, problems)
    return [Record(image_id, int(label), FileBytes(str(files[image_id])))
            for image_id, label in rows]


def _from_tfrecords(root: epath.Path) -> list[Record]:
    rows, contents, problems = [], [], []
    for path in sorted((root / 'train_tfrecords').glob('ld_train*.tfrec')):
        spans = []
        try:
            spans = list(_record_spans(path))
        except ValueError as error:
            problems.append(f'{path.name}: {error}')
        promised = re.search(r'-(\d+)\.tfrec$', path.name)
        if promised and int(promised[1]) != len(spans):
            problems.append(
                f'{path.name}: {len(spans)} whole records, where its name promises {promised[1]}')
        for number, (offset, length) in enumerate(spans):
            content = TFRecordBytes(str(path), offset, length)
            features = content.features()
            name = features['image_name'].bytes_list.value
            image_id = name[0].decode() if name else f'{path.stem}-{number:04d}.jpg'
            label = features['target'].int64_list.value
            rows.append((image_id, str(label[0]) if label else ''))
            contents.append(content)
    problems += _label_problems(rows)
    if problems:
        raise Refused(root, problems)
    return [Record(image_id, int(label), content)
            for (image_id, label), content in zip(rows, contents)]


def _label_problems(rows: list[tuple[str, str]]) -> list[str]:
    """What is wrong with (image_id, label) rows in themselves."""
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

    def features(self):
        with epath.Path(self.path).open('rb') as file:
            file.seek(self.offset)
            return tf.train.Example.FromString(file.read(self.length)).features.feature

    def read(self) -> bytes:
        return self.features()['image'].bytes_list.value[0]


def _record_spans(path: epath.Path):
    """(offset, length) of each record: TFRecord frames it with 12 bytes before and 4 after.

    https://www.tensorflow.org/tutorials/load_data/tfrecord

    Raises:
      ValueError: the file ends within a record.
    """
    end = path.stat().length
    with path.open('rb') as file:
        start = 0
        while start < end:
            file.seek(start)
            header = file.read(12)
            length = struct.unpack('<Q', header[:8])[0] if len(header) == 12 else end
            if start + 16 + length > end:
                raise ValueError(f'truncated: a record at byte {start:,} goes past the end')
            yield start + 12, length
            start += 16 + length

"""Users' own photographs: one folder for each class, with or without splits."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

import dualstream  # noqa: F401
from dualstream.color import tf_color_mask
from dualstream.crop import leaf_grid
from dualstream.pipeline import Routine, decode_frame, make_training_batches, prepare
from dualstream.runtime.errors import UserError

CLASSES = ('healthy', 'sick')


def photograph(path, seed=0, size=(96, 80)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)
    Image.fromarray(pixels).save(path)


def photographs(folder, numbers, suffix='jpg'):
    for label in CLASSES:
        for number in numbers:
            photograph(folder / label / f'{number}.{suffix}', number)


@pytest.fixture(scope='module')
def mine(tmp_path_factory):
    """A folder of two classes with ten photographs each."""
    folder = tmp_path_factory.mktemp('my leaves')
    photographs(folder, range(9))
    photographs(folder, [9], suffix='png')
    (folder / '.hidden').mkdir()
    (folder / 'sick' / '.DS_Store').write_bytes(b'no photograph')
    return folder


@pytest.fixture(scope='module')
def photos(mine, tmp_path_factory):
    return prepare(str(mine), str(tmp_path_factory.mktemp('tfds')))


def filenames(photos, split):
    return {example['filename'].decode()
            for example in tfds.as_numpy(photos.builder.as_dataset(split=split))}


def test_a_folder_is_split_by_class_and_read_with_leaf_grids(photos):
    assert photos.label_names == ['healthy', 'sick']
    assert photos.splits == {'train': 'train', 'validation': 'validation', 'test': 'test'}
    for purpose, each in (('train', 8), ('validation', 1), ('test', 1)):
        np.testing.assert_array_equal(photos.label_counts(purpose), [each, each])
    for example in photos.read('train').take(2):
        frame = decode_frame(example['image'])
        np.testing.assert_array_equal(example['leaf_grid'], leaf_grid(tf_color_mask(frame)))
    for example in tfds.as_numpy(photos.builder.as_dataset(split='train')):
        assert CLASSES[example['label']] == example['filename'].decode().split('/')[0]


def test_a_folder_gives_training_batches(photos):
    routine = Routine((64, 64), mask='tf', crop='array', look='auto')
    batches = make_training_batches(photos, routine, 4, epochs=1, seed=0)
    images, labels = next(iter(batches))[:2]
    assert images.shape == (4, 64, 64, 3) and labels.shape[0] == 4


def test_a_folder_that_changed_is_prepared_anew(tmp_path):
    photographs(tmp_path / 'mine', range(3))
    before = prepare(str(tmp_path / 'mine'), str(tmp_path / 'tfds'))
    again = prepare(str(tmp_path / 'mine'), str(tmp_path / 'tfds'))
    assert again.builder.data_dir == before.builder.data_dir
    photograph(tmp_path / 'mine' / 'sick' / 'new.jpg')
    after = prepare(str(tmp_path / 'mine'), str(tmp_path / 'tfds'))
    assert sum(after.label_counts('train')) == 1 + sum(before.label_counts('train'))


def test_the_splits_of_a_folder_are_kept(tmp_path):
    for split, numbers in (('train', range(3)), ('val', [3]), ('test', [4, 5])):
        photographs(tmp_path / 'mine' / split, numbers)
    photos = prepare(str(tmp_path / 'mine'), str(tmp_path / 'tfds'))
    assert photos.splits == {'train': 'train', 'validation': 'val', 'test': 'test'}
    assert filenames(photos, 'test') == {
        f'test/{label}/{number}.jpg' for label in CLASSES for number in (4, 5)}
    only_train = tmp_path / 'only_train'
    photographs(only_train / 'train', range(3))
    photos = prepare(str(only_train), str(tmp_path / 'tfds'))
    assert filenames(photos, 'train+validation+test') == {
        f'train/{label}/{number}.jpg' for label in CLASSES for number in range(3)}


@pytest.mark.parametrize('files, message', [
    ([], 'at least two; found photographs of none'),
    (['sick/1.jpg'], 'at least two; found photographs of sick'),
    (['a/1.jpg', 'b/deep/1.jpg'], 'b/deep: a folder inside the folder of a class'),
    (['a/1.jpg', 'b/1.jpg', 'loose.jpg'], 'loose.jpg: a photograph outside the folders'),
    (['train/a/1.jpg', 'train/b/1.jpg', 'train/2.jpg'], 'train/2.jpg: a photograph outside'),
    (['train/a/1.jpg', 'train/b/1.jpg', 'more/a/1.jpg'], 'must be splits .*; found more'),
    (['train/a/1.jpg', 'train/b/1.jpg', 'test/c/1.jpg'], 'train has no photographs of c'),
])
def test_a_folder_of_another_layout_is_refused(tmp_path, files, message):
    for file in files:
        photograph(tmp_path / file)
    with pytest.raises(UserError, match=message):
        prepare(str(tmp_path), str(tmp_path / '.tfds'))


def test_all_files_that_are_no_photographs_are_listed(tmp_path):
    photographs(tmp_path / 'mine', range(3))
    (tmp_path / 'mine/sick/notes.txt').write_text('notes')
    whole = (tmp_path / 'mine/healthy/0.jpg').read_bytes()
    (tmp_path / 'mine/healthy/0.jpg').write_bytes(whole[:-200])
    with pytest.raises(UserError, match=r'(?s)2 problems.*healthy/0.jpg.*sick/notes.txt: not a'):
        prepare(str(tmp_path / 'mine'), str(tmp_path / 'tfds'))


def test_a_folder_without_enough_photographs_for_three_splits_is_refused(tmp_path):
    photographs(tmp_path / 'mine', range(2))
    with pytest.raises(UserError, match='needs a class with three or more'):
        prepare(str(tmp_path / 'mine'), str(tmp_path / 'tfds'))


def test_a_name_of_tfds_goes_before_a_folder(tmp_path, monkeypatch, data_dir):
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path / 'cassava_crop/small', range(3))
    assert prepare('cassava_crop/small', str(data_dir)).label_names[0] == 'cbb'
    photos = prepare('./cassava_crop/small', str(tmp_path / 'tfds'))
    assert photos.label_names == ['healthy', 'sick']


def test_the_builder_needs_a_folder():
    with pytest.raises(UserError, match='photo_folder needs the folder'):
        tfds.builder('photo_folder')

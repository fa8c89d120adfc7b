"""Photos: splits, counts of labels, and how a data set is found, prepared and refused."""

import json
import os
import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.pipeline import Photos, prepare
from dualstream.runtime.errors import UserError
from dualstream.runtime.locks import lock_or_fail


@pytest.fixture
def own_copy(data_dir, tmp_path):
    """A copy of the small demo set, to write into."""
    shutil.copytree(data_dir, tmp_path / 'tfds', ignore=shutil.ignore_patterns('.*'))
    (tmp_path / 'tfds/cassava_crop/small/1.1.0/label_counts.json').unlink(missing_ok=True)
    return tmp_path / 'tfds'


@pytest.fixture
def no_reading(monkeypatch):
    """From its call on, a data set can be read no further than its first example."""
    def forbid():
        as_dataset = tfds.core.DatasetBuilder.as_dataset

        def refuse(self, split, **kwargs):
            assert split == 'test[:1]', 'the data set was read'
            return as_dataset(self, split, **kwargs)

        monkeypatch.setattr(tfds.core.DatasetBuilder, 'as_dataset', refuse)
    return forbid


def test_the_folder_that_holds_the_set_is_known(photos, data_dir):
    assert photos.data_dir == str(data_dir)


def test_a_drawn_set_says_that_it_is_synthetic(photos):
    assert photos.synthetic is True


def test_the_labels_are_counted_once(own_copy, no_reading):
    first = prepare('cassava_crop/small', str(own_copy))
    labels = [int(example['label']) for example in first.read('train')]
    counts = first.label_counts('train')
    np.testing.assert_array_equal(counts, np.bincount(labels, minlength=5))
    no_reading()
    second = prepare('cassava_crop/small', str(own_copy))
    again = second.label_counts('train')
    assert again.dtype == np.int64
    np.testing.assert_array_equal(again, counts)
    with pytest.raises(AssertionError, match='was read'):  # the counts of another split
        second.label_counts('test')


def test_counts_need_no_file(own_copy, monkeypatch):
    photos = prepare('cassava_crop/small', str(own_copy))
    file = own_copy / 'cassava_crop/small/1.1.0/label_counts.json'
    counts = photos.label_counts('test')
    file.write_text('{"half of')
    np.testing.assert_array_equal(photos.label_counts('test'), counts)
    file.unlink()

    def refuse(*_):
        raise PermissionError('read-only')

    monkeypatch.setattr(os, 'replace', refuse)
    np.testing.assert_array_equal(photos.label_counts('test'), counts)
    assert not file.exists()


def test_counting_parses_no_image(photos, monkeypatch):
    asked = []
    as_dataset = type(photos.builder).as_dataset

    def spy(self, *args, **kwargs):
        asked.append(as_dataset(self, *args, **kwargs))
        return asked[-1]

    monkeypatch.setattr(type(photos.builder), 'as_dataset', spy)
    photos.labels('test')
    assert set(asked[0].element_spec) == {'label'}


class Hidden(tfds.core.GeneratorBasedBuilder):
    """A test split whose labels are hidden, as in TFDS's sets of competitions."""

    VERSION = tfds.core.Version('1.0.0')
    RELEASE_NOTES = {}

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self, supervised_keys=('image', 'label'),
            features=tfds.features.FeaturesDict({
                'image': tfds.features.Image(shape=(4, 4, 3)),
                'label': tfds.features.ClassLabel(names=['a', 'b'])}))

    def _split_generators(self, dl_manager):
        return {'train': self._generate_examples([0, 1] * 5),
                'test': self._generate_examples([-1, -1])}

    def _generate_examples(self, labels):
        for number, label in enumerate(labels):
            yield number, {'image': np.zeros((4, 4, 3), np.uint8), 'label': label}


def test_a_test_split_with_hidden_labels_does_not_count(tmp_path):
    builder = Hidden(data_dir=tmp_path)
    builder.download_and_prepare()
    photos = Photos(builder)
    assert photos.splits['test'] == 'train[10%:20%]'
    assert all(example['label'] >= 0 for example in photos.read('test'))


@pytest.mark.parametrize('name, message', [
    ('cassava_crop/no_such', "no config 'no_such'; its configs are demo, icassava2019, kaggle2020"),
    ('no_such_set', "no data set and no folder is called 'no_such_set'"),
    ('./no_such_folder', "no data set and no folder is called './no_such_folder'"),
    ('not a name', "no data set and no folder is called 'not a name'"),
    ('', "no data set and no folder is called ''"),
])
def test_a_name_that_does_not_exist_is_refused(tmp_path, name, message):
    with pytest.raises(UserError, match=message):
        prepare(name, str(tmp_path))


def test_a_missing_manual_dir_is_named(tmp_path):
    with pytest.raises(UserError, match='Manual directory .*nowhere'):
        prepare('cassava_crop/kaggle2020', str(tmp_path), str(tmp_path / 'nowhere'))


@pytest.mark.parametrize('error', [
    tfds.download.DownloadError('404'), AssertionError('a fault of the program')])
def test_other_errors_of_tfds_are_not_changed(tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(tfds.core.GeneratorBasedBuilder, 'download_and_prepare', fail)
    with pytest.raises(type(error)) as raised:
        prepare('cassava_crop/demo', str(tmp_path))
    assert raised.value is error


def test_two_processes_do_not_prepare_one_set_at_once(own_copy, tmp_path, monkeypatch, capfd):
    """While another process holds the lock, prepare waits; then it finds the set prepared."""
    lock = lock_or_fail(tmp_path / '.cassava_crop-demo-1.1.0.lock', message='in use')

    def fail(*_, **__):
        raise AssertionError('prepared twice')

    prepared = []
    monkeypatch.setattr(tfds.core.GeneratorBasedBuilder, 'download_and_prepare', fail)
    waiting = threading.Thread(
        target=lambda: prepared.append(prepare('cassava_crop/demo', str(tmp_path))))
    waiting.start()
    while 'waiting for another process' not in capfd.readouterr().err:
        assert waiting.is_alive()
    made = own_copy / 'cassava_crop/small/1.1.0'
    info = json.loads((made / 'dataset_info.json').read_text())
    (made / 'dataset_info.json').write_text(json.dumps({**info, 'configName': 'demo'}))
    shutil.move(own_copy / 'cassava_crop/small', tmp_path / 'cassava_crop/demo')
    lock.release()
    waiting.join()
    assert prepared[0].count('train') > 0


def test_errors_in_reading_do_not_speak_of_user_code(photos, monkeypatch):
    """AutoGraph puts "in user code" around errors in the functions that it converts."""
    monkeypatch.setattr(Photos, '_has_usable_grid', lambda _: True)

    def without_grid(self, split, features):
        return tf.data.Dataset.from_tensors({'image': b'', 'label': 0})

    monkeypatch.setattr(Photos, '_stored', without_grid)
    with pytest.raises(KeyError) as raised:
        photos.read('train')
    assert raised.value.args == ('leaf_grid',)

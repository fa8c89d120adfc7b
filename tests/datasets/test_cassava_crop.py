"""The builder, as TFDS tests builders, and as people load it."""

import hashlib
import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.color import tf_color_mask
from dualstream.crop import array_crop, coverage, leaf_grid
from dualstream.datasets.cassava_crop import cassava_crop_dataset_builder
from dualstream.datasets.cassava_crop.demo_config import Demo
from dualstream.datasets.cassava_crop.labels import LABELS
from dualstream.datasets.records import Record, stratified_splits

Builder = cassava_crop_dataset_builder.Builder
DUMMY_DATA = pathlib.Path(cassava_crop_dataset_builder.__file__).parent / 'dummy_data'


class Icassava2019Test(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ['icassava2019']
    EXAMPLE_DIR = str(DUMMY_DATA / 'icassava2019')
    SPLITS = {'train': 5, 'validation': 5, 'test': 5}


class Kaggle2020Test(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ['kaggle2020']
    EXAMPLE_DIR = str(DUMMY_DATA / 'kaggle2020')
    SPLITS = {'train': 5, 'validation': 5, 'test': 5}


def test_examples_hold_the_photograph_and_its_grid(builder):
    for example in tfds.as_numpy(builder.as_dataset(split='test').take(3)):
        height, width = example['height'], example['width']
        assert example['image'].shape == (height, width, 3) == (600, 800, 3)
        assert example['image'].dtype == np.uint8
        assert example['filename'].startswith(b'synthetic-')
        np.testing.assert_array_equal(
            example['leaf_grid'], leaf_grid(tf_color_mask(example['image'])))
        assert example['crop'].shape == (224, 224, 3) and example['crop'].dtype == np.uint8


def test_crop_is_the_leafiest_window(builder):
    for example in tfds.as_numpy(builder.as_dataset(split='test').take(5)):
        mask = tf_color_mask(example['image'])
        best = float(coverage(mask, array_crop(mask, (224, 224))))
        assert tf_color_mask(example['crop']).numpy().mean() >= best - 0.01
        y, x, height, width = array_crop(
            example['leaf_grid'], (224, 224), example['image'].shape[:2], block=8).numpy()
        np.testing.assert_array_equal(
            example['crop'], example['image'][y:y + height, x:x + width])


def test_supervised_is_crop_and_label_ready_to_batch(builder):
    by_name = {example['filename'].numpy(): example for example in builder.as_dataset(split='test')}
    supervised = builder.as_dataset(split='test', as_supervised=True)
    for (crop, label), example in zip(supervised, by_name.values(), strict=True):
        np.testing.assert_array_equal(crop, example['crop'])
        assert label == example['label']
    images, labels = next(iter(supervised.batch(4)))
    assert images.shape == (4, 224, 224, 3) and labels.shape == (4,)


def test_bytes_are_stored_as_they_came(builder):
    skip = {'image': tfds.decode.SkipDecoding(), 'crop': tfds.decode.SkipDecoding()}
    drawn = {record.filename: record for records in builder.builder_config.records(None).values()
             for record in records}
    for example in tfds.as_numpy(builder.as_dataset(split='test', decoders=skip)):
        assert 'crop' not in example
        assert example['image'] == drawn[example['filename'].decode()].content.read()


@pytest.fixture(params=['by code', 'from files'])
def loaded(request, builder):
    """The small demo set's builder, as it is made by this package's code and by TFDS alone."""
    if request.param == 'by code':
        return builder
    return tfds.builder_from_directory(builder.data_dir)


def test_partial_decoding_gives_the_features_asked_for(loaded):
    partial = tfds.decode.PartialDecoding({'label', 'filename'})
    example = next(iter(loaded.as_dataset(split='test', decoders=partial)))
    assert set(example) == {'label', 'filename'}
    undecoded = tfds.decode.PartialDecoding(
        {'image': True}, decoders={'image': tfds.decode.SkipDecoding()})
    example = next(iter(loaded.as_dataset(split='test', decoders=undecoded)))
    assert set(example) == {'image'} and tf.io.is_jpeg(example['image'])


def test_partial_decoding_refuses_the_crop(loaded):
    with pytest.raises(ValueError, match="Missing expected feature 'crop'"):
        loaded.as_dataset(split='test', decoders=tfds.decode.PartialDecoding({'crop', 'label'}))


@pytest.mark.parametrize('as_supervised', [False, True])
def test_a_data_frame_shows_every_column(loaded, as_supervised):
    examples = loaded.as_dataset(split='test', as_supervised=as_supervised)
    frame = tfds.as_dataframe(examples.take(2), loaded.info)
    assert {'crop', 'label'} <= set(frame.columns) and len(frame) == 2
    assert frame['crop'][0].shape == (224, 224, 3)
    assert '<img' in frame._repr_html_()


def test_examples_are_shown(loaded):
    figure = tfds.show_examples(loaded.as_dataset(split='test'), loaded.info, rows=1, cols=2)
    assert [axes.get_xlabel().split(' ')[0] in LABELS for axes in figure.axes] == [True, True]
    figure.clear()


def test_a_data_source_gives_the_same_examples(tmp_path):
    source_builder = Builder(
        config=Demo(name='few', pictures=10), data_dir=tmp_path, file_format='array_record')
    source_builder.download_and_prepare()
    source = source_builder.as_data_source(split='train')
    stored = source_builder.as_data_source(
        split='train', deserialize_method=tfds.decode.DeserializeMethod.RAW_BYTES)
    assert len(source) == source_builder.info.splits['train'].num_examples
    for given, serialized in zip(source, stored, strict=True):
        expected = source_builder.info.features.deserialize_example(serialized)
        assert set(given) == set(expected)
        for key in ('label', 'filename', 'leaf_grid', 'crop'):
            np.testing.assert_array_equal(given[key], expected[key])
    skip = {'crop': tfds.decode.SkipDecoding()}
    assert 'crop' not in source_builder.as_data_source(split='train', decoders=skip)[0]


def test_a_data_source_of_tfrecords_is_refused(loaded):
    with pytest.raises(NotImplementedError, match='array_record'):
        loaded.as_data_source(split='train')


def test_metadata_tell_the_mask_and_that_the_demo_is_synthetic(builder):
    metadata = tfds.builder_from_directory(builder.data_dir).info.metadata
    assert metadata['hsv_range'] == {
        'hue': [35, 170], 'saturation': [0.2, 1.0], 'value': [0.12, 1.0]}
    assert metadata['block'] == 8 and metadata['synthetic'] is True
    assert 'SYNTHETIC' in Builder.builder_configs['demo'].description


def test_labels_are_the_same_everywhere():
    for config in ('demo', 'icassava2019', 'kaggle2020'):
        assert tuple(Builder(config=config).info.features['label'].names) == LABELS
    assert Builder.DEFAULT_CONFIG_NAME == 'demo'
    assert Builder.builder_configs['demo'].pictures >= 1000


def python(code, *arguments, **kwargs):
    return subprocess.run(
        [sys.executable, '-c', textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, **kwargs)


@pytest.mark.parametrize('imports', [
    pytest.param('import dualstream; import tensorflow_datasets as tfds', id='before',
                 marks=pytest.mark.slow),
    pytest.param('import tensorflow_datasets as tfds; import dualstream', id='after',
                 marks=pytest.mark.slow),
    pytest.param('import tensorflow_datasets as tfds', id='never'),  # from the files alone
])
def test_load_in_a_fresh_process(builder, data_dir, tmp_path, imports):
    code = imports + '''
import sys
crops = tfds.load('cassava_crop/small', data_dir=sys.argv[1], split='test', as_supervised=True)
images, labels = next(iter(crops.batch(4)))
print(images.shape, images.dtype.name, labels.shape)
'''
    process = python(code, data_dir, cwd=tmp_path)
    assert process.stdout.strip() == '(4, 224, 224, 3) uint8 (4,)', process.stderr


@pytest.mark.parametrize('imports', [
    'import dualstream; import tensorflow_datasets as tfds',
    pytest.param('import tensorflow_datasets as tfds; import dualstream', marks=pytest.mark.slow),
])
def test_name_is_known_after_import(tmp_path, imports):
    process = python(f"{imports}; print(tfds.builder('cassava_crop', data_dir='.').info.full_name)",
                     cwd=tmp_path)
    assert process.stdout.strip() == 'cassava_crop/demo/1.1.0', process.stderr


def test_icassava_is_downloaded_with_its_checksum():
    (url, info), = Builder.url_infos.items()
    assert url.endswith('/cassavaleafdata.zip')
    assert info.size == 1354096203
    assert info.checksum == '8ae63d2ef7dee0899d252a748523e603f97e2ae7022f103f92fc42a9fce74d95'


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in pathlib.Path(folder).glob('*.tfrecord*')}


def tfds_build(data_dir, *more):
    """TFDS's own command, in a process of its own."""
    command = pathlib.Path(sys.executable).with_name('tfds')
    subprocess.run(
        [command, 'build', 'cassava_crop/kaggle2020', '--imports=dualstream',
         f'--data_dir={data_dir}', f'--manual_dir={DUMMY_DATA / "kaggle2020"}', *more],
        check=True, capture_output=True)
    return contents(data_dir / 'cassava_crop' / 'kaggle2020' / '1.1.0')


@pytest.mark.slow
def test_beam_writes_the_same_bytes(tmp_path):
    in_process = tfds_build(tmp_path / 'in_process')
    on_beam = tfds_build(tmp_path / 'on_beam', '--beam_pipeline_options=runner=DirectRunner')
    assert on_beam == in_process and len(in_process) == 3


def test_same_seed_same_bytes(builder, tmp_path):
    again = Builder(config=builder.builder_config, data_dir=tmp_path)
    again.download_and_prepare()
    assert contents(again.data_dir) == contents(builder.data_dir)


def test_another_seed_draws_other_photographs():
    first, second = (Demo(name='small', seed=seed).records(None)['test'][0] for seed in (2020, 1))
    assert first.content.read() != second.content.read()


def test_splits_are_stratified_disjoint_and_do_not_depend_on_order():
    rng = np.random.default_rng(0)
    records = [Record(f'{number}.jpg', int(label), None)
               for number, label in enumerate(rng.choice(5, 1000, p=[.05, .1, .1, .6, .15]))]
    splits = stratified_splits(records, 0.1, 0.2)
    assert sorted(sum(splits.values(), []), key=lambda record: record.filename) == sorted(
        records, key=lambda record: record.filename)
    for label in range(5):
        total = sum(record.label == label for record in records)
        for name, share in (('validation', 0.1), ('test', 0.2)):
            assert sum(record.label == label for record in splits[name]) == round(share * total)
    shuffled = [records[index] for index in rng.permutation(len(records))]
    assert stratified_splits(shuffled, 0.1, 0.2) == splits


def test_even_a_rare_class_is_in_every_split():
    records = [Record(f'{label}-{number}', label, None) for label in (0, 1) for number in range(3)]
    for split in stratified_splits(records, 0.1, 0.1).values():
        assert {record.label for record in split} == {0, 1}


@pytest.mark.slow
def test_real_photographs(tmp_path):
    real = pathlib.Path(__file__).parents[3] / 'shared' / 'data' / 'kaggle2020'
    if not real.is_dir():
        pytest.skip('no real photographs here')
    config = tfds.download.DownloadConfig(manual_dir=str(real), max_examples_per_split=10)
    builder = Builder(config='kaggle2020', data_dir=tmp_path)
    builder.download_and_prepare(download_config=config)
    for image, _ in builder.as_dataset(split='train', as_supervised=True):
        assert image.shape == (224, 224, 3) and tf.math.reduce_std(
            tf.cast(image, tf.float32)) > 10

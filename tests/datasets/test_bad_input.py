"""What people really have in their folders: each fault is named, and none leaves a data set."""

import io
import json
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image, ImageFile
from tensorflow_datasets.core import read_only_builder

from dualstream.datasets.cassava_crop import cassava_crop_dataset_builder
from dualstream.datasets.cassava_crop.demo_config import Demo, Drawing
from dualstream.datasets.jpeg import check_readable, refusing_truncated, upright_jpeg
from dualstream.datasets.records import Refused

DUMMY_DATA = pathlib.Path(cassava_crop_dataset_builder.__file__).parent / 'dummy_data'


@pytest.fixture
def manual_dir(tmp_path):
    """A copy of the Kaggle layout, to break."""
    return pathlib.Path(shutil.copytree(DUMMY_DATA / 'kaggle2020', tmp_path / 'manual'))


@pytest.fixture
def prepare(manual_dir, tmp_path):
    """Prepares the copy; returns the builder."""
    def prepare_it():
        builder = cassava_crop_dataset_builder.Builder(config='kaggle2020', data_dir=tmp_path)
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(manual_dir=str(manual_dir)))
        return builder
    return prepare_it


@pytest.fixture
def refused(prepare, tmp_path):
    """Prepares the copy, which must be refused; returns what was said, line by line."""
    def prepare_it():
        with pytest.raises(Refused) as error:
            prepare()
        assert_nothing_loads(tmp_path)
        return str(error.value).splitlines()
    return prepare_it


def assert_nothing_loads(data_dir):
    with pytest.raises(tfds.core.DatasetNotFoundError):
        read_only_builder.builder_from_files('cassava_crop', config='kaggle2020', data_dir=data_dir)
    assert not cassava_crop_dataset_builder.Builder(
        config='kaggle2020', data_dir=data_dir).is_prepared()


def photographs(manual_dir):
    return sorted((manual_dir / 'train_images').iterdir())


def rows(manual_dir):
    return (manual_dir / 'train.csv').read_text().splitlines()


def write_rows(manual_dir, lines):
    (manual_dir / 'train.csv').write_text('\n'.join(lines) + '\n')


def test_every_fault_is_listed_at_once(manual_dir, refused):
    first, second, third, *_ = photographs(manual_dir)
    first.unlink()
    (manual_dir / 'train_images' / 'stray.jpg').write_bytes(second.read_bytes())
    lines = rows(manual_dir)
    write_rows(manual_dir, [
        *(line.replace(',', ',7') if line.startswith(second.name) else line for line in lines),
        next(line for line in lines if line.startswith(third.name))])
    said = refused()
    assert said[0].startswith('4 problems in ')
    for name, reason in ((first.name, 'no file'), ('stray.jpg', 'no row'),
                         (second.name, 'label'), (third.name, '2 rows')):
        assert sum(name in line and reason in line for line in said) == 1


def test_faults_of_the_table_and_of_photographs_are_listed_together(manual_dir, refused):
    damaged, missing, *_ = photographs(manual_dir)
    damaged.write_text('not a photograph')
    missing.unlink()
    said = refused()
    assert said[0].startswith('2 problems')
    for name, reason in ((damaged.name, 'not a picture'), (missing.name, 'no file')):
        assert sum(name in line and reason in line for line in said) == 1


@pytest.mark.parametrize('pillow_is_lenient', [False, True])
def test_unreadable_photographs_are_all_listed(
        manual_dir, refused, monkeypatch, pillow_is_lenient):
    # TFDS sets this for the whole process when it decodes an image with Pillow.
    monkeypatch.setattr(ImageFile, 'LOAD_TRUNCATED_IMAGES', pillow_is_lenient)
    truncated, empty, text, *_ = photographs(manual_dir)
    truncated.write_bytes(truncated.read_bytes()[:-200])
    empty.write_bytes(b'')
    text.write_text('not a photograph')
    said = refused()
    assert said[0].startswith('3 problems')
    for name, reason in ((truncated, 'truncated'), (empty, 'not a picture'),
                         (text, 'not a picture')):
        assert sum(name.name in line and reason in line for line in said) == 1


@pytest.mark.parametrize('label', ['5', '-1', 'healthy', '', '1.0'])
def test_a_label_out_of_range_is_refused(manual_dir, refused, label):
    header, row, *rest = rows(manual_dir)
    name = row.split(',')[0]
    write_rows(manual_dir, [header, f'{name},{label}', *rest])
    assert any(name in line and repr(label) in line for line in refused())


@pytest.mark.parametrize('missing, named', [
    ('train.csv', 'train.csv'), ('train_images', 'train_tfrecords'),
    ('label_num_to_disease_map.json', 'label_num_to_disease_map.json')])
def test_a_missing_part_is_named(manual_dir, refused, missing, named):
    path = manual_dir / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert any(named in line for line in refused())


def test_an_empty_folder_is_refused(manual_dir, refused):
    for photograph in photographs(manual_dir):
        photograph.unlink()
    write_rows(manual_dir, ['image_id,label'])
    assert 'no photographs found' in refused()[-1]


def test_a_strange_table_is_refused(manual_dir, refused):
    write_rows(manual_dir, ['name;class', 'a.jpg;1'])
    assert any('image_id,label' in line for line in refused())


def test_another_meaning_of_the_labels_is_refused(manual_dir, refused):
    (manual_dir / 'label_num_to_disease_map.json').write_text(json.dumps({'0': 'Healthy'}))
    assert any('label_num_to_disease_map.json' in line for line in refused())


def picture(size=(64, 48), mode='RGB'):
    rng = np.random.default_rng(0)
    channels = len(Image.new(mode, (1, 1)).getbands())
    small = rng.integers(0, 256, (6, 8, channels), np.uint8)
    image = Image.fromarray(small.squeeze(), mode)
    return image.resize(size, Image.Resampling.BILINEAR)


def encoded(image, form='JPEG', **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def decoded(contents):
    return tf.io.decode_jpeg(contents, channels=3).numpy().astype(int)


def test_plain_jpegs_are_kept_byte_for_byte():
    for contents in (encoded(picture()), encoded(picture(mode='L')),
                     encoded(picture(), progressive=True)):
        assert upright_jpeg(contents) == contents


@pytest.mark.parametrize('form', ['PNG', 'WEBP', 'BMP'])
def test_another_format_named_jpg_is_converted(form):
    contents = encoded(picture(), form, **({'lossless': True} if form == 'WEBP' else {}))
    converted = upright_jpeg(contents)
    assert tf.io.is_jpeg(converted)
    assert np.abs(decoded(converted) - np.asarray(picture()).astype(int)).mean() < 3


def test_transparent_png_is_converted():
    assert decoded(upright_jpeg(encoded(picture(mode='RGBA'), 'PNG'))).shape == (48, 64, 3)


def test_cmyk_is_converted_to_the_colors_that_pillow_sees():
    contents = encoded(picture(mode='CMYK'), quality=95)
    with Image.open(io.BytesIO(contents)) as image:
        seen = np.asarray(image.convert('RGB')).astype(int)
    assert np.abs(decoded(upright_jpeg(contents)) - seen).mean() < 3


@pytest.mark.parametrize('orientation', [0, 1, 9])
def test_an_upright_or_invalid_orientation_changes_no_byte(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    contents = encoded(picture(), exif=exif)
    assert upright_jpeg(contents) == contents


@pytest.mark.parametrize('form', ['PNG', 'TIFF'])
def test_sixteen_bits_become_eight(form):
    gray = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (48, 1))
    seen = decoded(upright_jpeg(encoded(Image.fromarray(gray), form)))
    assert np.abs(seen - (gray // 256)[..., None].astype(int)).max() <= 3


def test_sixteen_bits_of_each_color_become_eight():
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (48, 1))
    pixels = np.stack([ramp, ramp[:, ::-1], ramp // 2], axis=-1)
    contents = tf.io.encode_png(pixels).numpy()
    assert np.abs(decoded(upright_jpeg(contents)) - pixels // 256).max() <= 6


@pytest.mark.parametrize('orientation, turn', [
    (3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_270),
    (8, Image.Transpose.ROTATE_90), (2, Image.Transpose.FLIP_LEFT_RIGHT)])
def test_exif_rotation_is_carried_out(orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = upright_jpeg(encoded(picture(), exif=exif, quality=95))
    turned = np.asarray(picture().transpose(turn)).astype(int)
    assert np.abs(decoded(upright) - turned).mean() < 4
    with Image.open(io.BytesIO(upright)) as image:
        assert image.getexif().get(0x0112, 1) == 1


def test_readable_is_what_decodes_to_the_end():
    contents = encoded(picture((640, 480)), quality=90)
    check_readable(contents)
    for length in (len(contents) // 2, len(contents) - 100, 100, 0):
        with refusing_truncated(), pytest.raises(ValueError, match='bytes'):
            check_readable(contents[:length])


def test_floating_point_pixels_are_refused():
    contents = encoded(Image.fromarray(np.ones((8, 8), np.float32)), 'TIFF')
    with pytest.raises(ValueError, match='floating-point pixels'):
        check_readable(contents)


def test_odd_photographs_are_prepared(manual_dir, prepare):
    gray, cmyk, png, turned, *_ = photographs(manual_dir)
    exif = Image.Exif()
    exif[0x0112] = 6
    gray.write_bytes(encoded(picture(mode='L')))
    cmyk.write_bytes(encoded(picture(mode='CMYK')))
    png.write_bytes(encoded(picture(), 'PNG'))
    turned.write_bytes(encoded(picture(), exif=exif))
    splits = prepare().as_dataset()
    sizes = {example['filename'].numpy().decode(): tuple(example['image'].shape)
             for split in splits.values() for example in split}
    assert len(sizes) == 15
    assert sizes[turned.name] == (64, 48, 3)
    assert sizes[gray.name] == sizes[cmyk.name] == sizes[png.name] == (48, 64, 3)


def write_tfrecords(manual_dir, names=True):
    """Replaces train_images/ by TFRecords in Kaggle's layout."""
    labels = dict(row.split(',') for row in rows(manual_dir)[1:])
    folder = manual_dir / 'train_tfrecords'
    folder.mkdir()
    path = folder / f'ld_train00-{len(labels)}.tfrec'
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name, label in labels.items():
            image = (manual_dir / 'train_images' / name).read_bytes()
            features = {
                'image': tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
                'target': tf.train.Feature(int64_list=tf.train.Int64List(value=[int(label)]))}
            if names:
                features['image_name'] = tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[name.encode()]))
            writer.write(tf.train.Example(
                features=tf.train.Features(feature=features)).SerializeToString())
    shutil.rmtree(manual_dir / 'train_images')
    return path


def test_tfrecords_give_the_same_data_set_as_jpegs(manual_dir, prepare, tmp_path):
    def files(builder):
        return {path.name: path.read_bytes()
                for path in pathlib.Path(builder.data_dir).glob('*.tfrecord*')}

    from_jpegs = prepare()
    expected = files(from_jpegs)
    shutil.rmtree(from_jpegs.data_dir)
    write_tfrecords(manual_dir)
    assert files(prepare()) == expected


def test_tfrecords_without_names_are_numbered(manual_dir, prepare):
    write_tfrecords(manual_dir, names=False)
    names = {example['filename'].numpy() for example in prepare().as_dataset(split='train')}
    assert all(name.startswith(b'ld_train00-15-00') for name in names) and len(names) == 5


def test_a_truncated_tfrecord_is_refused(manual_dir, refused):
    path = write_tfrecords(manual_dir)
    path.write_bytes(path.read_bytes()[:-100])
    assert any(f'{path.name}: record 14 is damaged or truncated' in line for line in refused())


def rewrite_record(path, number, change):
    """Changes one record of a TFRecord file."""
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(path)) as writer:
        for index, record in enumerate(records):
            writer.write(change(record) if index == number else record)


def without_image(record):
    example = tf.train.Example.FromString(record)
    del example.features.feature['image']
    return example.SerializeToString()


def test_faulty_records_are_all_listed(manual_dir, refused):
    path = write_tfrecords(manual_dir)
    rewrite_record(path, 3, lambda _: b'\xff no example')
    rewrite_record(path, 5, without_image)
    name = rows(manual_dir)[1 + 5].split(',')[0]
    lines = refused()
    assert lines[0].startswith('2 problems')
    assert any(f'{path.stem}-0003.jpg is not a tf.train.Example' in line for line in lines)
    assert any(f"{name} has no 'image'" in line for line in lines)


def test_a_flipped_bit_is_found_by_its_checksum(manual_dir, refused):
    path = write_tfrecords(manual_dir)
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    assert any('is damaged or truncated' in line for line in refused())


def test_tfrecords_short_of_what_their_name_promises_are_refused(manual_dir, refused):
    path = write_tfrecords(manual_dir)
    contents = path.read_bytes()
    first = 16 + struct.unpack('<Q', contents[:8])[0]
    path.write_bytes(contents[first:])
    assert any('14 whole records' in line and 'promises 15' in line for line in refused())


PREPARE = '''
    import sys
    import dualstream
    import tensorflow_datasets as tfds
    from dualstream.datasets.cassava_crop.demo_config import Demo
    from dualstream.datasets.cassava_crop.cassava_crop_dataset_builder import Builder
    builder = Builder(config=Demo(name='small', pictures=int(sys.argv[2])), data_dir=sys.argv[1])
    builder.download_and_prepare()
'''


def start_preparing(data_dir, pictures, before=''):
    code = textwrap.dedent(before) + textwrap.dedent(PREPARE)
    return subprocess.Popen([sys.executable, '-c', code, str(data_dir), str(pictures)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def small_is_prepared(data_dir):
    try:
        return read_only_builder.builder_from_files(
            'cassava_crop', config='small', data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        return None


def test_a_failed_preparation_leaves_nothing_that_loads(tmp_path, monkeypatch):
    made = []

    def fail(*_):
        made.append(len(made))
        if len(made) == 5:
            raise KeyboardInterrupt
        return encoded(picture())

    monkeypatch.setattr(Drawing, 'read', fail)
    builder = cassava_crop_dataset_builder.Builder(
        config=Demo(name='small', pictures=20), data_dir=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        builder.download_and_prepare()
    assert not builder.is_prepared() and small_is_prepared(tmp_path) is None


@pytest.mark.slow
def test_a_killed_preparation_leaves_nothing_that_loads_and_can_be_repeated(tmp_path):
    process = start_preparing(tmp_path, 4000)
    started = time.monotonic()
    while not list(tmp_path.glob('cassava_crop/small/*incomplete*')):
        assert process.poll() is None and time.monotonic() < started + 120
        time.sleep(0.1)
    time.sleep(2)  # well into it
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert small_is_prepared(tmp_path) is None
    again = start_preparing(tmp_path, 20)
    assert again.wait() == 0, again.stderr.read()
    splits = small_is_prepared(tmp_path).info.splits
    assert sum(split.num_examples for split in splits.values()) == 20


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_that_loads(tmp_path):
    # A limit on the size of files stands in for the disk: writing fails half-way all the same.
    process = start_preparing(tmp_path, 60, before='''
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    ''')
    _, said = process.communicate()
    assert process.returncode != 0 and 'File too large' in said
    assert small_is_prepared(tmp_path) is None
    assert not list(tmp_path.glob('cassava_crop/small/*'))

"""Arranging a JPEG: other bytes, the same coefficients and pixels, and places to enter it at."""

import io
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from dualstream.datasets import arrange as arranging
from dualstream.datasets.arrange import NotArranged, arrange
from dualstream.datasets.huffman import ZIGZAG, canonical_codes, code_lengths
from dualstream.pipeline.restarts import find_restarts

jpeglib = pytest.importorskip('jpeglib')


def scene(height, width, noise=30, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 9 + 2, width // 9 + 2, 3), np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    noisy = np.asarray(smooth) + rng.normal(0, noise, (height, width, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def jpeg(picture, **options):
    sink = io.BytesIO()
    picture.save(sink, 'JPEG', **options)
    return sink.getvalue()


PHOTOGRAPHS = {
    '4:2:0': jpeg(scene(75, 131), subsampling='4:2:0'),
    '4:2:2': jpeg(scene(75, 131), subsampling='4:2:2'),
    '4:4:4': jpeg(scene(75, 131), subsampling='4:4:4'),
    'gray': jpeg(scene(75, 131).convert('L')),
    'progressive': jpeg(scene(100, 120), progressive=True),
    'best quality': jpeg(scene(64, 64, noise=120), quality=100, subsampling='4:4:4'),
    'low quality': jpeg(scene(64, 200), quality=5),
    'flat': jpeg(Image.new('RGB', (70, 50), (90, 160, 40))),
    'long runs of zeros': jpeg(Image.fromarray(
        np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 255), quality=30),
    'one pixel': jpeg(Image.new('RGB', (1, 1), (9, 99, 199))),
    'markers across rows': jpeg(scene(48, 64), restart_marker_blocks=3),
}


def coefficients(contents, tmp_path):
    path = tmp_path / 'photograph.jpg'
    path.write_bytes(contents)
    read = jpeglib.read_dct(str(path))
    return [plane for plane in (read.Y, read.Cb, read.Cr) if plane is not None] + [read.qt]


IN_THREADS = """
import concurrent.futures, pathlib, sys
from dualstream.datasets.arrange import arrange
photographs = [path.read_bytes() for path in pathlib.Path(sys.argv[1]).iterdir()]
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    in_threads = list(pool.map(lambda contents: arrange(contents)[0], photographs * 30))
assert in_threads == [arrange(contents)[0] for contents in photographs] * 30
"""


def test_photographs_with_metadata_are_arranged_in_threads(tmp_path):
    for index in range(20):
        photograph = jpeg(scene(16, 24, seed=index), comment=bytes(3000 * index), exif=bytes(5000))
        (tmp_path / f'{index}.jpg').write_bytes(photograph)
    # In a process of its own: what went wrong was a crash.
    subprocess.run([sys.executable, '-c', IN_THREADS, str(tmp_path)], check=True)


@pytest.mark.parametrize('name', PHOTOGRAPHS)
def test_coefficients_and_pixels_stay(name, tmp_path):
    contents = PHOTOGRAPHS[name]
    arranged, restarts = arrange(contents)
    for before, after in zip(coefficients(contents, tmp_path), coefficients(arranged, tmp_path),
                             strict=True):
        np.testing.assert_array_equal(after, before)
    np.testing.assert_array_equal(
        tf.io.decode_jpeg(arranged), tf.io.decode_jpeg(contents))
    with Image.open(io.BytesIO(arranged)) as ours, Image.open(io.BytesIO(contents)) as theirs:
        assert 'progressive' not in ours.info and ours.mode == theirs.mode
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    np.testing.assert_array_equal(restarts, find_restarts(arranged))
    assert restarts.size


def test_a_file_hardly_grows():
    contents = jpeg(scene(300, 400, noise=12), quality=90)
    arranged, _ = arrange(contents)
    assert len(arranged) < 1.03 * len(contents)


def test_what_is_arranged_is_kept():
    contents = jpeg(scene(64, 96), restart_marker_blocks=3, comment='made by hand')
    assert arrange(contents)[0] == contents


def test_intervals_are_as_wide_as_can_be_up_to_32_pixels():
    for width, subsampling, expected in (
            (800, '4:2:0', 32), (816, '4:2:0', 16), (800, '4:4:4', 32), (88, '4:4:4', 8),
            (72, '4:4:4', 24)):
        _, restarts = arrange(jpeg(scene(16, width), subsampling=subsampling))
        assert restarts[1, 0] == expected, (width, subsampling)


def test_colour_profiles_stay_and_other_metadata_go():
    exif = Image.Exif()
    exif[0x010E] = 'a leaf'
    contents = jpeg(scene(32, 32), icc_profile=b'a profile', exif=exif, comment='a comment')
    with Image.open(io.BytesIO(arrange(contents)[0])) as picture:
        assert picture.info['icc_profile'] == b'a profile'
        assert not picture.getexif() and 'comment' not in picture.info


def with_frame(contents, marker=0xC0, **bytes_at):
    at = contents.index(b'\xff\xc0')
    changed = bytearray(contents)
    changed[at + 1] = marker
    for offset, value in bytes_at.items():
        changed[at + int(offset[1:])] = value
    return bytes(changed)


@pytest.mark.parametrize('contents', [
    with_frame(PHOTOGRAPHS['4:4:4'], _4=12), with_frame(PHOTOGRAPHS['4:4:4'], 0xC9),
    jpeg(scene(16, 16).convert('CMYK'))], ids=['12 bits', 'arithmetic', 'CMYK'])
def test_other_kinds_of_jpeg_are_not_arranged(contents):
    with pytest.raises(NotArranged, match='12 bits, arithmetic coding or another number'):
        arrange(contents)


def test_other_pixels_are_never_stored(monkeypatch):
    def other(contents, components):
        planes = read(contents, components)
        planes[0][1, 2, 0] += 3
        return planes

    read = arranging._coefficients
    monkeypatch.setattr(arranging, '_coefficients', other)
    with pytest.raises(NotArranged, match='the same pixels'):
        arrange(PHOTOGRAPHS['4:2:0'])


def test_without_jpeglib_photographs_are_stored_as_they_are(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'jpeglib', None)
    photographs = {}
    for index in range(8):
        name = f'{"ab"[index % 2]}/{index}.jpg'
        path = tmp_path / 'photos' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        options = {'restart_marker_blocks': 1} if index < 3 else {}
        path.write_bytes(jpeg(scene(240, 256, seed=index), **options))
        photographs[name] = path.read_bytes()
    builder = tfds.builder('photo_folder', root=tmp_path / 'photos', data_dir=tmp_path)
    builder.download_and_prepare()
    assert ('5 photographs are stored as they are, so that decoding a window of them takes longer: '
            '5 because jpeglib is not installed') in capsys.readouterr().err
    stored = builder.as_dataset(split='all', decoders={'image': tfds.decode.SkipDecoding()})
    for example in tfds.as_numpy(stored):
        name = example['filename'].decode()
        assert example['image'] == photographs[name]
        assert (example['restarts'].size > 0) == (int(name[2]) < 3)
        assert example['crop'].shape == (224, 224, 3)


@pytest.mark.parametrize('counts', [
    np.bincount([0], minlength=256), np.bincount([5, 5, 9], minlength=256), np.ones(256, int),
    np.r_[[int(1.7**power) for power in range(40)], np.zeros(216, int)],  # lengths above 16
    np.random.default_rng(0).integers(0, 1000, 256),
])
def test_codes_are_prefix_free_short_and_none_is_all_ones(counts):
    lengths = code_lengths(counts)
    codes = canonical_codes(lengths)
    assert ((lengths > 0) == (counts > 0)).all() and lengths.max() <= 16
    written = sorted(f'{codes[symbol]:0{lengths[symbol]}b}' for symbol in np.flatnonzero(counts))
    assert all('0' in code for code in written)
    for before, after in zip(written, written[1:]):
        assert not after.startswith(before)
    frequent = np.argsort(-counts[counts > 0], kind='stable')
    assert (np.diff(lengths[counts > 0][frequent].astype(int)) >= 0).all()


def test_the_zigzag_goes_along_the_diagonals():
    diagonals = [int(place) // 8 + int(place) % 8 for place in ZIGZAG]
    assert diagonals == sorted(diagonals) and sorted(ZIGZAG) == list(range(64))
    assert ZIGZAG[:3].tolist() == [0, 1, 8]

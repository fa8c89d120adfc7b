"""Slides read in bands are the pixels that whole readers give, whatever the file's layout."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from dualstream.runtime.errors import UserError
from dualstream.slides.reading import open_slide
from dualstream.slides.writing import cut, write_tiles


def drawn(dtype, shape=(150, 203, 3)):
    """Pixels that no two neighbours share, so that a shifted tile would show."""
    pixels = np.random.default_rng(0).random(shape)
    return pixels.astype(dtype) if dtype == 'float32' else (
        pixels * np.iinfo(dtype).max).astype(dtype)


def read(path, rows=64):
    with open_slide(path) as slide:
        bands = list(slide.bands(rows))
    pixels = np.concatenate(bands)
    assert pixels.shape == slide.shape and pixels.dtype == slide.dtype
    assert all(len(band) == rows for band in bands[:-1])
    return pixels


@pytest.mark.parametrize('rows', [37, 1000])
@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float32'])
@pytest.mark.parametrize('layout', [
    {}, {'byteorder': '>'}, {'rowsperstrip': 7}, {'rowsperstrip': 7, 'compression': 'zlib'},
    {'tile': (32, 48)}, {'tile': (32, 48), 'compression': 'zlib', 'predictor': True},
    {'tile': (64, 64), 'planarconfig': 'separate'}, {'planarconfig': 'separate'},
    {'compression': 'zlib'}, {'bigtiff': True, 'tile': (16, 16)},
], ids=str)
def test_all_layouts_of_tiff_are_read_as_tifffile_reads_them(layout, dtype, rows, tmp_path):
    pixels = drawn(dtype)
    if dtype == 'float32':
        layout = {**layout, 'predictor': None}
    separate = layout.get('planarconfig') == 'separate'
    tifffile.imwrite(tmp_path / 'slide.tif', np.moveaxis(pixels, 2, 0) if separate else pixels,
                     photometric='rgb', **layout)
    np.testing.assert_array_equal(read(tmp_path / 'slide.tif', rows), pixels)


@pytest.mark.parametrize('mode, channels', [('L', 1), ('LA', 1), ('RGB', 3), ('RGBA', 3), ('P', 3)])
@pytest.mark.parametrize('suffix', ['png', 'tif'])
def test_gray_and_alpha(mode, channels, suffix, tmp_path):
    image = Image.fromarray(drawn('uint8')).convert(mode)
    image.save(tmp_path / f'a.{suffix}')
    if mode == 'P' and suffix == 'tif':
        with pytest.raises(UserError, match='a.tif: pixels must be gray or RGB, got PALETTE'):
            read(tmp_path / 'a.tif')
        return
    expected = np.asarray(image.convert('L' if channels == 1 else 'RGB')).reshape(150, 203, -1)
    np.testing.assert_array_equal(read(tmp_path / f'a.{suffix}'), expected)


def test_photographs_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the first row of pixels is the right side
    Image.fromarray(drawn('uint8')).save(tmp_path / 'a.png', exif=exif)
    np.testing.assert_array_equal(
        read(tmp_path / 'a.png'), np.rot90(drawn('uint8'), -1))


def test_a_png_of_16_bits_keeps_them(tmp_path):
    import tensorflow as tf

    pixels = drawn('uint16')
    (tmp_path / 'deep.png').write_bytes(tf.io.encode_png(pixels).numpy())
    np.testing.assert_array_equal(read(tmp_path / 'deep.png'), pixels)


def test_jpeg_in_tiff_needs_imagecodecs_and_is_read_with_it(tmp_path):
    pytest.importorskip('imagecodecs')
    smooth = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None], (200, 160, 3))
    tifffile.imwrite(tmp_path / 'slide.svs', smooth, photometric='rgb', tile=(64, 64),
                     compression='jpeg')
    assert np.abs(read(tmp_path / 'slide.svs').astype(int) - smooth).max() < 8


def test_a_broken_tile_of_jpeg_is_named(tmp_path):
    pytest.importorskip('imagecodecs')
    path = tmp_path / 'slide.svs'
    tifffile.imwrite(path, drawn('uint8'), photometric='rgb', tile=(64, 64), compression='jpeg')
    with tifffile.TiffFile(path) as tiff:
        first, size = tiff.pages[0].dataoffsets[0], tiff.pages[0].databytecounts[0]
    contents = bytearray(path.read_bytes())
    contents[first:first + size] = bytes(size)
    path.write_bytes(contents)
    with pytest.raises(UserError, match='slide.svs cannot be read'):
        read(path)


def test_the_first_picture_counts_at_its_full_size(tmp_path):
    pixels = drawn('uint8')
    with tifffile.TiffWriter(tmp_path / 'pyramid.tif') as tiff:
        tiff.write(pixels, tile=(64, 64), photometric='rgb', subifds=1)
        tiff.write(pixels[::2, ::2], tile=(64, 64), photometric='rgb', subfiletype=1)
    np.testing.assert_array_equal(read(tmp_path / 'pyramid.tif'), pixels)


@pytest.mark.parametrize('most', [1, 10, 64, 203, 500])
def test_an_overview_is_every_kth_pixel(most, tmp_path):
    pixels = drawn('uint8')
    tifffile.imwrite(tmp_path / 'slide.tif', pixels, photometric='rgb', tile=(32, 32))
    with open_slide(tmp_path / 'slide.tif') as slide:
        seen = slide.overview(most)
    step = -(-203 // most)
    assert max(seen.shape[:2]) <= most
    np.testing.assert_array_equal(seen, pixels[::step, ::step])


@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float32'])
@pytest.mark.parametrize('shape', [(1, 1, 3), (512, 512, 3), (700, 1100, 1), (513, 20, 2),
                                   (600, 520, 3)])
def test_what_is_written_in_tiles_comes_back(shape, dtype, tmp_path):
    pixels = drawn(dtype, shape)
    bands = (pixels[top:top + 512] for top in range(0, shape[0], 512))
    write_tiles(tmp_path / 'a.tif', (tile for band in bands for tile in cut(band)), shape,
                dtype=dtype)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / 'a.tif').reshape(shape), pixels)
    with tifffile.TiffFile(tmp_path / 'a.tif') as tiff:
        color = shape[2] == 3 and dtype != 'float32'
        assert (tiff.pages[0].photometric == tifffile.PHOTOMETRIC.RGB) == color


def write(path, contents):
    path.write_bytes(contents)


def shortened(path):
    tifffile.imwrite(path, drawn('uint8'), photometric='rgb', tile=(32, 32), compression='zlib')
    path.write_bytes(path.read_bytes()[:20_000])


@pytest.mark.parametrize('make, said', [
    (lambda path: write(path, b'no picture'), 'no whole JPEG, PNG, BMP or TIFF'),
    (lambda path: write(path, b''), 'no whole JPEG'),
    (lambda path: write(path, b'II*\0'), 'cannot be read'),
    (shortened, 'cannot be read|breaks off'),
    (lambda path: tifffile.imwrite(path, np.zeros((8, 8, 3), np.int16)), '8 or 16 bits'),
    (lambda path: tifffile.imwrite(path, np.zeros((8, 8, 5), np.uint8), photometric='rgb'),
     '1 or 3 channels'),
    (lambda path: tifffile.imwrite(path, np.zeros((8, 8, 2), np.uint8), photometric='minisblack',
                                   planarconfig='contig'),
     'one channel, got 2'),
    (lambda path: tifffile.imwrite(path, np.zeros((4, 8, 8), np.uint8), photometric='minisblack',
                                   planarconfig='separate'), 'one channel, got 4'),
    (lambda path: tifffile.imwrite(path, np.full((8, 8, 3), np.nan, np.float32)), 'without NaN'),
    (lambda path: tifffile.imwrite(path, np.full((8, 8, 3), 255, np.float32)), '255 to 255'),
])
def test_what_is_no_picture_is_one_line_with_its_name(make, said, tmp_path):
    make(tmp_path / 'bad.tif')
    with pytest.raises(UserError, match=f'(?s){said}') as raised:
        read(tmp_path / 'bad.tif')
    assert 'bad.tif' in str(raised.value)
    assert '\n' not in str(raised.value)


def test_a_huge_compressed_strip_is_refused_rather_than_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr('dualstream.slides.reading._LARGEST_SEGMENT', 10_000)
    tifffile.imwrite(tmp_path / 'strip.tif', drawn('uint8'), photometric='rgb',
                     compression='zlib', rowsperstrip=150)
    with pytest.raises(UserError, match='write the picture in tiles'):
        read(tmp_path / 'strip.tif')

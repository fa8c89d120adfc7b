"""A photograph may be a path, bytes or an array; anything else is refused by name."""

import io
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from dualstream.figures.photo import read_photo

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3)).astype(np.uint8)


def png(image):
    sink = io.BytesIO()
    image.save(sink, 'PNG')
    return sink.getvalue()


def test_path_bytes_and_arrays_are_the_same_photograph(tmp_path):
    contents = png(Image.fromarray(PIXELS))
    path = tmp_path / 'leaf.png'
    path.write_bytes(contents)
    for photo in (path, str(path), contents, PIXELS, PIXELS / 255, PIXELS.astype(np.float32) / 255):
        read = read_photo(photo)
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, PIXELS)


def test_the_alpha_channel_of_a_file_is_left_out():
    opacity = Image.fromarray(PIXELS[..., 0])
    image = Image.merge('RGBA', [*Image.fromarray(PIXELS).split(), opacity])
    np.testing.assert_array_equal(read_photo(png(image)), PIXELS)


@pytest.mark.parametrize('photo, said', [
    (np.zeros([4, 4, 4], np.uint8), r'photo must be \(H, W, 3\).*\(4, 4, 4\)'),
    (np.zeros([4, 4], np.uint8), r'photo must be \(H, W, 3\)'),
    (np.zeros([0, 4, 3], np.uint8), 'at least 1 x 1'),
    (np.zeros([4, 4, 3], np.uint16), 'photo must be uint8.*uint16'),
    (np.full([4, 4, 3], np.nan), 'photo must be in .* without NaN'),
    (np.full([4, 4, 3], 255.0), r'photo must be in \[0, 1\]'),
    (b'no picture', 'photo is not a whole JPEG'),
    (b'', 'photo is not a whole JPEG'),
])
def test_bad_photographs_are_refused_by_name(photo, said):
    with pytest.raises(ValueError, match=said):
        read_photo(photo)


def test_a_missing_file_is_an_os_error():
    with pytest.raises(OSError, match='nowhere.jpg'):
        read_photo(pathlib.Path('nowhere.jpg'))


def test_sixteen_bits_become_eight():
    gray = np.linspace(0, 65535, 12 * 16).reshape(12, 16).astype(np.uint16)
    expected = np.repeat((gray >> 8)[..., None].astype(np.uint8), 3, axis=2)
    np.testing.assert_array_equal(read_photo(png(Image.fromarray(gray))), expected)


def test_sixteen_bits_of_each_color_become_eight():
    pixels = PIXELS.astype(np.uint16) << 8 | 37
    np.testing.assert_array_equal(read_photo(tf.io.encode_png(pixels).numpy()), PIXELS)


def test_an_invalid_orientation_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 0
    sink = io.BytesIO()
    Image.fromarray(PIXELS).save(sink, 'PNG', exif=exif)
    np.testing.assert_array_equal(read_photo(sink.getvalue()), PIXELS)

"""Sizes in headers: read without decoding, and believed only where the bytes can hold them."""

import io

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from dualstream.pipeline.header import checked, find_fault_of_size, read_size


def encoded(picture, kind='JPEG', **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
@pytest.mark.parametrize('mode', ['L', 'RGB'])
@pytest.mark.parametrize('size', [(1, 1), (17, 300), (4000, 3)])
def test_the_size_is_pillow_s(kind, mode, size):
    contents = encoded(PIL.Image.new(mode, size), kind)
    assert read_size(contents).numpy().tolist() == [*reversed(size)]


@pytest.mark.parametrize('options', [
    {'quality': 95}, {'quality': 1, 'optimize': True},
    {'quality': 1, 'progressive': True, 'optimize': True},
    {'quality': 1, 'progressive': True, 'optimize': True, 'subsampling': '4:2:0'}])
@pytest.mark.parametrize('mode', ['L', 'RGB'])
def test_the_emptiest_photograph_has_the_bytes_that_its_pixels_need(mode, options):
    contents = encoded(PIL.Image.new(mode, (8192, 4096)), **options)
    assert find_fault_of_size(contents).numpy() == b''


def test_a_few_bytes_of_a_large_photograph_are_refused():
    contents = encoded(PIL.Image.new('L', (8192, 4096)), quality=1, optimize=True)
    header, rest = contents[:1000], contents[1000:]
    fault = find_fault_of_size(header + rest[:4096 * 8192 // 512 - 1001]).numpy()
    assert fault == b'fewer bytes than its pixels need'
    assert find_fault_of_size(header + rest[:4096 * 8192 // 512 - 1000]).numpy() == b''
    with pytest.raises(tf.errors.InvalidArgumentError, match='fewer bytes than its pixels need'):
        checked(header)


def test_other_formats_pass():
    contents = encoded(PIL.Image.fromarray(np.zeros([4, 5, 3], np.uint8)), 'BMP')
    assert checked(contents).numpy() == contents

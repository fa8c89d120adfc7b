"""Photographs from strangers, as a graph reads them: limits, EXIF, and what is no photograph."""

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from dualstream.export.orientation import find_orientation, turn_upright
from dualstream.export.reading import MOST_BYTES, find_fault, read_frame
from dualstream.export.source import upright_frame

CONTENTS = [tf.TensorSpec([], tf.string)]
FIND = tf.function(find_orientation, input_signature=CONTENTS)
READ = tf.function(read_frame, input_signature=CONTENTS)
FAULT = tf.function(find_fault, input_signature=CONTENTS)
PIXELS = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)


def encoded(kind='PNG', orientation=None, **options):
    sink = io.BytesIO()
    if orientation is not None:
        options['exif'] = Image.Exif()
        options['exif'][0x0112] = orientation
    Image.fromarray(PIXELS).save(sink, kind, **options)
    return sink.getvalue()


@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
@pytest.mark.parametrize('orientation', [None, *range(10)])
def test_the_orientation_is_what_pillow_finds_and_turns(kind, orientation):
    contents = encoded(kind, orientation)
    found = int(FIND(contents))
    assert found == (orientation if orientation in range(1, 9) else 1)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(contents)))
    if kind == 'PNG':  # the pixels are the same with every decoder
        np.testing.assert_array_equal(READ(contents), upright)
    assert READ(contents).shape == (*upright.size[::-1], 3)
    np.testing.assert_array_equal(READ(contents), upright_frame(contents))
    np.testing.assert_array_equal(turn_upright(PIXELS, found), upright_frame(encoded(
        'PNG', orientation)))


def test_big_endian_tags_and_tags_behind_other_segments_are_found():
    exif = (b'Exif\0\0MM\0*' + struct.pack('>IHHHIHH', 8, 2, 0x010F, 2, 1, 0, 0)
            + struct.pack('>HHIHH', 0x0112, 3, 1, 8, 0) + bytes(4))
    jpeg = encoded('JPEG')
    other = b'\xff\xe1' + struct.pack('>H', 2 + 40) + b'http://ns.adobe.com/xap/1.0/\0'.ljust(40)
    segment = b'\xff\xff\xe1' + struct.pack('>H', 2 + len(exif)) + exif
    assert int(FIND(jpeg[:2] + other + segment + jpeg[2:])) == 8


@settings(max_examples=30)
@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_bytes_make_the_search_fail_or_leave_its_range(noise, at):
    """Noise alone, and noise written over a file that has an orientation."""
    contents = bytearray(encoded('JPEG', 6))
    contents[at:at + len(noise)] = noise
    for each in (noise, bytes(contents), b'\xff\xd8\xff' + noise, b'\x89PNG\r\n\x1a\n' + noise):
        assert 1 <= int(FIND(each)) <= 8


def claiming(width, height):
    """A PNG whose header claims a size."""
    contents = encoded()
    return contents[:16] + struct.pack('>II', width, height) + contents[24:]


def jpeg_claiming(width, height):
    contents = encoded('JPEG')
    at = contents.index(b'\xff\xc0') + 5
    return contents[:at] + struct.pack('>HH', height, width) + contents[at + 4:]


@pytest.mark.parametrize('contents, fault', [
    (encoded(), ''), (encoded('JPEG'), ''), (encoded('GIF'), 'not a JPEG or PNG'),
    (encoded('BMP'), 'not a JPEG or PNG'), (b'', 'not a JPEG or PNG'),
    (encoded()[:10], 'no pixels'), (claiming(0, 5), 'no pixels'),
    (claiming(10_000, 5_000), ''), (claiming(10_001, 5_000), 'above 50 megapixels'),
    (claiming(2**31, 1), 'above 50 megapixels'), (claiming(2**32 - 1, 2**32 - 1), 'above 50'),
    (claiming(1, 16_384), ''), (claiming(16_385, 1), 'above 16,384 pixels along a side'),
    (jpeg_claiming(1, 65_500), 'above 16,384 pixels'),
    (jpeg_claiming(10_000, 5_000), 'fewer bytes than its pixels need'),
    (jpeg_claiming(65_500, 65_500), 'above 50 megapixels'),
    (encoded('JPEG') + bytes(MOST_BYTES), 'above 30 MB')])
def test_what_is_refused_before_it_is_decoded(contents, fault):
    found = FAULT(contents).numpy().decode()
    assert found.startswith(fault) and bool(found) == bool(fault)

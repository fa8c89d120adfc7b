"""A window of a JPEG with restart markers: the pixels of the full decode, or an error."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from dualstream.pipeline import decode_window
from dualstream.pipeline.decode import _decode_intervals, decode_frame, decode_jpeg
from dualstream.pipeline.restarts import UNARRANGED, cut_jpeg, find_restarts

SUBSAMPLINGS = ('4:4:4', '4:2:2', '4:2:0', 'gray')


def texture(height, width, seed=0):
    """Edges and colours at all scales, so that every sample matters: a PIL image."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 3 + 2, width // 3 + 2, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def jpeg(picture, subsampling='4:2:0', **options):
    picture = picture.convert('L') if subsampling == 'gray' else picture
    kwargs = {} if subsampling == 'gray' else {'subsampling': subsampling}
    sink = io.BytesIO()
    picture.save(sink, 'JPEG', **{'quality': 85, **kwargs, **options})
    return sink.getvalue()


@pytest.mark.parametrize('subsampling', SUBSAMPLINGS)
def test_frames_have_the_pixels_of_other_programs(subsampling):
    contents = jpeg(texture(93, 142), subsampling)
    with Image.open(io.BytesIO(contents)) as picture:
        np.testing.assert_array_equal(decode_frame(contents), picture.convert('RGB'))


@tf.function(input_signature=[
    tf.TensorSpec([], tf.string), tf.TensorSpec([2, None], tf.int32),
    tf.TensorSpec([4], tf.int32)])
def cut(contents, restarts, window):
    """The window's pixels, the bytes of the small JPEG, and where the window starts in it."""
    small, start = cut_jpeg(contents, restarts, window)
    size = tf.concat([window[2:], [3]], axis=0)
    frame = decode_jpeg(small)
    return tf.slice(frame, tf.concat([start, [0]], axis=0), size), small, start


@tf.function(input_signature=[
    tf.TensorSpec([], tf.string), tf.TensorSpec([2, None], tf.int32),
    tf.TensorSpec([4], tf.int32), tf.TensorSpec([], tf.int32)])
def reduced(contents, restarts, window, halvings):
    """The window's pixels, decoded at a reduced scale."""
    return _decode_intervals(contents, restarts, window, halvings)


def windows(height, width, count, rng):
    """The whole frame, its corners as single pixels and as halves, and random windows."""
    for h, w in ((height, width), (1, 1), ((height + 1) // 2, (width + 1) // 2)):
        for y in {0, height - h}:
            for x in {0, width - w}:
                yield y, x, h, w
    for _ in range(count):
        h, w = rng.integers(1, (height + 1, width + 1))
        yield rng.integers(height - h + 1), rng.integers(width - w + 1), h, w


@pytest.mark.parametrize('subsampling', SUBSAMPLINGS)
@pytest.mark.parametrize('height, width, mcus', [
    (48, 64, 1), (48, 64, 2), (33, 49, 1), (95, 160, 5), (71, 159, 10), (64, 257, 1), (1, 1, 1),
    (16, 8, 1), (17, 31, 2),
])
def test_a_window_has_the_pixels_of_the_full_decode(subsampling, height, width, mcus):
    contents = jpeg(texture(height, width), subsampling, restart_marker_blocks=mcus)
    restarts = find_restarts(contents)
    assert restarts.size
    frame = decode_jpeg(contents).numpy()
    rng = np.random.default_rng([height, width, mcus])
    for y, x, h, w in windows(height, width, 20, rng):
        pixels, _, _ = cut(contents, restarts, (y, x, h, w))
        np.testing.assert_array_equal(pixels, frame[y:y + h, x:x + w], str((y, x, h, w)))


@pytest.mark.parametrize('subsampling', SUBSAMPLINGS)
@pytest.mark.parametrize('height, width, mcus', [(95, 160, 5), (240, 320, 2), (71, 159, 10)])
def test_a_reduced_window_has_the_pixels_of_the_reduced_decode(subsampling, height, width, mcus):
    contents = jpeg(texture(height, width), subsampling, restart_marker_blocks=mcus)
    restarts = find_restarts(contents)
    rng = np.random.default_rng([height, width, mcus])
    for halvings, ratio in enumerate((2, 4, 8), start=1):
        frame = decode_jpeg(contents, ratio=ratio).numpy()
        for y, x, h, w in windows(height, width, 12, rng):
            if subsampling == '4:2:2' and w < 5 * ratio:
                continue
            ends = -(-(y + h) // ratio), -(-(x + w) // ratio)
            pixels = reduced(contents, restarts, (y, x, h, w), halvings)
            np.testing.assert_array_equal(
                pixels, frame[y // ratio:ends[0], x // ratio:ends[1]], str((ratio, y, x, h, w)))


@pytest.mark.parametrize('subsampling', ['4:4:4', '4:2:0', 'gray'])
def test_without_restarts_a_reduced_window_has_the_same_pixels(subsampling):
    contents = jpeg(texture(240, 320), subsampling, restart_marker_blocks=2)
    for ratio in (2, 4, 8):
        target = (208 // ratio, 256 // ratio)
        window = tf.constant([16, 40, 208, 256])
        images = [decode_window(contents, window, target, restarts=known)
                  for known in (find_restarts(contents), None)]
        np.testing.assert_array_equal(*images)


@pytest.mark.parametrize('subsampling', SUBSAMPLINGS)
def test_a_window_at_every_place_of_a_row_and_of_a_column(subsampling):
    contents = jpeg(texture(61, 83), subsampling, restart_marker_blocks=1)
    restarts, frame = find_restarts(contents), decode_jpeg(contents).numpy()
    for x in range(83 - 17 + 1):
        np.testing.assert_array_equal(
            cut(contents, restarts, (5, x, 20, 17))[0], frame[5:25, x:x + 17])
    for y in range(61 - 19 + 1):
        np.testing.assert_array_equal(
            cut(contents, restarts, (y, 40, 19, 21))[0], frame[y:y + 19, 40:61])


def test_rows_of_markers_do_as_well():
    contents = jpeg(texture(100, 120), restart_marker_rows=1)
    restarts = find_restarts(contents)
    assert restarts[:, :2].T.tolist() == [[16, 128], [7, 1]]
    frame = decode_jpeg(contents).numpy()
    np.testing.assert_array_equal(
        cut(contents, restarts, (33, 50, 40, 30))[0], frame[33:73, 50:80])


def test_the_small_jpeg_is_a_jpeg_of_few_mcus():
    contents = jpeg(texture(600, 800), restart_marker_blocks=2)
    _, small, start = cut(contents, find_restarts(contents), (200, 320, 224, 224))
    # Rows 199 to 424 and columns 319 to 544, made whole MCUs of 16 and intervals of 32 pixels.
    with Image.open(io.BytesIO(small.numpy())) as picture:
        picture.load()  # Pillow decodes it, too
        assert picture.size == (544 + 32 - 288, 432 - 192)
    assert start.numpy().tolist() == [8, 32]
    assert len(small.numpy()) < len(contents) / 4


@pytest.mark.parametrize('contents', [
    jpeg(texture(48, 64)),
    jpeg(texture(48, 64), restart_marker_blocks=3),  # of 4 MCUs in a row
    jpeg(texture(48, 64), restart_marker_rows=2),
    jpeg(texture(48, 64), progressive=True, restart_marker_blocks=2),
    jpeg(texture(48, 64), restart_marker_blocks=2)[:-500],
    tf.io.encode_png(np.zeros([48, 64, 3], np.uint8)).numpy(),
    b'', b'\xff\xd8', b'\xff\xd8\xff\xc0\x00\x00',
], ids=['none', 'across rows', 'every second row', 'progressive', 'truncated', 'png', 'empty',
        'start alone', 'header alone'])
def test_without_usable_markers_there_are_no_restarts(contents):
    np.testing.assert_array_equal(find_restarts(contents), UNARRANGED)


def test_arranged_and_other_photographs_are_read_side_by_side():
    picture, window = texture(96, 128), tf.constant([30, 40, 32, 32])
    files = [jpeg(picture, restart_marker_blocks=1), jpeg(picture),
             tf.io.encode_png(np.asarray(picture)).numpy()]
    photographs = tf.data.Dataset.from_generator(
        lambda: ((contents, find_restarts(contents)) for contents in files),
        output_signature=(tf.TensorSpec([], tf.string), tf.TensorSpec([2, None], tf.int32)))
    images = photographs.map(
        lambda contents, restarts: decode_window(contents, window, (32, 32), restarts=restarts))
    arranged, other, png = (image.numpy() for image in images)
    in_frame = decode_jpeg(files[0]).numpy()[30:62, 40:72] / 255
    np.testing.assert_allclose(arranged, in_frame, atol=1e-6)
    np.testing.assert_allclose(other[2:-2, 2:-2], in_frame[2:-2, 2:-2], atol=1e-6)
    np.testing.assert_allclose(png, np.asarray(picture)[30:62, 40:72] / 255, atol=1e-6)


WINDOW = (20, 30, 50, 40)
CONTENTS = jpeg(texture(96, 128), restart_marker_blocks=2)


@pytest.mark.parametrize('part', range(5, 1 + find_restarts(CONTENTS).shape[1] - 1))
@pytest.mark.parametrize('by', [-2, -1, 1, 2])
def test_a_wrong_offset_is_an_error(part, by):
    right = find_restarts(CONTENTS)
    wrong = right.copy()
    wrong[0, part] += by
    try:
        pixels, _, _ = cut(CONTENTS, wrong, WINDOW)
    except tf.errors.InvalidArgumentError:
        return
    # No part of the window ends there, nor starts.
    np.testing.assert_array_equal(pixels, cut(CONTENTS, right, WINDOW)[0])


@pytest.mark.parametrize('other', [
    jpeg(texture(96, 128, seed=1), restart_marker_blocks=2),  # of the same size
    jpeg(texture(96, 160), restart_marker_blocks=2),
    jpeg(texture(96, 128), '4:4:4', restart_marker_blocks=2),
    jpeg(texture(96, 128), restart_marker_blocks=4),
    jpeg(texture(96, 128)),
], ids=['another scene', 'another size', 'another subsampling', 'other intervals', 'no intervals'])
def test_restarts_of_another_file_are_an_error(other):
    with pytest.raises(tf.errors.InvalidArgumentError):
        cut(other, find_restarts(CONTENTS), WINDOW)

"""Routines: seven ways from bytes to image, and three places to look."""

import itertools
import math
import zlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstream.color import tf_color_mask
from dualstream.crop import array_crop, coverage, leaf_grid
from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg
from dualstream.pipeline import Routine, decode_frame, decode_image, decode_window
from dualstream.runtime.choices import CROPS, MASKS

SEVEN = [('none', 'none'), *itertools.product(MASKS[1:], CROPS[1:])]
SEED = tf.constant([1, 2])


@pytest.fixture(scope='module')
def examples(photos):
    return list(photos.read('test').take(6))


@pytest.fixture(scope='module')
def small_example():
    """A photograph small enough for the loop, with its grid."""
    contents = encode_jpeg(draw_leaf_photo(3, 0, 0, height=150, width=200))
    grid = leaf_grid(tf_color_mask(decode_frame(contents)))
    return {'image': tf.constant(contents), 'leaf_grid': grid, 'height': 150, 'width': 200}


@pytest.mark.parametrize('mask, crop', SEVEN)
def test_every_routine_makes_an_image(small_example, mask, crop):
    routine = Routine((64, 96), mask, crop)
    image = routine(small_example, SEED)
    assert image.shape == (64, 96, 3) and image.dtype == tf.float32
    assert 0 <= image.numpy().min() and image.numpy().max() <= 1 and image.numpy().std() > 0.01


@pytest.mark.parametrize('look, zoom', [
    ('pixels', 1.0), ('glance', 1.0), ('grid', 1.0), ('pixels', 1.3), ('grid', (1.0, 4.0))])
def test_masks_and_crops_are_interchangeable(small_example, look, zoom):
    images = [Routine((64, 96), mask, crop, look, zoom=zoom)(small_example, SEED).numpy()
              for mask, crop in itertools.product(('cv', 'tf'), ('loop', 'array'))]
    for image in images[1:]:
        np.testing.assert_array_equal(image, images[0])


def window_of(example, look):
    """The window that the default routine chooses in an example."""
    return Routine((224, 224), look=look).window_of_example(example, SEED)


@pytest.mark.parametrize('crop', ['array', 'loop', 'random'])
@pytest.mark.parametrize('step', [1, 2, 4, 8])
@pytest.mark.parametrize('size', [(48, 64), (50, 61)])  # of whole blocks, and not
def test_every_mask_and_crop_looks_at_the_same_pixels(crop, step, size):
    frame = np.random.default_rng(step).integers(0, 256, (*size, 3), np.uint8)
    windows = [
        Routine((24, 24), mask, crop, 'pixels', mask_step=step).window_of_frame(frame, SEED)
        for mask in ('cv', 'tf')]
    np.testing.assert_array_equal(*windows)
    if crop == 'loop':
        array = Routine((24, 24), look='pixels', mask_step=step).window_of_frame(frame, SEED)
        np.testing.assert_array_equal(windows[0], array)
    floating = Routine((24, 24), crop=crop, mask_step=step).window_of_frame(
        tf.constant(frame / 255, tf.float32), SEED)
    np.testing.assert_array_equal(windows[0], floating)
    seen = tf_color_mask(frame)
    if size == (48, 64):
        seen = np.kron(seen[::step, ::step], np.ones([step, step], bool))
    if crop != 'random':
        np.testing.assert_array_equal(windows[0], array_crop(tf.constant(seen), (24, 24)))


def test_fewer_pixels_lose_hardly_any_leaf(examples):
    for example in examples:
        frame = decode_frame(example['image'])
        mask = tf_color_mask(frame)
        best = float(coverage(mask, array_crop(mask, (224, 224))))
        for step, lost in ((1, 0.0), (2, 0.002), (4, 0.01)):
            routine = Routine((224, 224), look='pixels', mask_step=step)
            assert float(coverage(mask, routine.window_of_frame(frame, SEED))) >= best - lost


def test_all_looks_find_a_leafy_window(examples):
    for example in examples:
        mask = tf_color_mask(decode_frame(example['image']))
        best = float(coverage(mask, window_of(example, 'pixels')))
        assert float(coverage(mask, window_of(example, 'grid'))) >= best - 2 / 510
        # The mean colour of a block is in the mask, or is not: a guess at how much of it is.
        assert float(coverage(mask, window_of(example, 'glance'))) >= best - 0.05


def test_auto_looks_at_the_grid_where_there_is_one(examples):
    routine = Routine((224, 224))
    without = {'image': examples[0]['image']}
    everywhere_but_left = tf.zeros_like(examples[0]['leaf_grid'])
    blind = {**examples[0], 'leaf_grid': everywhere_but_left}
    assert np.array_equal(routine(without, SEED), Routine((224, 224), look='pixels')(without, SEED))
    assert np.array_equal(routine(examples[0], SEED),
                          Routine((224, 224), look='grid')(examples[0], SEED))
    assert not np.array_equal(routine(blind, SEED), routine(examples[0], SEED))
    with pytest.raises(ValueError, match='leaf_grid'):
        Routine((224, 224), look='grid')(without, SEED)


@pytest.mark.parametrize('zoom', [0.5, 1.0, 1.5, 2.0, 3.0, math.inf, (1.0, 3.0), (1.0, math.inf)])
def test_every_zoom_gives_the_largest_window_that_fits(examples, zoom):
    target = (64, 96)
    for look in ('grid', 'pixels'):
        routine = Routine(target, look=look, zoom=zoom)
        window = routine.window_of_example(examples[0], SEED)
        height, width = frame = examples[0]['height'].numpy(), examples[0]['width'].numpy()
        largest = min(height / 64, width / 96)
        if isinstance(zoom, tuple):
            wanted = (zoom[0] * min(zoom[1], largest))**0.5
        else:
            wanted = min(zoom, largest)
        assert np.abs(window[2:] - wanted * np.array(target)).max() <= 1
        assert np.all(window[:2] + window[2:] <= frame)
        image = routine(examples[0], SEED)
        assert image.shape == (*target, 3) and 0 <= image.numpy().min() <= image.numpy().max() <= 1


@settings(max_examples=8)
@given(place=st.integers(0, 5), zoom=st.one_of(
    st.floats(0.5, 8), st.sampled_from([1.0, 2.0, 3.0, 4.0, math.inf]),
    st.sampled_from([(1.0, 3.0), (0.5, math.inf)])), seed=st.integers(0, 2**31 - 1))
def test_at_every_zoom_the_grid_and_the_pixels_choose_alike(examples, place, zoom, seed):
    example, key = examples[place], tf.constant([seed, 5])
    mask = tf_color_mask(decode_frame(example['image']))
    size = tf.constant(mask.shape)
    for crop in ('array', 'random'):
        grid, pixels = (Routine((64, 96), crop=crop, look=look, zoom=zoom, mask_step=1)
                        for look in ('grid', 'pixels'))
        chosen = pixels.window_of_example(example, key)
        one = float(coverage(mask, chosen))
        other = float(coverage(mask, grid.window_of_example(example, key)))
        # Blocks that an edge of a window cuts count by the share that is inside.
        cut_blocks = 2 * 8 * float(tf.reduce_sum(1 / chosen[2:])) if np.any(chosen % 8) else 0
        assert abs(one - other) <= 2 / 510 + cut_blocks
        np.testing.assert_array_equal(
            grid.zoom_of(size, key), pixels.zoom_of(size, key))


@pytest.mark.parametrize('zoom', [1.0, 2.0, 3.0, 4.0, (2.0, 6.0)])
def test_an_image_is_its_window_resized(examples, zoom):
    for crop in ('array', 'random'):
        routines = {look: Routine((64, 96), crop=crop, look=look, zoom=zoom, mask_step=1)
                    for look in ('grid', 'pixels')}
        window = routines['grid'].window_of_example(examples[0], SEED)
        frame = decode_frame(examples[0]['image'])
        y, x, height, width = window.numpy()
        of_frame = tf.image.resize(
            frame[y:y + height, x:x + width], (64, 96), antialias=True).numpy() / 255
        image = routines['grid'](examples[0], SEED).numpy()
        # JPEG's reduced scales are sharper than the antialiasing from the full scale.
        assert np.abs(image - of_frame).mean() < (0.03 if tf.reduce_max(height) >= 128 else 1e-6)
        if np.array_equal(window, routines['pixels'].window_of_example(examples[0], SEED)):
            np.testing.assert_array_equal(image, routines['pixels'](examples[0], SEED))


def test_random_zooms_depend_on_the_seed_alone(examples):
    routine = Routine((64, 64), crop='random', look='grid', zoom=(1.0, 3.0))
    in_graph = tf.function(routine.window_of_example)
    windows = {seed: routine.window_of_example(examples[0], tf.constant([seed, 0])).numpy()
               for seed in range(6)}
    assert len({window[2] for window in windows.values()}) > 3
    for seed, window in windows.items():
        np.testing.assert_array_equal(in_graph(examples[0], tf.constant([seed, 0])), window)
        np.testing.assert_array_equal(window[2], window[3])


def test_random_crop_depends_on_the_seed_alone(examples):
    routine = Routine((64, 64), 'tf', 'random', saccades=1)
    images = [routine(examples[0], tf.constant([seed, 0])).numpy() for seed in (1, 2, 3, 1)]
    np.testing.assert_array_equal(images[0], images[3])
    assert not np.array_equal(images[0], images[1]) or not np.array_equal(images[0], images[2])


def jpeg(pixels):
    return tf.io.encode_jpeg(pixels, quality=95, chroma_downsampling=False)


@pytest.mark.parametrize('encode', [jpeg, tf.io.encode_png], ids=['jpeg', 'png'])
@pytest.mark.parametrize('size', [(40, 60), (300, 100), (224, 224), (225, 500), (1, 1)])
@pytest.mark.parametrize('look', ['pixels', 'glance'])
def test_any_photograph_gives_an_image(encode, size, look):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    image = Routine((224, 160), look=look)({'image': encode(pixels)}, SEED)
    assert image.shape == (224, 160, 3) and np.isfinite(image.numpy()).all()


def test_mixed_sizes_are_traced_once():
    traces = []
    routine = Routine((64, 64), look='pixels')

    def to_image(contents):
        traces.append(1)
        return routine({'image': contents}, SEED)

    photographs = [jpeg(np.zeros([*size, 3], np.uint8)).numpy()
                   for size in ((30, 40), (100, 90), (64, 64))]
    images = list(tf.data.Dataset.from_tensor_slices(photographs).map(to_image))
    assert len(images) == 3 and len(traces) == 1


def test_window_is_decoded_as_in_the_whole_frame(examples):
    contents = examples[0]['image']
    frame = decode_frame(contents).numpy()
    y, x, height, width = 101, 203, 224, 224
    image = decode_window(contents, tf.constant([y, x, height, width]), (224, 224))
    in_frame = frame[y:y + height, x:x + width] / 255
    # Chroma is interpolated at the window's edges from what was decoded.
    assert np.abs(image - in_frame)[8:-8, 8:-8].max() < 1e-6
    exact = decode_window(contents, tf.constant([y, x, height, width]), (224, 224),
                          restarts=examples[0]['restarts'])
    assert np.abs(exact - in_frame).max() < 1e-6


def test_image_is_the_frame_resized(examples):
    image = decode_image(examples[0]['image'], 60, 80).numpy()
    frame = decode_frame(examples[0]['image']).numpy() / 255
    blocks = frame.reshape(60, 10, 80, 10, 3).mean(axis=(1, 3))
    assert np.abs(image - blocks).mean() < 0.02


@pytest.mark.parametrize('arguments, named', [
    ({'mask': 'green'}, 'mask'), ({'crop': 'center'}, 'crop'), ({'look': 'away'}, 'look'),
    ({'mask': 'none'}, 'crop'), ({'crop': 'none'}, 'mask'), ({'saccades': 0}, 'saccades'),
    ({'target_size': (0, 5)}, 'target_size'), ({'mask_step': 3}, 'mask_step'),
    ({'zoom': 0}, 'zoom'), ({'zoom': -1.5}, 'zoom'), ({'zoom': (2, 1)}, 'zoom'),
    ({'zoom': (1, 2, 3)}, 'zoom'), ({'zoom': 'frame'}, 'zoom'), ({'zoom': math.nan}, 'zoom'),
    ({'zoom': 2, 'mask': 'none', 'crop': 'none'}, 'zoom'),
])
def test_errors_name_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        Routine(**{'target_size': (224, 224), **arguments})


def test_array_crop_is_what_the_routine_chooses(examples):
    frame = decode_frame(examples[1]['image'])
    window = Routine((224, 224), look='pixels', mask_step=1).window_of_frame(frame, SEED)
    np.testing.assert_array_equal(window, array_crop(tf_color_mask(frame), (224, 224)))


def lying(contents: bytes, height: int, width: int) -> bytes:
    """A JPEG or PNG whose header says another size."""
    if contents.startswith(b'\x89PNG'):
        head = b'IHDR' + width.to_bytes(4, 'big') + height.to_bytes(4, 'big') + contents[24:29]
        return contents[:12] + head + zlib.crc32(head).to_bytes(4, 'big') + contents[33:]
    at = contents.index(b'\xff\xc0') + 5
    return contents[:at] + height.to_bytes(2, 'big') + width.to_bytes(2, 'big') + contents[at + 4:]


@pytest.mark.parametrize('encode', [tf.io.encode_jpeg, tf.io.encode_png])
@pytest.mark.parametrize('changes', [
    {'look': 'pixels'}, {'look': 'glance'}, {'mask': 'none', 'crop': 'none'}])
def test_a_photograph_that_says_it_is_huge_is_refused_before_it_is_decoded(encode, changes):
    contents = encode(np.zeros([64, 96, 3], np.uint8)).numpy()
    routine = Routine((64, 64), **changes)
    assert routine({'image': lying(contents, 64, 96)}, SEED).shape == (64, 64, 3)
    for height, width, fault in ((60000, 60000, 'above 50 megapixels'),
                                 (6251, 8000, 'above 50 megapixels'), (1, 16385, 'above 16,384')):
        with pytest.raises(tf.errors.InvalidArgumentError, match=fault):
            routine({'image': lying(contents, height, width)}, SEED)

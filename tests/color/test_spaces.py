"""What all colour spaces have in common: shapes, dtypes, gradients, round trips, bad input."""

import functools

import keras
import numpy as np
import pytest
import skimage.color
import tensorflow as tf
from colors import dense_grid, every_color

from dualstream.color import (
    hed_to_rgb,
    hsv_to_rgb,
    lab_to_lch,
    lab_to_rgb,
    lch_to_lab,
    linear_to_rgb,
    od_to_rgb,
    rgb_to_hed,
    rgb_to_hsv,
    rgb_to_lab,
    rgb_to_linear,
    rgb_to_od,
)
from dualstream.color.tensor_ops import tensorflow_ops


def to_lch(image):
    return lab_to_lch(rgb_to_lab(image))


def from_lch(lch, **kwargs):
    return lab_to_rgb(lch_to_lab(lch), **kwargs)


SPACES = {
    'linear': (rgb_to_linear, linear_to_rgb),
    'hsv': (rgb_to_hsv, hsv_to_rgb),
    'lab': (rgb_to_lab, lab_to_rgb),
    'lch': (to_lch, from_lch),
    'od': (functools.partial(rgb_to_od, convention='torchstain'),
           functools.partial(od_to_rgb, convention='torchstain')),
    'hed': (rgb_to_hed, hed_to_rgb),
}
every_space = pytest.mark.parametrize('space', SPACES)

# Black, white, grays, corners of the cube, its edges' middles, and where curves meet their lines.
EDGES = np.array([
    (0, 0, 0), (1, 1, 1), (0.5, 0.5, 0.5), (1e-6, 1e-6, 1e-6), (0.04045, 0.04045, 0.04045),
    (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0.5, 0), (0.5, 0, 1),
    (1, 1e-9, 0), (0.2, 0.2, 0.2000001), (-0.1, 0.5, 1.2),
], np.float32)

GRAYS = np.arange(256, dtype=np.uint8).reshape(-1, 1).repeat(3, 1)


@pytest.fixture(scope='module')
def colors():
    return np.random.default_rng(0).random((2, 4, 5, 3), np.float32)


def test_every_color_comes_back_from_every_space():
    """Eight bits in and out, without an error in any of the 2^24; LCh goes through CIELAB."""
    @functools.partial(tf.function, jit_compile=True)
    def there_and_back(image):
        return [back(there(image), dtype='uint8')
                for there, back in (SPACES[name] for name in ('hsv', 'lch', 'hed'))]

    for image in every_color():
        for same in there_and_back(image):
            np.testing.assert_array_equal(same, image)


@every_space
def test_every_gray_comes_back(space):
    """And with it every level of each channel, which is all that linear light and density are."""
    there, back = SPACES[space]
    np.testing.assert_array_equal(back(there(GRAYS), dtype='uint8'), GRAYS)


@every_space
def test_a_batch_is_what_its_images_and_pixels_are(space, colors):
    there, back = SPACES[space]
    batch = there(colors)
    assert batch.shape == colors.shape == back(batch).shape
    for index in (1, (1, 2), (1, 2, 3)):
        np.testing.assert_allclose(batch[index], there(colors[index]), rtol=1e-6, atol=5e-5)
    np.testing.assert_allclose(back(batch), colors, atol=2e-5)


@pytest.mark.parametrize('space', sorted(SPACES.keys() - {'lch'}))  # which is two steps
@pytest.mark.parametrize('dtype', ['float16', 'bfloat16', 'float32', 'float64'])
def test_floats_come_out_as_they_went_in_and_are_computed_in_float32(space, dtype, colors):
    there, back = SPACES[space]
    given = tf.cast(colors, dtype)
    pixels = there(given)
    assert pixels.dtype == dtype
    np.testing.assert_array_equal(pixels, tf.cast(there(tf.cast(given, 'float32')), dtype))
    image = back(pixels)
    assert image.dtype == dtype
    np.testing.assert_array_equal(image, tf.cast(back(tf.cast(pixels, 'float32')), dtype))


@every_space
def test_eight_bits_are_the_floats_that_they_stand_for(space):
    levels = np.random.default_rng(1).integers(0, 256, (6, 7, 3), np.uint8)
    there, back = SPACES[space]
    assert there(levels).dtype == 'float32'
    np.testing.assert_array_equal(there(levels), there(levels / np.float32(255)))
    assert back(there(levels), dtype='uint8').dtype == 'uint8'


@every_space
@pytest.mark.parametrize('policy', ['mixed_float16', 'mixed_bfloat16'])
def test_mixed_precision_changes_nothing(space, policy, colors):
    there, back = SPACES[space]
    expected = there(colors)
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        np.testing.assert_array_equal(there(colors), expected)
        np.testing.assert_array_equal(back(expected), SPACES[space][1](expected))
        assert there(colors).dtype == 'float32'
    finally:
        keras.mixed_precision.set_dtype_policy(before)


@every_space
def test_gradients_are_finite_even_at_black_white_and_gray(space):
    there, back = SPACES[space]
    for function in (there, lambda image: back(there(image)),
                     lambda image: back(there(image), clip=False)):
        image = tf.constant(EDGES)
        with tf.GradientTape() as tape:
            tape.watch(image)
            pixels = function(image)
        assert np.isfinite(pixels).all()
        assert np.isfinite(tape.gradient(pixels, image)).all()


@every_space
def test_gradients_are_the_slopes(space):
    """Where no channel is near another, or near its bounds, so that nothing has a corner."""
    there, back = SPACES[space]
    image = tf.constant([[0.31, 0.62, 0.44], [0.83, 0.25, 0.52], [0.4, 0.3, 0.75]])
    for function, point in ((there, image), (back, there(image))):
        along = np.float32([[1, -2, 1.5]]) * np.maximum(np.abs(point), 0.05)
        step = 1e-3 * along
        slope = (function(point + step) - function(point - step)) / 2e-3
        with tf.autodiff.ForwardAccumulator(point, tf.constant(along)) as forward:
            pixels = function(point)
        np.testing.assert_allclose(
            forward.jvp(pixels), slope, rtol=0.01, atol=0.01 * float(np.abs(slope).max()))


@every_space
def test_xla_computes_the_same(space, colors):
    there, back = SPACES[space]
    pixels = tf.function(there, jit_compile=True)(colors)
    np.testing.assert_allclose(pixels, there(colors), rtol=2e-5, atol=1e-4)
    np.testing.assert_allclose(tf.function(back, jit_compile=True)(pixels), colors, atol=2e-5)


@every_space
def test_pixels_of_any_shape_are_traced_once(space):
    there, back = SPACES[space]
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)])
    def there_and_back(images):
        traces.append(1)
        return back(there(images), dtype='uint8')

    for shape in ((1, 1, 1, 3), (2, 7, 5, 3), (0, 4, 4, 3)):
        images = np.zeros(shape, np.uint8)
        np.testing.assert_array_equal(there_and_back(images), images)
    assert len(traces) == 1


@every_space
def test_it_works_on_symbolic_tensors_of_keras(space, colors):
    there, back = SPACES[space]
    images = keras.Input((4, 5, 3))
    model = keras.Model(images, [there(images), back(there(images))])
    pixels, again = model(colors)
    np.testing.assert_allclose(pixels, there(colors), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(again, colors, atol=2e-5)


@every_space
@pytest.mark.parametrize('image, message', [
    (np.zeros([4, 4, 4], np.uint8), r'3 channels, got shape \(4, 4, 4\): drop the alpha'),
    (np.zeros([4, 4, 1], np.uint8), r'3 channels, got shape \(4, 4, 1\): repeat the gray'),
    (np.zeros([4, 5], np.uint8), r'3 channels, got shape \(4, 5\)'),
    (np.float32(0.5), r'3 channels, got shape \(\)'),
    (np.zeros([4, 4, 3], np.uint16), 'uint8, or floating in .*; got uint16: divide it by'),
    (np.zeros([4, 4, 3], np.int32), 'got int32'),
    (np.zeros([4, 4, 3], bool), 'got bool'),
], ids=['alpha', 'gray', 'gray without axis', 'scalar', 'uint16', 'int32', 'bool'])
def test_what_is_no_image_is_refused(space, image, message):
    with pytest.raises(ValueError, match=f'^image must .*{message}'):
        SPACES[space][0](image)


@every_space
def test_what_is_no_space_is_refused(space):
    back = SPACES[space][1]
    with pytest.raises(ValueError, match='must be floating, got uint8'):
        back(np.zeros([4, 4, 3], np.uint8))
    with pytest.raises(ValueError, match='must have 3 channels'):
        back(np.zeros([4, 4, 2], np.float32))
    with pytest.raises(ValueError, match="dtype must be 'uint8' or floating, got 'uint16'"):
        back(np.zeros([4, 4, 3], np.float32), dtype='uint16')


@every_space
def test_a_nan_stays_in_its_pixel(space, colors):
    there, back = SPACES[space]
    for channel in range(3):
        broken = colors.copy()
        broken[0, 1, 2, channel] = np.nan
        whole = np.ones(colors.shape[:-1], bool)
        whole[0, 1, 2] = False
        np.testing.assert_array_equal(there(broken)[whole], there(colors)[whole])
        assert np.isnan(there(broken)[0, 1, 2]).any()
    levels = back(tf.constant([[np.nan, np.nan, np.nan]]), dtype='uint8')
    np.testing.assert_array_equal(levels, [[0, 0, 0]])


@pytest.mark.parametrize('space', ['linear', 'lab', 'lch'])
def test_floats_beyond_the_range_go_on_and_come_back_unless_clipped(space):
    there, back = SPACES[space]
    beyond = np.float32([[-0.1, 0.4, 1.3], [1.05, 1.1, 1.2], [-0.02, -0.01, 0.3]])
    np.testing.assert_allclose(back(there(beyond), clip=False), beyond, atol=3e-5)
    np.testing.assert_allclose(back(there(beyond)), beyond.clip(0, 1), atol=3e-5)


def test_linear_light_is_that_of_the_standard():
    levels = np.arange(256) / 255
    expected = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92)
    light = rgb_to_linear(GRAYS)
    np.testing.assert_allclose(light[:, 0], expected, atol=2e-7)
    assert float(light[0, 0]) == 0 and float(light[255, 0]) == 1


def test_hsv_is_that_of_scikit_image():
    image = dense_grid()
    expected = skimage.color.rgb2hsv(image) * [360, 1, 1]
    hsv = rgb_to_hsv(image)
    np.testing.assert_allclose(hsv, expected, atol=5e-5)
    np.testing.assert_allclose(hsv_to_rgb(expected), image / 255, atol=1e-6)


@pytest.mark.slow
def test_hsv_is_that_of_scikit_image_on_every_color():
    compiled = tf.function(rgb_to_hsv, jit_compile=True)
    for image in every_color():
        apart = np.abs(compiled(image) - skimage.color.rgb2hsv(image) * [360, 1, 1]).max((0, 1))
        assert (apart <= [3e-4, 1e-6, 1e-6]).all(), apart  # hue in degrees, of float32


@pytest.mark.parametrize('space', ['hsv', 'lch'])
def test_a_hue_is_below_360_and_may_be_given_in_any_turn(space):
    there, back = SPACES[space]
    reds = np.float32([[1, 0, 1e-9], [1, 0, 1e-7], [1, 0.2, 0.2000001], [0.7, 0, 0.3]])
    hue = there(np.concatenate([reds, dense_grid().reshape(-1, 3) / np.float32(255)]))[
        :, 0 if space == 'hsv' else 2]
    assert float(tf.reduce_min(hue)) >= 0 and float(tf.reduce_max(hue)) < 360
    turn = np.float32([360, 0, 0] if space == 'hsv' else [0, 0, 360])
    pixels = there(reds)
    for turns in (-2, -1, 1):
        np.testing.assert_allclose(back(pixels + turns * turn), reds, atol=1e-5)


@every_space
def test_tensors_of_tensorflow_are_taken_under_another_backend(space, colors, monkeypatch):
    """As tf.data hands them out; test_backends.py has JAX for real."""
    there, back = SPACES[space]
    pixels = there(colors)
    image = back(pixels)
    monkeypatch.setattr(keras.backend, 'backend', lambda: 'jax')
    graph = tf.function(lambda image: (there(image), back(pixels)))
    for ours, expected in zip(graph(colors), (pixels, image)):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=2e-4)


SAMPLES = {
    'arctan2': ([1.0, -0.5], [0.3, -2.0]), 'cast': ([1.4, 2.0], 'uint8'),
    'clip': ([-1.0, 0.5, 2.0], 0.0, 1.0), 'convert_to_tensor': ([1.0, 2.0],),
    'equal': ([1.0, 2.0], [1.0, 3.0]),
    'logical_and': ([True, False], [True, True]), 'logical_or': ([True, False], [False, False]),
    'logical_not': ([True, False],),
    'maximum': ([1.0, -2.0], 0.5), 'minimum': ([1.0, -2.0], 0.5), 'mod': ([7.0, -1.0], 6.0),
    'moveaxis': ([[1.0, 2.0, 3.0]], -1, 0), 'power': ([0.5, 2.0], 2.4),
    'stack': ([[1.0, 2.0], [3.0, 4.0]],), 'unstack': ([[1.0, 2.0], [3.0, 4.0]], 2),
    'where': ([True, False], [1.0, 2.0], 0.0),
}


@pytest.mark.parametrize('name', sorted({*vars(tensorflow_ops())} - {'fori_loop'}))
def test_ops_of_tensorflow_do_what_those_of_keras_do(name):
    if name in SAMPLES:
        first, *others = SAMPLES[name]
    else:  # of one argument
        first, others = [0.25, 0.5, 1.5], []
    first = np.array(first)
    first = tf.constant(first, tf.float32 if first.dtype == float else None)
    ours = tf.nest.flatten(getattr(tensorflow_ops(), name)(first, *others))
    theirs = tf.nest.flatten(getattr(keras.ops, name)(first, *others))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_a_loop_of_tensorflow_does_what_that_of_keras_does():
    ours, theirs = (float(ops.fori_loop(2, 6, lambda step, total: total * step, tf.constant(1)))
                    for ops in (tensorflow_ops(), keras.ops))
    assert ours == theirs == 2 * 3 * 4 * 5

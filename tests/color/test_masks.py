"""All masks agree: on each of the 2^24 colours, and with other libraries."""

import cv2
import numpy as np
import pytest
import skimage.color
import tensorflow as tf
from colors import every_color
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstream.color import LEAF, HsvRange, cv_color_mask, tf_color_mask
from dualstream.color.packed import packed_mask

RED = HsvRange(hue=(340, 20))


def test_masks_agree_on_every_color():
    """One sweep over the colours for all that needs it: both masks, and the packed one."""
    covered = {LEAF: 0, RED: 0}
    for image in every_color():
        for hsv_range in covered:
            mask = tf_color_mask(image, hsv_range).numpy()
            np.testing.assert_array_equal(mask, cv_color_mask(image, hsv_range).numpy())
            np.testing.assert_array_equal(packed_mask(image, hsv_range), np.packbits(mask))
            covered[hsv_range] += mask.sum()
    assert 0 < covered[RED] < covered[LEAF] < 2**24


def test_16_bit_floats_stand_for_the_8_bit_colour_they_were_made_from(some_colors):
    for dtype in (tf.float16, tf.bfloat16):
        rounded = tf.cast(some_colors / np.float32(255), dtype)
        for hsv_range in (LEAF, RED):
            expected = tf_color_mask(some_colors, hsv_range)
            for mask in (tf_color_mask, cv_color_mask):
                np.testing.assert_array_equal(mask(rounded, hsv_range), expected)


def hsv_ranges():
    degrees = st.integers(0, 360)
    hundredths = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
        lambda bounds: tuple(bound / 100 for bound in sorted(bounds)))
    return st.builds(HsvRange, st.tuples(degrees, degrees), hundredths, hundredths)


@pytest.fixture(scope='module')
def some_colors():
    """Random colours, and those at which hue, saturation and value meet their corners."""
    rng = np.random.default_rng(0)
    corners = np.array(np.meshgrid(*[[0, 1, 2, 51, 127, 128, 254, 255]] * 3)).reshape(3, -1).T
    return np.concatenate([rng.integers(0, 256, (2**18, 3)), corners]).astype(np.uint8)[None]


@settings(max_examples=60)
@given(hsv_range=hsv_ranges())
def test_masks_agree_at_any_thresholds(some_colors, hsv_range):
    mask = tf_color_mask(some_colors, hsv_range).numpy()
    np.testing.assert_array_equal(mask, cv_color_mask(some_colors, hsv_range).numpy())
    as_float = some_colors.astype(np.float32) / 255
    for image in (as_float, some_colors.astype(np.int32)):
        np.testing.assert_array_equal(mask, tf_color_mask(image, hsv_range).numpy())
    np.testing.assert_array_equal(mask, cv_color_mask(as_float, hsv_range).numpy())


@pytest.mark.parametrize('hsv_range', [LEAF, RED], ids=['leaf', 'red'])
def test_mask_agrees_with_scikit_image_but_for_rounding(some_colors, hsv_range):
    hue, saturation, value = np.moveaxis(skimage.color.rgb2hsv(some_colors), -1, 0)
    hue = 360 * hue

    def inside(slack):  # in degrees and in shares
        lo, hi = hsv_range.hue
        above, below = hue >= lo - slack, hue <= hi + slack
        in_hue = above | below if hsv_range.wraps else above & below
        return (in_hue & (saturation >= hsv_range.saturation[0] - slack)
                & (value >= hsv_range.value[0] - slack))

    mask = tf_color_mask(some_colors, hsv_range).numpy()
    assert not (inside(-1e-6) & ~mask).any()
    assert not (mask & ~inside(1e-6)).any()


def test_mask_agrees_with_opencv_8_bit_within_its_two_degrees(some_colors):
    hsv = cv2.cvtColor(some_colors, cv2.COLOR_RGB2HSV).astype(int)
    mask = tf_color_mask(some_colors).numpy()
    hue, saturation, value = 2 * hsv[..., 0], hsv[..., 1] / 255, hsv[..., 2] / 255
    lo, hi = LEAF.hue
    clearly_in = ((hue > lo + 2) & (hue < hi - 2) & (saturation > LEAF.saturation[0] + 1 / 255)
                  & (value >= LEAF.value[0]))
    clearly_out = ((hue < lo - 2) | (hue > hi + 2) | (saturation < LEAF.saturation[0] - 1 / 255)
                   | (value < LEAF.value[0]))
    assert mask[clearly_in].all() and clearly_in.any()
    assert not mask[clearly_out].any() and clearly_out.any()


def test_hue_360_is_red_again():
    red = np.array([[[255, 0, 0]]], np.uint8)
    for mask in (tf_color_mask, cv_color_mask):
        for hue, inside in (((300, 360), True), ((360, 360), True), ((300, 359), False),
                            ((360, 20), True), ((1, 359), False)):
            assert mask(red, HsvRange(hue=hue)).numpy().all() == inside


def test_gray_has_hue_zero():
    gray = np.full([1, 1, 3], 128, np.uint8)
    for mask in (tf_color_mask, cv_color_mask):
        assert mask(gray, HsvRange(hue=(0, 10), saturation=(0, 1))).numpy().all()
        assert not mask(gray, HsvRange(hue=(1, 359), saturation=(0, 1))).numpy().any()


def ops_of(mask):
    signature = [tf.TensorSpec([None, None, 3], tf.uint8)]
    graph = tf.function(mask, input_signature=signature).get_concrete_function().graph
    return {op.type for op in graph.get_operations()}


def test_only_the_opencv_mask_leaves_the_graph():
    assert 'EagerPyFunc' in ops_of(cv_color_mask)
    assert 'EagerPyFunc' not in ops_of(tf_color_mask)


def test_masks_of_any_size_are_traced_once():
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)])
    def both(image):
        traces.append(1)
        return tf_color_mask(image), cv_color_mask(image)

    for size in ((1, 1), (7, 5), (64, 48)):
        for mask in both(np.zeros([*size, 3], np.uint8)):
            assert mask.shape == size
    assert len(traces) == 1


@pytest.mark.parametrize('mask', [tf_color_mask, cv_color_mask])
def test_masks_refuse_other_images(mask):
    with pytest.raises(ValueError, match='uint16'):
        mask(np.zeros([4, 4, 3], np.uint16))
    with pytest.raises(ValueError, match='3 channels'):
        mask(np.zeros([4, 4, 4], np.uint8))


@pytest.mark.parametrize('bounds, named', [
    ({'hue': (-1, 20)}, 'hue'), ({'hue': (10, 361)}, 'hue'), ({'hue': (10.5, 20)}, 'hue'),
    ({'saturation': (0.5, 0.2)}, 'saturation'), ({'saturation': (0, 1.5)}, 'saturation'),
    ({'value': (0.9, 0.1)}, 'value'), ({'value': (0.333, 1)}, 'value'),
    ({'hue': 35}, 'hue'), ({'hue': (1, 2, 3)}, 'hue'), ({'hue': '35'}, 'hue'),
    ({'hue': (True, 20)}, 'hue'), ({'saturation': (float('nan'), 1)}, 'saturation'),
    ({'value': None}, 'value'),
])
def test_hsv_range_refuses_what_is_no_range(bounds, named):
    with pytest.raises(ValueError, match=f'^{named} must be'):
        HsvRange(**bounds)


@pytest.mark.parametrize('bounds', [
    {'hue': (35.0, 170)}, {'hue': [35, 170]}, {'hue': np.array([35, 170])},
    {'saturation': [np.float32(0.2), 1]}, {'value': np.array([0.12, 1])}])
def test_bounds_of_other_types_become_pythons_own(bounds, some_colors):
    hsv_range = HsvRange(**bounds)
    assert hsv_range == LEAF and hash(hsv_range) == hash(LEAF)
    assert all(type(degree) is int for degree in hsv_range.hue)
    assert all(type(bound) is float for bound in (*hsv_range.saturation, *hsv_range.value))
    expected = tf_color_mask(some_colors)
    for mask in (tf_color_mask, cv_color_mask):
        np.testing.assert_array_equal(mask(some_colors, hsv_range), expected)


@pytest.mark.parametrize('hsv_range', [
    LEAF, RED, HsvRange((0, 360), (0, 1), (0, 1)), HsvRange((100, 50), (0, 1), (0, 1))])
def test_a_pixel_with_nan_is_in_no_mask(hsv_range):
    channels = np.array(np.meshgrid(*[[0, 0.3, 0.8, np.nan]] * 3)).reshape(3, -1).T
    image = channels[np.isnan(channels).any(axis=1)].astype(np.float32)[None]
    for mask in (tf_color_mask, cv_color_mask):
        assert not mask(image, hsv_range).numpy().any()

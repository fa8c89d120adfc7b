"""Masks of ranges in CIE LCh, against the definition computed in float64."""

import numpy as np
import pytest
import skimage.color
import tensorflow as tf
from colors import dense_grid
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dualstream.color import LchRange, cv_color_mask, tf_color_mask
from dualstream.color.packed import packed_mask
from dualstream.pipeline import Routine

GREEN = LchRange(hue=(100, 160), chroma=(15, 90), lightness=(10, 95))
RED = LchRange(hue=(340, 55))


@pytest.fixture(scope='module')
def colors():
    """Colours of a grid, with CIE LCh by scikit-image; but for grays, it knows no exact white."""
    image = dense_grid()
    lch = skimage.color.lab2lch(skimage.color.rgb2lab(image)) * [1, 1, 180 / np.pi]
    colored = lch[..., 1] > 0.1
    return image[colored], lch[colored]


def inside(lch, lch_range, slack):
    """The definition: in all bounds, each moved outwards by the slack; in units of CIELAB."""
    lightness, chroma, hue = np.moveaxis(lch, -1, 0)
    degrees = np.degrees(slack / np.maximum(chroma, 1e-3))  # what the slack is as an angle
    lo, hi = lch_range.hue
    in_hue = (hue - lo + degrees) % 360 <= (hi - lo) % 360 + 2 * degrees
    if lch_range.width == 360:
        in_hue = np.ones_like(in_hue)
    return (in_hue & (chroma >= lch_range.chroma[0] - slack)
            & (chroma <= lch_range.chroma[1] + slack)
            & (lightness >= lch_range.lightness[0] - slack)
            & (lightness <= lch_range.lightness[1] + slack))


def sorted_pair(top):
    return st.tuples(st.floats(0, top), st.floats(0, top)).map(lambda pair: tuple(sorted(pair)))


degrees = st.floats(0, 360)


@settings(max_examples=20)
@given(lch_range=st.builds(LchRange, st.tuples(degrees, degrees), sorted_pair(134),
                           sorted_pair(100)))
@example(lch_range=GREEN)
@example(lch_range=RED)
@example(lch_range=LchRange((0, 360)))
@example(lch_range=LchRange((0, 180)))
@example(lch_range=LchRange((200, 20)))
@example(lch_range=LchRange((20, 19)))
@example(lch_range=LchRange((136.01, 136.02), (0, 200)))
def test_a_pixel_is_inside_where_its_lch_is(colors, lch_range):
    """But within 0.01 of a bound, where scikit-image's white, which is not neutral, matters."""
    image, lch = colors
    mask = tf_color_mask(image, lch_range).numpy()
    width = (lch_range.hue[1] - lch_range.hue[0]) % 360
    if lch_range.width == 360 or 0.1 < width < 359.9:
        assert not (inside(lch, lch_range, -0.01) & ~mask).any()
        assert not (mask & ~inside(lch, lch_range, 0.01)).any()


def test_the_masks_used_in_examples_hold_some_colors_and_not_others(colors):
    for lch_range in (GREEN, RED):
        assert 0.02 < tf_color_mask(colors[0], lch_range).numpy().mean() < 0.5


def test_named_colors_lie_where_the_documentation_says():
    pure = {40: (255, 0, 0), 103: (255, 255, 0), 136: (0, 255, 0), 306: (0, 0, 255)}
    for hue, rgb in pure.items():
        image = np.uint8([[rgb]])
        assert tf_color_mask(image, LchRange((hue - 1, hue + 1))).numpy().all()
        assert not tf_color_mask(image, LchRange((hue + 1, hue - 1))).numpy().any()


@pytest.mark.parametrize('lch_range', [GREEN, RED])
def test_packed_and_floating_masks_are_the_same(colors, lch_range):
    """But where a colour lies on a bound, which XLA may round to the other side."""
    image = colors[0][:139_000].reshape(139, 1000, 3)
    mask = tf_color_mask(image, lch_range).numpy()
    bits = np.unpackbits(packed_mask(image, lch_range).numpy())[:mask.size].reshape(mask.shape)
    floating = tf_color_mask(image / np.float32(255), lch_range).numpy()
    assert (bits != mask).mean() < 1e-4 and (floating != mask).mean() < 1e-4
    for dtype in (tf.float16, tf.bfloat16):
        rounded = tf_color_mask(tf.cast(image / np.float32(255), dtype), lch_range).numpy()
        assert (rounded != mask).mean() < 1e-4


def test_a_gray_has_hue_zero_and_no_chroma():
    grays = np.arange(256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, axis=2)
    for hue, held in (((0, 10), True), ((350, 360), True), ((350, 5), True), ((1, 359), False),
                      ((180, 180), False), ((0, 0), True)):
        mask = tf_color_mask(grays, LchRange(hue, chroma=(0, 5))).numpy()
        assert mask.all() if held else not mask.any()
        assert not tf_color_mask(grays, LchRange(hue)).numpy().any()
    light = tf_color_mask(grays, LchRange((0, 360), (0, 5), (50, 100)))[0].numpy()
    assert light[-1] and not light[0] and (np.diff(light.astype(int)) >= 0).all()


def test_a_pixel_with_nan_is_in_no_mask():
    channels = np.array(np.meshgrid(*[[0, 0.3, 0.8, np.nan]] * 3)).reshape(3, -1).T
    image = channels[np.isnan(channels).any(axis=1)].astype(np.float32)
    for lch_range in (GREEN, RED, LchRange((0, 360), (0, 200), (0, 100)), LchRange((10, 5))):
        assert not tf_color_mask(image, lch_range).numpy().any()


@pytest.mark.parametrize('arguments, named', [
    ({'hue': (-1, 20)}, 'hue'), ({'hue': (10, 361)}, 'hue'), ({'hue': 35}, 'hue'),
    ({'hue': (0, float('nan'))}, 'hue'), ({'hue': (0, 9), 'chroma': (20, 10)}, 'chroma'),
    ({'hue': (0, 9), 'chroma': (-1, 10)}, 'chroma'),
    ({'hue': (0, 9), 'lightness': (0, 101)}, 'lightness'),
    ({'hue': (0, 9), 'lightness': (60, 40)}, 'lightness')])
def test_what_is_no_range_is_refused(arguments, named):
    with pytest.raises(ValueError, match=f'^{named} must be'):
        LchRange(**arguments)


def test_lists_and_numbers_of_numpy_are_taken():
    listed = LchRange(hue=[100, np.float32(160)], chroma=np.array([15, 90]), lightness=[10, 95])
    assert listed == GREEN and hash(listed) == hash(GREEN)


def test_a_routine_takes_it_with_tensor_ops_alone(colors):
    frame = np.full([64, 96, 3], 200, np.uint8)
    frame[16:48, 56:88] = (60, 150, 40)
    routine = Routine((32, 32), look='pixels', color_range=GREEN)
    np.testing.assert_array_equal(
        routine.window_of_frame(tf.constant(frame), (0, 0)), [16, 56, 32, 32])
    with pytest.raises(ValueError, match="^color_range must be an HsvRange where mask is 'cv'"):
        Routine((32, 32), mask='cv', color_range=GREEN)
    with pytest.raises(ValueError, match='^cv_color_mask compares in HSV alone'):
        cv_color_mask(frame, GREEN)

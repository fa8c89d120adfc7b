"""A routine on a canvas gives what the routine gives on the frame."""

import functools
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstream.color import tf_color_mask
from dualstream.export.canvas import look_at_canvas, mask_of_canvas
from dualstream.pipeline import Routine

CANVAS = (120, 136)
TARGETS = ((64, 64), (40, 72))
CLOSE = 2e-5  # places are rounded otherwise; one of 256 levels is 4e-3


@functools.cache
def on_canvas(routine):
    """As it is exported: one graph for frames of all sizes."""
    return tf.function(
        lambda canvas, size: (*look_at_canvas(canvas, size, routine),
                              mask_of_canvas(canvas, size, routine)),
        input_signature=[tf.TensorSpec([*CANVAS, 3], tf.uint8), tf.TensorSpec([2], tf.int32)])


def blotches(height, width, seed):
    """A frame, uint8 (height, width, 3), with some leaf and some soil; and a canvas with it."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 6, 3)) * rng.integers(0, 2, (6, 6, 1))
    canvas = rng.integers(0, 256, (*CANVAS, 3), np.uint8)  # of no effect outside the frame
    rows, columns = (np.arange(length) * 6 // length for length in (height, width))
    canvas[:height, :width] = coarse[rows][:, columns]
    return canvas[:height, :width], canvas


sides = st.one_of(st.sampled_from([64, 72, 96, 120]), st.integers(1, 120))


@settings(max_examples=16)
@given(height=sides, width=sides, seed=st.integers(0, 99), target=st.sampled_from(TARGETS))
def test_window_and_image_are_the_routines(height, width, seed, target):
    routine = Routine(target)
    frame, canvas = blotches(height, width, seed)
    window, image, mask = on_canvas(routine)(canvas, tf.constant([height, width]))
    expected = routine.window_of_frame(tf.constant(frame), (0, 0))
    np.testing.assert_array_equal(window, expected)
    np.testing.assert_array_equal(mask[:height, :width], tf_color_mask(frame))
    assert np.sum(mask) == np.sum(tf_color_mask(frame))
    of_frame = routine.image_of_frame(tf.constant(frame), expected)
    np.testing.assert_allclose(image, of_frame, atol=CLOSE)


@settings(max_examples=8)
@given(height=sides, width=sides, seed=st.integers(0, 99),
       zoom=st.sampled_from([0.7, 1.3, (0.5, 2.0), math.inf]))
def test_windows_at_other_zooms_are_the_routines(height, width, seed, zoom):
    routine = Routine((64, 64), zoom=zoom)
    frame, canvas = blotches(height, width, seed)
    window, image, _ = on_canvas(routine)(canvas, tf.constant([height, width]))
    expected = routine.window_of_frame(tf.constant(frame), (0, 0))
    np.testing.assert_array_equal(window, expected)
    of_frame = routine.image_of_frame(tf.constant(frame), expected)
    np.testing.assert_allclose(image, of_frame, atol=CLOSE)


@settings(max_examples=10)
@given(height=sides, width=sides, seed=st.integers(0, 99), target=st.sampled_from(TARGETS))
def test_whole_frames_are_resized_as_tensorflow_does(height, width, seed, target):
    frame, canvas = blotches(height, width, seed)
    window, image, _ = on_canvas(Routine(target, mask='none', crop='none'))(
        canvas, tf.constant([height, width]))
    np.testing.assert_array_equal(window, [0, 0, height, width])
    expected = tf.image.resize(frame, target, antialias=True) / 255
    np.testing.assert_allclose(image, expected, atol=CLOSE)


@pytest.mark.parametrize('routine', [Routine((64, 64), crop='random'),
                                     Routine((64, 64), mask='cv')])
def test_other_routines_are_refused(routine):
    with pytest.raises(ValueError, match='^routine must have'):
        look_at_canvas(tf.zeros([*CANVAS, 3], tf.uint8), tf.constant([64, 64]), routine)

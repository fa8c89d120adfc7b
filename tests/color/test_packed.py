"""The packed mask is the mask, of frames of any size, compiled once for all."""

import numpy as np
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dualstream.color import LEAF, HsvRange, tf_color_mask
from dualstream.color import packed as packed_module
from dualstream.color.packed import CHUNK, count_blocks, packed_mask, unpack

BLACK = HsvRange(hue=(0, 10), saturation=(0, 1), value=(0, 0.2))  # the padding of small frames, too


def frame_of(height, width, seed=0):
    # Green more often than chance has it, so that masks are neither empty nor noise alone.
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (height, width, 3), np.uint8)
    frame[:, : width // 2, 1] |= 128
    return frame


@settings(max_examples=40)
@given(height=st.integers(1, 90), width=st.integers(1, 90),
       hsv_range=st.sampled_from([LEAF, BLACK]))
@example(height=512, width=512, hsv_range=LEAF)  # a chunk, one pixel less, one more, and several
@example(height=73, width=3591, hsv_range=LEAF)
@example(height=5, width=52429, hsv_range=LEAF)
@example(height=601, width=1333, hsv_range=LEAF)
@example(height=1024, width=768, hsv_range=BLACK)
def test_it_is_the_mask(height, width, hsv_range):
    frame = frame_of(height, width)
    packed = packed_mask(frame, hsv_range)
    assert packed.shape == [-(-height * width // 8)]
    mask = tf_color_mask(frame, hsv_range).numpy()
    np.testing.assert_array_equal(unpack(packed, tf.constant([height, width])), mask)
    np.testing.assert_array_equal(np.unpackbits(packed)[:mask.size], mask.ravel())


@settings(max_examples=20)
@given(rows=st.integers(1, 100), columns=st.integers(1, 100), step=st.sampled_from([1, 2, 4, 8]))
def test_blocks_count_their_pixels(rows, columns, step):
    frame = frame_of(8 * rows, 8 * columns)
    counts = count_blocks(frame, step=step)
    mask = tf_color_mask(frame).numpy()[::step, ::step]
    blocks = mask.reshape(rows, 8 // step, columns, 8 // step)
    np.testing.assert_array_equal(counts, blocks.sum(axis=(1, 3)))


def test_frames_of_any_size_are_compiled_once():
    hsv_range = HsvRange(hue=(123, 234))  # of this test alone
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)])
    def pack(frame):
        traces.append(1)
        return packed_mask(frame, hsv_range)

    for size in ((1, 1), (300, 400), (640, 480), (1000, 1000)):
        pack(frame_of(*size))
    compiled = packed_module._compiled_pack(hsv_range)
    assert len(traces) == 1
    # XLA compiles once a signature; this one is of a fixed shape, and was traced once.
    assert compiled.experimental_get_tracing_count() == 1
    assert compiled.input_signature[0].shape == [3 * CHUNK]

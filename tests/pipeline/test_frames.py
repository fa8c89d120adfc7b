"""The routines on a batch of frames, compiled: the same images as one by one on the host."""

import math

import numpy as np
import pytest
import tensorflow as tf

from dualstream.color.stains import StainNormalizer
from dualstream.pipeline import Routine, crop_frames


def frames_of(height, width, count=3):
    """Noise, with a greener disc in a different place of each."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (count, height, width, 3), np.uint8)
    y, x = np.mgrid[:height, :width]
    for index, frame in enumerate(frames):
        disc = (y - height * (index + 1) / 4)**2 + (x - width / (index + 1.5))**2 < height**2 / 9
        frame[disc, 1] |= 192
    return frames


@pytest.mark.parametrize('size, crop, zoom', [
    ((120, 160), 'array', 1.0), ((101, 163), 'random', 1.0), ((40, 50), 'array', 1.0),
    ((120, 160), 'random', 1.5), ((101, 163), 'array', (0.9, math.inf))], ids=str)
def test_same_images_as_from_pixels(size, crop, zoom):
    routine = Routine((64, 48), 'tf', crop, 'pixels', saccades=5, zoom=zoom)
    frames = frames_of(*size)
    seeds = tf.stack([tf.range(3), [7, 7, 8]], axis=1)
    compiled = tf.function(lambda *inputs: crop_frames(routine, *inputs), jit_compile=True)
    images = compiled(frames, seeds).numpy()
    assert images.shape == (3, 64, 48, 3)
    for frame, seed, image in zip(frames, seeds, images):
        one = routine({'image': tf.io.encode_png(frame)}, seed)
        np.testing.assert_allclose(image, one, atol=1e-5)


def test_what_cannot_be_compiled_is_refused():
    frames, seeds = frames_of(20, 30), tf.zeros([3, 2], tf.int32)
    for refused, why in (
            (('cv', 'array'), 'Python'), (('tf', 'loop'), 'array'), (('none', 'none'), 'Resizing')):
        with pytest.raises(ValueError, match=why):
            crop_frames(Routine((8, 8), *refused), frames, seeds)
    with pytest.raises(ValueError, match='normalizer'):
        crop_frames(Routine((8, 8), normalizer=StainNormalizer('macenko')), frames, seeds)
    with pytest.raises(ValueError, match='zoom'):
        crop_frames(Routine((8, 8), crop='random', zoom=(1, 2)), frames, seeds)
    unknown = tf.function(lambda inputs: crop_frames(Routine((8, 8)), inputs, seeds),
                          input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)])
    with pytest.raises(ValueError, match='known height'):
        unknown.get_concrete_function()

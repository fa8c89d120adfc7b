"""Masks, crops, colour spaces and stains, under the compilers of two TPUs."""

import pytest

pytestmark = pytest.mark.slow

PROGRAM = '''
import tensorflow as tf
from dualstream import hue_channels, merge, unmix
from dualstream.color import *
from dualstream.crop import array_crop, loop_crop, max_rand_crop
from dualstream.pipeline import Routine, crop_frames
from dualstream.tpu.functions import compile_function

HEIGHT, WIDTH, TARGET = 64, 96, (32, 32)
FRAME = tf.TensorSpec([HEIGHT, WIDTH, 3], tf.uint8)
GRID = tf.TensorSpec([HEIGHT // 8, WIDTH // 8], tf.uint8)
SEED = tf.TensorSpec([2], tf.int32)
FRAMES, SEEDS = tf.TensorSpec([4, *FRAME.shape], tf.uint8), tf.TensorSpec([4, 2], tf.int32)

def spaces(frames):
    """Every space and back, and the difference that is left."""
    lab = rgb_to_lab(frames)
    images = [lab_to_rgb(lch_to_lab(lab_to_lch(lab))), hsv_to_rgb(rgb_to_hsv(frames)),
              linear_to_rgb(rgb_to_linear(frames)), hed_to_rgb(rgb_to_hed(frames)),
              od_to_rgb(rgb_to_od(frames, convention='torchstain'), convention='torchstain')]
    return [delta_e_2000(rgb_to_lab(image), lab) for image in images]

def normalizer(method):
    target = ([[60, 20, -10], [10, 8, 8]] if method == 'reinhard'
              else [[[0.65, 0.7, 0.29], [0.2, 0.8, 0.56]], [1.5, 1.0]])
    return StainNormalizer(method, target=target).normalize, FRAMES

FUNCTIONS = {
    'mask': (tf_color_mask, FRAME),
    'mask, LCh': (lambda frame: tf_color_mask(frame, LchRange((100, 160))), FRAME),
    'spaces': (spaces, FRAMES),
    'loop': (lambda frame: loop_crop(tf_color_mask(frame), TARGET), FRAME),
    'array': (lambda frame: array_crop(tf_color_mask(frame), TARGET), FRAME),
    'array, grid': (lambda grid: array_crop(grid, TARGET, (HEIGHT, WIDTH), block=8), GRID),
    'random': (lambda frame, seed: max_rand_crop(tf_color_mask(frame), TARGET, seed), FRAME, SEED),
    'frames, array': (
        lambda frames, seeds: crop_frames(Routine(TARGET, look='pixels'), frames, seeds),
        FRAMES, SEEDS),
    'frames, random': (
        lambda frames, seeds: crop_frames(Routine(TARGET, crop='random'), frames, seeds),
        FRAMES, SEEDS),
    'merge': (lambda frame: merge(frame, 'mgc', mode='screen'), FRAME),
    'unmix': (lambda frame: unmix(frame, 'mgc'), FRAME),
    'hue channels': (lambda frame: hue_channels(frame, 'mgc'), FRAME),
    'macenko': normalizer('macenko'),
    'reinhard': normalizer('reinhard'),
    'vahadane': normalizer('vahadane'),
    'OpenCV': (cv_color_mask, FRAME),
    'unknown size': (tf_color_mask, tf.TensorSpec([None, None, 3], tf.uint8)),
}
for name, (function, *specs) in FUNCTIONS.items():
    try:
        compiled = compile_function(find_slice(sys.argv[1]), function, *specs)
        print(json.dumps([name, [compiled.fits, compiled.flops, compiled.bytes_accessed]]))
    except ValueError as error:
        print(json.dumps([name, str(error)]))
'''

COMPILED = ('mask', 'loop', 'array', 'array, grid', 'random', 'frames, array', 'frames, random',
            'mask, LCh', 'spaces', 'merge', 'unmix', 'hue channels', 'macenko', 'reinhard',
            'vahadane')


@pytest.fixture(scope='module', params=['v5litepod-1', 'v6e-1'])
def outcomes(request, run):
    return dict(run(PROGRAM, request.param))


@pytest.mark.parametrize('name', COMPILED)
def test_tensor_ops_compile(outcomes, name):
    assert isinstance(outcomes[name], list), outcomes[name]
    fits, flops, bytes_accessed = outcomes[name]
    assert fits and flops > 0 and bytes_accessed > 0


def test_python_is_refused_with_the_reason(outcomes):
    assert outcomes['OpenCV'].startswith('XLA cannot compile cv_color_mask: it holds EagerPyFunc')


def test_a_size_that_is_not_known_is_refused(outcomes):
    assert 'needs every dimension' in outcomes['unknown size']

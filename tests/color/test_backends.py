"""The colour spaces without TensorFlow, and in tf.data beside another backend of Keras."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip('jax')
pytestmark = pytest.mark.slow

PROGRAM = '''
import json, sys
from dualstream.color import (
    delta_e_2000, hed_to_rgb, hsv_to_rgb, lab_to_lch, lab_to_rgb, lch_to_lab, linear_to_rgb,
    rgb_to_hed, rgb_to_hsv, rgb_to_lab, rgb_to_linear, rgb_to_od)
import jax
import keras
import numpy as np

registered = [keras.saving.get_registered_object(f'dualstream>{layer}') is not None
              for layer in ('ToColorSpace', 'FromColorSpace', 'MergeChannels', 'Lab')]

def spaces(image):
    lab, hed = rgb_to_lab(image), rgb_to_hed(image, convention='qupath')
    return {'linear': rgb_to_linear(image), 'hsv': rgb_to_hsv(image), 'lab': lab, 'hed': hed,
            'od': rgb_to_od(image, convention='torchstain'),
            'difference': delta_e_2000(lab, np.float32([50, 0, 0])),
            'from lch': lab_to_rgb(lch_to_lab(lab_to_lch(lab))),
            'from hsv': hsv_to_rgb(rgb_to_hsv(image), dtype='uint8'),
            'from hed': hed_to_rgb(hed), 'from linear': linear_to_rgb(rgb_to_linear(image))}

def total(image):
    return sum(pixels.sum() for pixels in spaces(image).values() if pixels.dtype == 'float32')

image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
compiled = jax.jit(spaces)(image)
slopes = jax.jit(jax.grad(total))(np.float32([[0] * 3, [1] * 3, [0.5] * 3, [1, 0, 0]]))
without = 'tensorflow' not in sys.modules

import tensorflow as tf
piped = next(iter(tf.data.Dataset.from_tensors(image).map(spaces)))
apart = {name: float(np.abs(np.asarray(pixels, np.float64) - np.asarray(piped[name])).max())
         for name, pixels in compiled.items()}
print(json.dumps({'without': without, 'registered': registered, 'apart': apart,
                  'finite': bool(np.isfinite(slopes).all()),
                  'lab': np.asarray(rgb_to_lab(np.uint8([255, 0, 0]))).tolist()}))
'''


@pytest.fixture(scope='module')
def outcome():
    process = subprocess.run(
        [sys.executable, '-c', PROGRAM], capture_output=True, text=True,
        env={**os.environ, 'KERAS_BACKEND': 'jax', 'JAX_PLATFORMS': 'cpu'})
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


def test_the_spaces_need_no_tensorflow(outcome):
    assert outcome['without']
    assert outcome['lab'] == pytest.approx([53.2406, 80.0923, 67.2028], abs=1e-4)


def test_importing_keras_registers_the_layers(outcome):
    assert outcome['registered'] == [True] * 4


def test_tf_data_computes_what_jax_does(outcome):
    assert len(outcome['apart']) == 10
    for name, apart in outcome['apart'].items():
        assert apart < 2e-4, (name, apart)


def test_gradients_of_jax_are_finite_at_black_white_and_gray(outcome):
    assert outcome['finite']

"""The stain normaliser on JAX: by itself, and in the tf.data of a training on that backend."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip('jax')
pytestmark = pytest.mark.slow

PROGRAM = '''
import json
import tensorflow as tf
import dualstream
import jax
import keras
import numpy as np
from slides import OTHER_SCANNER, draw_concentrations, stain

slide, reference = stain(draw_concentrations(64)), stain(draw_concentrations(64, 1), OTHER_SCANNER)
for method in ('macenko', 'reinhard', 'vahadane'):
    normalizer = dualstream.StainNormalizer(method)
    normalizer.adapt(reference)
    found = np.asarray(jax.jit(lambda image: normalizer(image))(slide)).astype(int)
    data = tf.data.Dataset.from_tensors(slide).map(lambda image: normalizer.normalize(image)[0])
    slopes = jax.grad(lambda image: keras.ops.sum(normalizer(image)))(np.float32(slide / 255))
    print(json.dumps([method, int(np.abs(found - next(iter(data)).numpy()).max()),
                      float(np.abs(found - slide).mean()), bool(np.isfinite(slopes).all())]))
'''


def test_pipeline_and_backend_agree():
    process = subprocess.run(
        [sys.executable, '-c', PROGRAM], capture_output=True, text=True,
        cwd=pathlib.Path(__file__).parents[1],
        env={**os.environ, 'KERAS_BACKEND': 'jax', 'JAX_PLATFORMS': 'cpu'})
    assert process.returncode == 0, process.stderr[-3000:]
    outcomes = [json.loads(line) for line in process.stdout.splitlines()]
    assert [method for method, *_ in outcomes] == ['macenko', 'reinhard', 'vahadane']
    for _, apart, changed, finite in outcomes:
        assert apart <= 1 < changed and finite

"""What an accelerator is measured with, tried on the CPU, with TensorFlow and without."""

import json
import os
import subprocess
import sys

import pytest
from commands import COMPILE_QUICKLY

RUN = """
import runpy, sys
if sys.argv[1] == 'without':
    sys.modules['tensorflow'] = None
    import importlib.util
    find_spec = importlib.util.find_spec
    importlib.util.find_spec = lambda name, *args: (
        None if name == 'tensorflow' else find_spec(name, *args))
sys.argv = ['accelerator', *sys.argv[2:]]
runpy.run_module('experiments.accelerator', run_name='__main__')
"""


def measure(tensorflow, *flags):
    return subprocess.run(
        [sys.executable, '-c', RUN, tensorflow, '--batch_size=2',
         '--image_size=64', '--repeats=1', '--matrix=256', *flags], capture_output=True, text=True,
        env=os.environ | {'KERAS_BACKEND': 'jax', 'XLA_FLAGS': COMPILE_QUICKLY})


@pytest.mark.slow
@pytest.mark.parametrize('tensorflow, presets, measured', [
    ('without', 'nano', 2 * ['product', 'nano training', 'nano inference']),
    ('with', '', ['product', 'product', 'tf-array', 'tf-random']),
])
def test_everything_is_measured_and_says_where_it_ran(tensorflow, presets, measured, tmp_path):
    pytest.importorskip('jax')
    ended = measure(tensorflow, f'--presets={presets}', '--device=cpu', f'--out={tmp_path}')
    assert ended.returncode == 0, ended.stderr
    rows = json.loads((tmp_path / 'results.json').read_text())['rows']
    assert [row['what'] for row in rows] == measured
    for row in rows:
        if row['what'] != 'product':
            assert row['images_per_second'] > 0 and row['devices'] == ['cpu:0']
        if row['precision'] and row['what'] != 'product':
            assert row['share_of_peak'] > 0
    assert (tmp_path / 'results.md').read_text() in ended.stdout


def test_a_device_that_is_not_there_is_an_error():
    pytest.importorskip('jax')
    ended = measure('without', '--device=gpu')
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == 'error: --device=gpu: JAX finds no such device'

"""Devices: none is replaced by another, and several together train as one does alone.

No accelerator is needed: a CPU counts as several devices, in TensorFlow and in JAX.
"""

import json
import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from dualstream import devices

TRAINS = """
import json
import sys
import numpy as np
import tensorflow as tf
number = int(sys.argv[1])
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0], number * [tf.config.LogicalDeviceConfiguration()])
from dualstream import devices
devices.settle_backend()
import keras
place = devices.place('cpu')
assert place.replicas == number and place.kind == 'CPU', place
from dualstream import network
from dualstream.training import recipe

with place.scope():
    model = network.build('nano', widths=(16, 16, 16, 16), depth_ratio=1, slow='none',
                          image_size=(64, 64), dropout=0.0)
    recipe.compile_network(model, 1e-2, 100, replicas=place.replicas)
rng = np.random.default_rng(0)
images = rng.uniform(size=(48, 64, 64, 3)).astype(np.float32)
labels = rng.integers(0, 5, 48)
weights = rng.uniform(size=48)
batches = tf.data.Dataset.from_tensor_slices((images, labels, weights)).batch(16)
losses = model.fit(batches, epochs=3, verbose=0, shuffle=False).history['loss']
print(json.dumps({'losses': losses, 'norm': float(sum(
    np.square(keras.ops.convert_to_numpy(weight)).sum() for weight in model.weights))}))
"""


def train_on(backend, number):
    process = subprocess.run(
        [sys.executable, '-c', TRAINS, str(number)], capture_output=True, text=True,
        env=os.environ | {'KERAS_BACKEND': backend,
                          'XLA_FLAGS': f'--xla_force_host_platform_device_count={number}'})
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize('backend, numbers', [('tensorflow', (4,)), ('jax', (4, 8))])
def test_several_devices_train_as_one_does(backend, numbers):
    pytest.importorskip(backend)
    alone = train_on(backend, 1)
    assert alone['losses'][-1] < alone['losses'][0]
    for number in numbers:
        together = train_on(backend, number)
        np.testing.assert_allclose(together['losses'], alone['losses'], rtol=1e-5)
        assert together['norm'] == pytest.approx(alone['norm'], rel=1e-5)


@pytest.mark.parametrize('flags, why', [
    ({'device': 'abacus'}, '--device must be one of'),
    ({'device': 'cpu', 'tpu': 'local'}, 'contradicts'),
    ({'tpu': 'local'}, 'no TPU on this machine: looked for /dev/accel'),
    ({'device': 'tpu'}, 'pip install'),
])
def test_what_cannot_be_is_refused_at_once(flags, why):
    begun = time.monotonic()
    with pytest.raises(ValueError, match=why):
        devices.settle_backend(**flags)
    assert time.monotonic() < begun + 1


def test_the_backend_with_a_tpu_is_taken(monkeypatch):
    monkeypatch.delenv('KERAS_BACKEND', raising=False)
    monkeypatch.setattr(devices.glob, 'glob', lambda pattern: [pattern])
    for has in ('jax', 'tensorflow'):
        monkeypatch.setattr(devices, '_sees_tpu', has.__eq__)
        devices.settle_backend(tpu='local')
        assert os.environ.pop('KERAS_BACKEND') == has
    monkeypatch.setattr(devices, '_sees_tpu', lambda backend: False)
    with pytest.raises(ValueError, match='for TPUs in jax and tensorflow'):
        devices.settle_backend(tpu='local')


def test_another_machines_tpu_is_tensorflows(monkeypatch):
    monkeypatch.setenv('KERAS_BACKEND', 'jax')
    with pytest.raises(ValueError, match='only the backend tensorflow'):
        devices.settle_backend(tpu='grpc://10.0.0.2:8470')


@pytest.fixture
def start_on_jax(small_training, tmp_path):
    """Starts a training on four of JAX's devices; what one has compiled serves the next, too."""
    pytest.importorskip('jax')
    env = os.environ | {
        'KERAS_BACKEND': 'jax', 'XLA_FLAGS': '--xla_force_host_platform_device_count=4',
        'JAX_COMPILATION_CACHE_DIR': str(tmp_path / 'compiled'),
        'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0'}
    return lambda workdir, *flags: subprocess.Popen(
        [sys.executable, '-m', 'dualstream.train', *small_training, f'--workdir={workdir}',
         '--batch_size=2', *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=env)


def test_a_run_on_jax_goes_on_after_kill_9(start_on_jax, tmp_path):
    whole = start_on_jax(tmp_path / 'whole', '--profile_steps=6,8')
    _, said = whole.communicate()
    assert whole.returncode == 0, said
    cut = start_on_jax(tmp_path / 'cut', '--checkpoint_steps=1')
    begun, end = time.monotonic(), f'{random.randint(1, 6):010d}'  # of 8 steps
    while not any(path.name >= end for path in tmp_path.glob('cut/checkpoints/[0-9]*')):
        assert cut.poll() is None and time.monotonic() < begun + 300, cut.stderr.read()
        time.sleep(0.02)
    cut.kill()
    cut.communicate()
    assert not (tmp_path / 'cut' / 'summary.json').exists()
    again = start_on_jax(tmp_path / 'cut', '--checkpoint_steps=1', '--resume')
    _, said = again.communicate()
    assert again.returncode == 0, said
    summaries = [json.loads((tmp_path / name / 'summary.json').read_text())
                 for name in ('whole', 'cut')]
    for summary in summaries:
        assert summary['made_by']['device'] == '4 x CPU'
    assert summaries[0]['per_class_recall'] == summaries[1]['per_class_recall']

    import keras

    from dualstream import network  # noqa: F401, registers the layers
    models = [keras.saving.load_model(tmp_path / name / 'model.keras')
              for name in ('whole', 'cut')]
    for variable, other in zip(models[0].variables, models[1].variables, strict=True):
        np.testing.assert_array_equal(variable, other)

    from dualstream.traces import read_trace, review
    trace = read_trace(tmp_path / 'whole')
    seen = review(trace)
    assert seen.steps == 3 and seen.split_ms['compute'] > 0 and seen.split_ms['input'] > 0
    assert seen.images_per_second == pytest.approx(8000 / seen.step_ms)
    for library in ('tf_data', 'tf_XLA'):  # the one that reads and the one that trains
        assert any(thread.startswith(library) for thread in trace.threads)

"""Devices: none is replaced by another, and several together train as one does alone.

No accelerator is needed: a CPU counts as several devices, in TensorFlow and in JAX.
"""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from commands import COMPILE_QUICKLY

from dualstream.runtime import devices

TRAINS = """
import json
import sys
import numpy as np
import tensorflow as tf
number = int(sys.argv[1])
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices('CPU')[0], number * [tf.config.LogicalDeviceConfiguration()])
from dualstream.runtime import devices
devices.choose_backend()
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
        env=os.environ | {
            'KERAS_BACKEND': backend,
            'XLA_FLAGS': f'--xla_force_host_platform_device_count={number} {COMPILE_QUICKLY}'})
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize('backend, numbers', [('tensorflow', (4, 8)), ('jax', (4, 8))])
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
        devices.choose_backend(**flags)
    assert time.monotonic() < begun + 1


def test_the_backend_with_a_tpu_is_taken(monkeypatch):
    monkeypatch.delenv('KERAS_BACKEND', raising=False)
    monkeypatch.setattr(devices.glob, 'glob', lambda pattern: [pattern])
    for has in ('jax', 'tensorflow'):
        monkeypatch.setattr(devices, '_sees_tpu', has.__eq__)
        devices.choose_backend(tpu='local')
        assert os.environ.pop('KERAS_BACKEND') == has
    monkeypatch.setattr(devices, '_sees_tpu', lambda backend: False)
    with pytest.raises(ValueError, match='for TPUs in jax and tensorflow'):
        devices.choose_backend(tpu='local')


def test_another_machines_tpu_is_tensorflows(monkeypatch):
    monkeypatch.setenv('KERAS_BACKEND', 'jax')
    with pytest.raises(ValueError, match='only the backend tensorflow'):
        devices.choose_backend(tpu='grpc://10.0.0.2:8470')

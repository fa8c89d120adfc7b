"""Devices: none is replaced by another, and two together train and score as one does alone.

No accelerator is needed: a CPU counts as several devices, in TensorFlow and in JAX.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from commands import COMPILE_QUICKLY

from dualstream.runtime import devices
from dualstream.runtime.errors import UserError

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
from dualstream.evaluation.predictions import predict
from dualstream.evaluation.scores import Scores
from dualstream.training import recipe

with place.scope():
    model = network.build('nano', widths=(16, 16, 16, 16), depth_ratio=1, slow='none',
                          image_size=(64, 64), dropout=0.0)
    recipe.compile_network(model, 1e-2, 100, replicas=place.replicas)
rng = np.random.default_rng(0)
images = rng.uniform(size=(48, 64, 64, 3)).astype(np.float32)
labels = rng.integers(0, 5, 48)
weights = rng.uniform(size=48)
names = list('abcde')
batches = tf.data.Dataset.from_tensor_slices((images, labels, weights)).batch(16)
losses = model.fit(batches, epochs=3, verbose=0, shuffle=False).history['loss']

seen = []  # the images that each device gets
model.make_predict_function()
predict_one = model.predict_function


def note(*arguments):
    if keras.backend.backend() == 'jax':
        state, batches = arguments
        batch = next(batches)
        parts = getattr(batch[0], 'addressable_shards', None)  # of NumPy's for one device, none
        seen.extend([len(part.data) for part in parts] if parts else [len(batch[0])])
        return predict_one(state, iter([batch]))
    (batch,), = arguments
    seen.extend(part.shape[0] for part in place.strategy.experimental_local_results(batch[0]))
    return predict_one(*arguments)


model.predict_function = note
batches = tf.data.Dataset.from_tensor_slices((images, labels)).take(22).batch(8)
scores = Scores.of(predict(model, batches, names))
print(json.dumps({
    'losses': losses, 'seen': seen, 'confusion': scores.confusion.tolist(),
    'cross_entropy': scores.cross_entropy, 'norm': float(sum(
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


@pytest.mark.slow
@pytest.mark.parametrize('backend', ['tensorflow', 'jax'])
def test_two_devices_train_and_score_as_one_does_and_share_each_batch(backend):
    pytest.importorskip(backend)
    alone, together = train_on(backend, 1), train_on(backend, 2)
    np.testing.assert_allclose(together['losses'], alone['losses'], rtol=1e-5)
    assert together['norm'] == pytest.approx(alone['norm'], rel=1e-5)
    assert together['confusion'] == alone['confusion'] and np.sum(alone['confusion']) == 22
    assert together['cross_entropy'] == pytest.approx(alone['cross_entropy'], rel=1e-5)
    assert alone['seen'] == 3 * [8] and together['seen'] == 6 * [4]


@pytest.mark.parametrize('flags, why', [
    ({'device': 'abacus'}, '--device must be one of'),
    ({'device': 'cpu', 'tpu': 'local'}, 'contradicts'),
    ({'tpu': 'local'}, 'no TPU on this machine: looked for /dev/accel'),
    ({'device': 'tpu'}, 'pip install'),
])
def test_what_cannot_be_is_refused(flags, why):
    with pytest.raises(UserError, match=why):
        devices.choose_backend(**flags)


def test_the_backend_with_a_tpu_is_taken(monkeypatch):
    monkeypatch.delenv('KERAS_BACKEND', raising=False)
    monkeypatch.setattr(devices.glob, 'glob', lambda pattern: [pattern])
    for has in ('jax', 'tensorflow'):
        monkeypatch.setattr(devices, '_sees_tpu', has.__eq__)
        devices.choose_backend(tpu='local')
        assert os.environ.pop('KERAS_BACKEND') == has
    monkeypatch.setattr(devices, '_sees_tpu', lambda backend: False)
    with pytest.raises(UserError, match='for TPUs in jax and tensorflow'):
        devices.choose_backend(tpu='local')


def test_another_machines_tpu_is_tensorflows(monkeypatch):
    monkeypatch.setenv('KERAS_BACKEND', 'jax')
    with pytest.raises(UserError, match='only the backend tensorflow'):
        devices.choose_backend(tpu='grpc://10.0.0.2:8470')

"""Several hosts: real processes, as TF_CONFIG lists them, train what one host trains."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from commands import COMPILE_QUICKLY, Command, free_port

from dualstream.runtime import devices
from dualstream.runtime.cluster import Cluster
from dualstream.runtime.errors import UserError


def tf_config(addresses, index, kind='worker'):
    return json.dumps({'cluster': {'worker': addresses}, 'task': {'type': kind, 'index': index}})


@pytest.mark.parametrize('text, cluster', [
    ('', Cluster()),
    (tf_config(['a:1', 'b:1'], 1), Cluster(('a:1', 'b:1'), 1)),
    (json.dumps({'cluster': {'worker': ['b:1', 'c:1'], 'chief': ['a:1']},
                 'task': {'type': 'worker', 'index': 0}}), Cluster(('a:1', 'b:1', 'c:1'), 1)),
])
def test_tf_config_lists_the_hosts_and_says_which_is_this(text, cluster, monkeypatch):
    monkeypatch.setenv('TF_CONFIG', text)
    assert Cluster.from_environment() == cluster


@pytest.mark.parametrize('text', [
    'a:1,b:1', '{}', '[]', '{"cluster": {"worker": ["a:1"]}}', tf_config(['a:1', 'b:1'], 2),
    tf_config(['a:1', 'b:1'], 0, 'evaluator'), tf_config(['a:1'], None)])
def test_what_is_no_tf_config_is_refused(text, monkeypatch):
    monkeypatch.setenv('TF_CONFIG', text)
    with pytest.raises(UserError, match='TF_CONFIG must be like'):
        Cluster.from_environment()


def test_hosts_train_on_jax(monkeypatch):
    monkeypatch.setenv('TF_CONFIG', tf_config(['a:1', 'b:1'], 1))
    monkeypatch.setenv('KERAS_BACKEND', 'tensorflow')
    with pytest.raises(UserError, match='on Keras.s backend jax alone'):
        devices.choose_backend()
    monkeypatch.delenv('KERAS_BACKEND')
    pytest.importorskip('jax')
    devices.choose_backend()
    assert os.environ['KERAS_BACKEND'] == 'jax'


HOST = """
import json, os, signal, sys, time
from dualstream.runtime.cluster import Cluster
cluster = Cluster.from_environment()
cluster.join()
chief = cluster.from_chief({'host': cluster.host, 'long': 'x' * 1000 * (1 + cluster.host)})
step = 0
while True:
    step += 1
    if cluster.stop_requested(step):
        break
    if cluster.host == 1 and step == 3:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)
print(json.dumps([chief['host'], len(chief['long']), step]))
"""


def test_two_hosts_agree_on_the_chiefs_values_and_on_when_to_stop():
    pytest.importorskip('jax')
    addresses = [f'localhost:{free_port()}', 'localhost:1']
    hosts = [subprocess.Popen(
        [sys.executable, '-c', HOST], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {'TF_CONFIG': tf_config(addresses, index), 'JAX_PLATFORMS': 'cpu'})
        for index in (0, 1)]
    results = [host.communicate() for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], results
    (chief, size, step), other = (
        json.loads(output.splitlines()[-1]) for output, _ in results)  # Gloo writes before it
    assert other == [chief, size, step] == [0, 1000, step] and step >= 3


@pytest.fixture
def train(small_training, tmp_path):
    """Starts a training on JAX; what one has compiled serves the next, too."""
    pytest.importorskip('jax')
    started = []

    def train(workdir, *flags, devices=1, **env):
        started.append(subprocess.Popen(
            [sys.executable, '-m', 'dualstream.train', *small_training, '--batch_size=2',
             '--checkpoint_steps=1', '--device=cpu', f'--workdir={workdir}', *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | env | {
                'KERAS_BACKEND': 'jax',
                'XLA_FLAGS': f'--xla_force_host_platform_device_count={devices} {COMPILE_QUICKLY}',
                'JAX_COMPILATION_CACHE_DIR': str(tmp_path / 'compiled'),
                'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0'}))
        return started[-1]

    yield train
    for process in started:
        process.kill()


@pytest.fixture
def feed(tmp_path):
    """The address of one."""
    port = free_port()
    process = Command('dualstream.feed', f'--port={port}', '--address=localhost',
                      f'--workdir={tmp_path / "feed"}')
    process.wait_for('feeding trainings')
    yield f'grpc://localhost:{port}'
    process.kill(signal.SIGKILL)


@pytest.mark.slow
def test_two_hosts_train_as_one_though_they_are_interrupted(train, feed, tmp_path):
    chance = random.Random(0)
    whole = train(tmp_path / 'whole', '--profile_steps=6,8', devices=2)
    _, said = whole.communicate()
    assert whole.returncode == 0, said
    check_trace(tmp_path / 'whole')

    def both(*flags):
        addresses = [f'localhost:{free_port()}', 'localhost:1']
        return [train(tmp_path / 'cut', '--resume', *flags, TF_CONFIG=tf_config(addresses, index))
                for index in (0, 1)]

    def trained():
        return max((int(path.name) for path in tmp_path.glob('cut/checkpoints/[0-9]*')), default=0)

    for number, statuses in ((signal.SIGKILL, [1, -signal.SIGKILL]), (signal.SIGTERM, [143, 143])):
        end = trained() + chance.randint(1, 4)  # of 20 steps
        hosts = both()
        while trained() < end:
            assert hosts[0].poll() is None, hosts[0].stderr.read()
            time.sleep(0.02)
        hosts[1].send_signal(number)  # the other host, not the one that keeps the checkpoints
        said = [host.communicate()[1] for host in hosts]
        assert [host.returncode for host in hosts] == statuses, said
        what = {signal.SIGKILL: 'error: a step with the other hosts failed',
                signal.SIGTERM: 'stopped by SIGTERM and saved at step'}[number]
        assert what in said[0], said
    hosts = both(f'--data_service={feed}')
    said = [host.communicate() for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    assert 'held-out' in said[0][0] and 'held-out' not in said[1][0]

    whole, cut = (json.loads((tmp_path / name / 'summary.json').read_text())
                  for name in ('whole', 'cut'))
    assert whole['made_by']['device'] == '2 x CPU'
    assert cut['made_by']['device'] == '2 x CPU on 2 hosts'
    assert whole['per_class_recall'] == cut['per_class_recall']

    import keras

    from dualstream import network  # noqa: F401, registers the layers
    models = [keras.saving.load_model(tmp_path / name / 'model.keras') for name in ('whole', 'cut')]
    for variable, other in zip(models[0].variables, models[1].variables, strict=True):
        np.testing.assert_array_equal(variable, other)


def check_trace(workdir):
    """Checks the trace of a training on JAX, which has TensorFlow's input pipeline in it, too."""
    from dualstream.traces import read_trace, review

    trace = read_trace(workdir)
    seen = review(trace)
    assert seen.steps == 3 and seen.split_ms['compute'] > 0 and seen.split_ms['input'] > 0
    assert seen.images_per_second == pytest.approx(4000 / seen.step_ms)
    for library in ('tf_data', 'tf_XLA'):  # the one that reads and the one that trains
        assert any(thread.startswith(library) for thread in trace.threads)

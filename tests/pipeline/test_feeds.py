"""Feeds: the same batches, each once and in order, though a feed is killed."""

import signal
import socket

import numpy as np
import pytest
from commands import Command, free_port, run

from dualstream.pipeline import Routine, Shard, check_feed, make_training_batches
from dualstream.pipeline.batches import count_steps
from dualstream.runtime.errors import UserError

BATCH, EPOCHS, START = 4, 2, 3


@pytest.fixture
def feeds(tmp_path):
    """Two feeds: functions that start the one or the other, and their addresses."""
    processes, ports = {}, [free_port(), free_port()]

    def start(number):
        processes[number] = Command('dualstream.feed', f'--port={ports[number]}',
                                    '--address=localhost', f'--workdir={tmp_path / str(number)}')
        processes[number].wait_for('feeding trainings')
        return processes[number]

    yield start, [f'grpc://localhost:{port}' for port in ports]
    for process in processes.values():
        if process.returncode is None:
            process.kill(signal.SIGKILL)


def test_hosts_make_equal_shards_of_the_same_batches(photos):
    routine = Routine((32, 48))

    def batches(shard):
        return make_training_batches(
            photos, routine, BATCH, epochs=EPOCHS, seed=3, start_step=START, shard=shard,
        ).as_numpy_iterator()

    for whole, *parts in zip(
            batches(Shard()), batches(Shard(0, 2)), batches(Shard(1, 2)), strict=True):
        for tensor, *shards in zip(whole, *parts, strict=True):
            np.testing.assert_array_equal(np.concatenate(shards), tensor)
    with pytest.raises(UserError, match='4 examples has no 3 equal shards'):
        batches(Shard(0, 3))


@pytest.mark.slow
def test_feeds_make_the_same_batches_though_one_is_killed(photos, feeds):
    start, addresses = feeds
    routine = Routine((32, 48), look='pixels')  # the mask that XLA compiles, there too
    wanted = list(make_training_batches(
        photos, routine, BATCH, epochs=EPOCHS, seed=3, start_step=START).as_numpy_iterator())
    processes = [start(0), start(1)]
    fed = make_training_batches(photos, routine, BATCH, epochs=EPOCHS, seed=3, start_step=START,
                           feeds=addresses).as_numpy_iterator()
    kills = {2: 0, len(wanted) - 4: 1}  # in the first epoch, and in the second
    for number, batch in enumerate(wanted):
        if number in kills:
            victim = processes[kills[number]]
            victim.kill(signal.SIGKILL)
            victim.communicate()
            start(kills[number])
        for made, tensor in zip(next(fed), batch, strict=True):
            np.testing.assert_array_equal(made, tensor)
    assert next(fed, None) is None


def test_after_the_last_batch_feeds_have_nothing_to_make(photos):
    steps = EPOCHS * count_steps(photos, BATCH)
    batches = make_training_batches(photos, Routine((32, 48)), BATCH, epochs=EPOCHS, seed=3,
                               start_step=steps, feeds=['grpc://nobody:1'])
    assert list(batches) == []


def test_a_batch_that_is_lost_on_its_way_is_an_error(photos, feeds, monkeypatch):
    import tensorflow as tf

    from dualstream.pipeline import feeds as module

    monkeypatch.setattr(module._SERVICE, 'distribute', lambda *_, **__: lambda numbered: (
        numbered.filter(lambda number, _: number != 2)))
    batches = module.receive(tf.data.Dataset.range(5), 'grpc://here:1').as_numpy_iterator()
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(tf.errors.InvalidArgumentError, match='was lost on its way'):
        next(batches)


def test_what_cannot_be_fed_is_refused(photos):
    with pytest.raises(UserError, match='--mask=cv is Python'):
        make_training_batches(photos, Routine((32, 48), mask='cv'), BATCH, epochs=1, seed=0,
                         feeds=['grpc://a:1'])
    for address in ('here:5050', 'grpc://here', 'grpc://:5050', 'http://here:5050'):
        with pytest.raises(UserError, match='must be grpc://HOST:PORT'):
            check_feed(address)
    with pytest.raises(UserError, match='nothing answers there'):
        check_feed(f'grpc://localhost:{free_port()}')


@pytest.mark.parametrize('port, why', [('0', 'from 1 to 65534'), ('taken', 'cannot be used')])
def test_a_feed_without_a_port_says_so(port, why, tmp_path):
    with socket.socket() as taken:
        taken.bind(('', 0))
        taken.listen()
        port = taken.getsockname()[1] if port == 'taken' else port
        ended = run('dualstream.feed', f'--port={port}', f'--workdir={tmp_path}')
    assert ended.returncode == 1 and why in ended.stderr and ended.stderr.startswith('error: ')
    assert len(ended.stderr.splitlines()) == 1

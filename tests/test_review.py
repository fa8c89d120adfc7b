"""The command dualstream.review, on a trace that a real training left."""

import json

import commands
import pytest
import tensorflow as tf


@pytest.fixture(scope='module')
def logdir(tmp_path_factory):
    """A trace of some steps that wait for their input."""
    folder = tmp_path_factory.mktemp('logs')
    batches = iter(tf.data.Dataset.range(100).map(
        lambda number: tf.linalg.matmul(*2 * [tf.fill([900, 900], tf.cast(number, tf.float32))])))
    next(batches)
    tf.profiler.experimental.start(str(folder))
    for number in range(5):
        with tf.profiler.experimental.Trace('train', step_num=number, _r=1):
            next(batches).numpy()
    tf.profiler.experimental.stop()
    return folder


def run(*arguments):
    return commands.run('dualstream.review', *arguments)


def test_says_what_limits_the_step(logdir, tmp_path):
    page = tmp_path / 'pages' / 'review.html'
    process = run(logdir, f'--html={page}')
    assert process.returncode == 0, process.stderr
    verdict = process.stdout.splitlines()[0]
    assert verdict.startswith('Input-bound by')
    assert verdict.split(':')[0] in page.read_text()
    assert [path.name for path in page.parent.iterdir()] == ['review.html']


def test_json_is_for_scripts_and_fail_on_for_ci(logdir):
    process = run(logdir, '--json', '--fail_on=input_bound>0.2')
    said = json.loads(process.stdout)
    assert said['steps'] == 5 and said['step_ms'] > 0 and 0.2 < said['input_bound'] <= 1
    assert process.returncode == 2 and process.stderr.startswith('failed: input_bound is 0.')
    process = run(logdir, '--fail_on=input_bound>1,step_ms>1e9')
    assert process.returncode == 1 and 'like input_bound>0.2' in process.stderr
    assert run(logdir, '--fail_on=input_bound>1').returncode == 0


def test_two_are_compared(logdir):
    process = run(logdir, logdir)
    assert process.returncode == 0
    assert process.stdout.startswith('1.00x faster')


@pytest.mark.parametrize('arguments, why', [
    ((), 'name one folder'),
    (('nowhere',), 'there is no nowhere'),
    (('.', '.', '.'), 'name one folder'),
    (('.', '.', '--json'), 'for one trace alone'),
])
def test_what_cannot_be_is_one_line_and_a_status(arguments, why, tmp_path):
    process = run(*arguments)
    assert process.returncode == 1
    assert process.stderr.strip().splitlines()[-1].startswith('error: ') and why in process.stderr


def test_an_unknown_figure_is_named(logdir):
    process = run(logdir, '--fail_on=happiness<1')
    assert process.returncode == 1 and 'happiness' in process.stderr

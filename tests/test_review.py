"""The command dualstream.review, on traces made by hand, of which every time is known."""

import dataclasses
import json

import commands
import handmade
import pytest

from dualstream.traces import read_trace, review


@pytest.fixture(scope='module')
def logdir(tmp_path_factory):
    """A trace of 5 steps of 10 ms, 4 ms of which wait for input."""
    return handmade.write(
        tmp_path_factory.mktemp('logs'), handmade.on_cpu(steps=5, step_ms=10, wait_ms=4))


@pytest.fixture(scope='module')
def improved(tmp_path_factory):
    """A trace of 5 steps of 8 ms, 2 ms of which wait for input."""
    return handmade.write(
        tmp_path_factory.mktemp('improved'), handmade.on_cpu(steps=5, step_ms=8, wait_ms=2))


def run(*arguments):
    return commands.run('dualstream.review', *arguments)


def test_says_what_limits_the_step(logdir, tmp_path):
    page = tmp_path / 'pages' / 'review.html'
    process = run(logdir, f'--html={page}')
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith('Input-bound by 40%: ')
    assert '5 steps of 10.00 ms' in process.stdout and '4.00 ms   40.0%' in process.stdout
    assert 'Input-bound by 40%' in page.read_text()
    assert [path.name for path in page.parent.iterdir()] == ['review.html']


def test_json_is_for_scripts(logdir):
    seen = json.loads(run(logdir, '--json').stdout)
    assert seen['steps'] == 5 and seen['step_ms'] == pytest.approx(10)
    assert seen['input_bound'] == pytest.approx(0.4)


@pytest.mark.parametrize('conditions, failed', [
    ('input_bound>0.3', 'input_bound is 0.4, and input_bound>0.3'),
    ('input_bound>0.5,step_ms>9', 'step_ms is 10, and step_ms>9'),
    ('input_bound>0.5,step_ms>11', None),
])
def test_fail_on_is_for_ci(logdir, conditions, failed):
    process = run(logdir, f'--fail_on={conditions}')
    assert process.returncode == (2 if failed else 0)
    assert process.stderr.strip() == (f'failed: {failed}' if failed else '')


def test_two_are_compared(logdir, improved):
    said = run(logdir, improved).stdout
    assert said.startswith('1.25x faster: 10.00 ms a step before, 8.00 ms after.')
    assert '4.00 ->      2.00 ms  waiting for input' in said
    assert 'Before: Input-bound by 40%' in said and 'After:  Input-bound by 25%' in said
    said = run(improved, logdir).stdout
    assert said.startswith('1.25x slower: 8.00 ms a step before, 10.00 ms after.')


def test_the_trace_of_a_training_is_reviewed(finished):
    """The run was traced at two of its steps, of eight images each."""
    process = run(finished, '--json')
    seen = json.loads(process.stdout)
    assert process.returncode == 0, process.stderr
    assert seen == json.loads(json.dumps(dataclasses.asdict(review(read_trace(finished)))))
    assert seen['images_per_second'] == pytest.approx(8 * 1000 / seen['step_ms'])
    assert sum(seen['split_ms'].values()) == pytest.approx(seen['step_ms'])


@pytest.mark.parametrize('arguments, why', [
    ((), 'name one folder'),
    (('nowhere',), 'there is no nowhere'),
    (('.', '.', '.'), 'name one folder'),
    (('.', '.', '--json'), 'for one trace alone'),
    (('.', '--fail_on=step_ms>1e9'), 'like input_bound>0.2'),
])
def test_what_cannot_be_is_one_line_and_a_status(arguments, why):
    process = run(*arguments)
    assert process.returncode == 1
    assert process.stderr.startswith('error: ') and why in process.stderr
    assert process.stderr.count('\n') == 1


def test_an_unknown_figure_is_named(logdir):
    process = run(logdir, '--fail_on=happiness<1')
    assert process.returncode == 1 and 'happiness is none of steps, step_ms' in process.stderr

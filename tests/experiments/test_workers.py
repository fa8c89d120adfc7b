"""Work is spread over processes of one core each, and an error ends it."""

import math
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from experiments.workers import run_in_workers

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize('workers', [1, pytest.param(2, marks=pytest.mark.slow)])
def test_each_job_is_done_once(workers):
    jobs = [(number,) for number in range(6)]
    assert sorted(run_in_workers(math.factorial, jobs, workers)) == [1, 1, 2, 6, 24, 120]


@pytest.mark.slow
def test_jobs_run_in_other_processes():
    assert os.getpid() not in list(run_in_workers(os.getpid, [()] * 4, 2))


@pytest.mark.slow
def test_an_error_ends_the_work():
    with pytest.raises(ValueError, match='math domain|nonnegative'):
        list(run_in_workers(math.sqrt, [(4,), (-1,), *[(9,)] * 20], 2))


ENDLESS = """
import os, time
from experiments.workers import run_in_workers
def work():
    print(os.getpid(), flush=True)
    time.sleep(600)
if __name__ == '__main__':
    list(run_in_workers(work, [(), ()], 2))
"""


@pytest.mark.slow
@pytest.mark.parametrize('ending', [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_a_killed_parent(tmp_path, ending):
    (tmp_path / 'endless.py').write_text(ENDLESS)
    parent = subprocess.Popen(
        [sys.executable, tmp_path / 'endless.py'], stdout=subprocess.PIPE, text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT)})
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(ending)
    parent.wait()
    for worker in workers:
        wait_for_end(worker)


def wait_for_end(process, seconds=60):
    """Waits until a process that is no child of this one is gone."""
    for _ in range(10 * seconds):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f'process {process} still runs')

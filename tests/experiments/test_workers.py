"""Work is spread over processes of one core each, and an error ends it."""

import math
import os

import pytest

from experiments.workers import run_in_workers


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

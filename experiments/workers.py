"""Runs the cells of a table in several processes, each on one core.

A small network keeps one core busier than two: two processes of one core finish more of its steps
than one process of two.
"""

import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

import tqdm

from experiments.cells import once


def finish_missing(
    run: Callable[..., dict], jobs: Mapping[pathlib.Path, tuple], workers: int, title: str
) -> dict[pathlib.Path, dict]:
    """Runs the jobs whose results are not kept yet, with a progress bar, and reads all results.

    Args:
      run: makes the result of a job, of types that JSON has; a function of a module, which other
        processes can import.
      jobs: the file of each job's result -> the arguments of `run`.
      workers: processes, as `run_in_workers` takes them.
      title: of the progress bar.

    Returns:
      The file of each job's result -> the result.
    """
    missing = [(kept, run, job) for kept, job in jobs.items() if not kept.exists()]
    for _ in tqdm.tqdm(run_in_workers(_keep, missing, workers), title, len(missing), unit=' cells'):
        pass
    return {kept: json.loads(kept.read_text()) for kept in jobs}


def _keep(kept: pathlib.Path, run: Callable[..., dict], job: tuple) -> None:
    once(kept, lambda: run(*job))


def run_in_workers(run: Callable, jobs: Iterable[tuple], workers: int) -> Iterator:
    """Calls a function once for each job, in so many processes; yields results as they come.

    Args:
      run: a function of a module, which other processes can import.
      jobs: its arguments, each of a type that can be pickled.
      workers: processes; with 1 all is done in this process, on all its cores.

    Raises:
      Exception: whatever `run` raises; jobs that have not begun are then left out.
    """
    if workers == 1:
        for job in jobs:
            yield run(*job)
        return
    with concurrent.futures.ProcessPoolExecutor(
            workers, multiprocessing.get_context('spawn'), _take_one_core) as pool:
        futures = [pool.submit(run, *job) for job in jobs]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _take_one_core() -> None:
    import tensorflow as tf

    threading.Thread(target=_end_with_parent, daemon=True).start()

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _end_with_parent() -> None:
    """Ends this process with its parent, which may be killed while a job runs for minutes."""
    multiprocessing.parent_process().join()
    os._exit(1)

"""Measures in a process of its own what needs one: peak memory, and speed on one core."""

import concurrent.futures
import multiprocessing
import os
import pathlib
import resource
import sys

from absl import logging

from dualstream.runtime import command


def in_fresh_process(function, *arguments):
    """Calls a function in a process that has imported nothing yet, and returns its result."""
    spawn = multiprocessing.get_context('spawn')
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function, *arguments).result()


def peak_memory(dataset: str, data_dir: str | None, pictures: int, name: str | None) -> float:
    """Measures the peak resident memory, in MB, of a process that makes images in one way.

    Args:
      dataset, data_dir: name of the TFDS set, and its folder.
      pictures: how many images to make.
      name: of a way; None only reads the photographs.
    """
    logging.set_verbosity(logging.ERROR)
    with command.hushed():
        from dualstream.pipeline import prepare
        from experiments.preprocessing import ways
        from experiments.preprocessing.timing import pipeline_run

    way = ways.our_ways()[name] if name else lambda example: example['label'][None]
    examples = prepare(dataset, data_dir).read('train').take(pictures).map(ways.with_window)
    pipeline_run(examples, way)(pictures)
    return peak()


def one_core(dataset: str, data_dir: str | None, pictures: int, repeats: int) -> dict:
    """Measures images per second on one core, up to each stage of the ways, and by OpenCV."""
    logging.set_verbosity(logging.ERROR)
    if hasattr(os, 'sched_setaffinity'):  # on Linux; elsewhere only threads are limited
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with command.hushed():
        import cv2

        from dualstream.pipeline import prepare
        from experiments.preprocessing import baselines, ways
        from experiments.preprocessing.timing import interleave, pipeline_run, python_run

    cv2.setNumThreads(1)
    examples = prepare(dataset, data_dir).read('train').take(pictures)
    examples = examples.map(ways.with_window).cache()
    contents = [example['image'].numpy() for example in examples]
    runs = {name: pipeline_run(examples, stage, 1) for name, stage in ways.stages().items()}
    runs['OpenCV: decode, mask, integral, cut'] = python_run(contents, baselines.opencv_alone, 1)
    return interleave(runs, repeats, 0.3, iter)


def peak() -> float:
    """Reads this process's peak resident memory so far, in MB."""
    status = pathlib.Path('/proc/self/status')
    if status.exists():  # Linux, whose getrusage also counts what the parent had when it forked
        line = next(line for line in status.read_text().splitlines() if line.startswith('VmHWM'))
        return int(line.split()[1]) / 2**10
    bytes_or_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return bytes_or_kilobytes / (2**20 if sys.platform == 'darwin' else 2**10)

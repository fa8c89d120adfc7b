"""Commands in processes of their own, forked from one that has TensorFlow imported already.

To import it takes seconds, which would be most of what these tests take.
"""

import multiprocessing
import os
import pathlib
import runpy
import socket
import subprocess
import sys
import tempfile
import time

COMPILE_QUICKLY = '--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true'
"""XLA_FLAGS for a program that compiles on JAX for longer than it runs."""

_PROCESSES = multiprocessing.get_context('forkserver')
_PROCESSES.set_forkserver_preload(
    ['tensorflow', 'keras', 'matplotlib.pyplot', 'tensorflow_datasets', 'tensorboard.summary'])


class Command:
    """What subprocess.Popen is for `python -m MODULE ARGUMENTS`, with its output as text."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._output = [pathlib.Path(self._folder.name, name) for name in ('stdout', 'stderr')]
        for path in self._output:
            path.touch()
        self._process = _PROCESSES.Process(
            target=_run, args=(module, list(map(str, arguments)), *map(str, self._output)))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """Its status; the negative of a signal that ended it; None while it runs."""
        return self._process.exitcode

    def kill(self, number: int) -> None:
        """Sends it a signal."""
        os.kill(self._process.pid, number)

    def wait_for(self, text: str) -> None:
        """Waits until it has written a text to stdout."""
        while text not in self._output[0].read_text():
            assert self._process.is_alive(), self._output[1].read_text()
            time.sleep(0.05)

    def communicate(self) -> tuple[str, str]:
        """Waits for its end; what it wrote to stdout and to stderr."""
        self._process.join()
        return tuple(path.read_text() for path in self._output)


def run(module: str, *arguments: str) -> subprocess.CompletedProcess:
    """What subprocess.run is for `python -m MODULE ARGUMENTS`, with its output as text."""
    command = Command(module, *arguments)
    said = command.communicate()
    return subprocess.CompletedProcess([module, *arguments], command.returncode, *said)


def free_port() -> int:
    """A port that is free, as is the next."""
    while True:
        with socket.socket() as one, socket.socket() as following:
            one.bind(('', 0))
            try:
                following.bind(('', one.getsockname()[1] + 1))
            except (OSError, OverflowError):
                continue
            return one.getsockname()[1]


def _run(module, arguments, *output):
    for number, path in enumerate(output, 1):
        with open(path, 'w') as file:
            os.dup2(file.fileno(), number)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name='__main__', alter_sys=True)

"""Commands in processes of their own, forked from one that has TensorFlow imported already.

To import it takes seconds, which would be most of what these tests take.
"""

import atexit
import multiprocessing
import os
import pathlib
import runpy
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import warnings

COMPILE_QUICKLY = '--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true'
"""XLA_FLAGS for a program that compiles on JAX for longer than it runs."""

_LEFT_BY_LIBRARIES = (
    '__pycache__',  # by Python, of what TensorFlow's AutoGraph wrote
    'tfds',  # by TFDS 4.9.10, where it looked for a data set's statistics
)

_PROCESSES = multiprocessing.get_context('forkserver')
_PROCESSES.set_forkserver_preload(
    ['tensorflow', 'keras', 'matplotlib.pyplot', 'tensorflow_datasets', 'tensorboard.summary'])


class Command:
    """What subprocess.Popen is for `python -m MODULE ARGUMENTS`, with its output as text.

    Where the module is '-c', the first argument is a program's text, as for `python -c`.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._output = [pathlib.Path(self._folder.name, name) for name in ('stdout', 'stderr')]
        for path in self._output:
            path.touch()
        self.scratch = pathlib.Path(self._folder.name, 'tmp')  # its temporary files
        self.scratch.mkdir()
        self._process = _PROCESSES.Process(target=_run, args=(
            module, list(map(str, arguments)), *map(str, self._output), str(self.scratch)))
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
        while text not in self.said():
            assert self._process.is_alive(), self._output[1].read_text()
            time.sleep(0.05)

    def said(self) -> str:
        """What it has written to stdout so far."""
        return self._output[0].read_text()

    def communicate(self) -> tuple[str, str]:
        """Waits for its end; what it wrote to stdout and to stderr.

        A command that was not killed must leave no temporary files of its own.
        """
        self._process.join()
        left = [path.name for path in self.scratch.iterdir()
                if self.returncode >= 0 and not path.name.endswith(_LEFT_BY_LIBRARIES)]
        assert not left, f'the command left temporary files: {left}'
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


def _run(module, arguments, stdout, stderr, scratch):
    """Runs a command as Python would, and ends as Python would.

    A forked process of multiprocessing ends by os._exit, without what modules registered with
    atexit: temporary folders would stay, and faults at the exit would remain unseen.
    """
    for number, path in enumerate((stdout, stderr), 1):
        with open(path, 'w') as file:
            os.dup2(file.fileno(), number)
    os.environ['TMPDIR'] = tempfile.tempdir = scratch
    warnings.filterwarnings('error', module='dualstream')
    try:
        if module == '-c':
            sys.argv = ['-c', *arguments[1:]]
            exec(compile(arguments[0], '<program>', 'exec'), {'__name__': '__main__'})
        else:
            sys.argv = [module, *arguments]
            runpy.run_module(module, run_name='__main__', alter_sys=True)
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()  # before what is said at the exit, as Python does
        sys.exit(1)
    finally:
        atexit._run_exitfuncs()

"""Programs of a process of their own: what JAX and Keras read, they read once."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest


@pytest.fixture(scope='session')
def run():
    """Runs a program behind `environment.configure()`; what it prints as JSON, line by line.

    Skips where the TPU's compiler is not installed.
    """
    for module in ('jax', 'libtpu'):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install 'dualstream[tpu]'")

    def run(program: str, *arguments: str) -> list:
        process = subprocess.run(
            [sys.executable, '-c', f'''
import json, sys
from dualstream.tpu import environment, find_slice
environment.configure()
{program}''', *arguments],
            capture_output=True, text=True, env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'})
        assert process.returncode == 0, process.stderr[-3000:]
        return [json.loads(line) for line in process.stdout.splitlines()]
    return run

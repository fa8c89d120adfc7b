"""Environment variables that JAX, Keras and libtpu read once, when they are first imported."""

import importlib.util
import os
import sys

from dualstream.runtime.errors import UserError

_SETTINGS = {
    'KERAS_BACKEND': 'jax',
    # The CPU computes what is needed here, such as an optimiser's zeros. With libtpu installed JAX
    # would look for a TPU first.
    'JAX_PLATFORMS': 'cpu',
    # libtpu asks the metadata server of a Google VM about its TPU; elsewhere it would wait for it.
    'TPU_SKIP_MDS_QUERY': '1',
    # libtpu takes a lock as if it used the TPU; several compilers may run at once.
    'ALLOW_MULTIPLE_LIBTPU_LOAD': '1',
}


def configure() -> None:
    """Makes Keras run on JAX, JAX on the CPU, and libtpu compile without a TPU.

    Raises:
      UserError: JAX or libtpu is not installed.
      RuntimeError: Keras or JAX is imported already, and has read its settings.
    """
    for module in ('jax', 'libtpu'):
        if importlib.util.find_spec(module) is None:
            raise UserError(
                f"{module} is not installed: pip install 'dualstream[tpu]'; the TPU's compiler "
                'comes for Linux on x86-64 alone')
    for module in ('keras', 'jax'):
        if module in sys.modules:
            raise RuntimeError(f'{module} is imported already: call configure() first')
    os.environ.update(_SETTINGS)

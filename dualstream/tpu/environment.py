"""What JAX, Keras and libtpu read once, as they are first imported."""

import importlib.util
import os
import sys

_SETTINGS = {
    'KERAS_BACKEND': 'jax',
    # What is computed here, such as an optimiser's zeros, is computed on the CPU; with libtpu
    # installed JAX would look for a TPU first.
    'JAX_PLATFORMS': 'cpu',
    # libtpu asks the metadata server of a Google VM about its TPU, and elsewhere waits in vain.
    'TPU_SKIP_MDS_QUERY': '1',
    # It takes a lock as if it were to use the TPU; compilers do not get in each other's way.
    'ALLOW_MULTIPLE_LIBTPU_LOAD': '1',
}


def settle() -> None:
    """Makes Keras run on JAX, JAX on the CPU, and libtpu compile without a TPU.

    Raises:
      ValueError: JAX or libtpu is not installed.
      RuntimeError: Keras or JAX is imported already, and has read its settings.
    """
    for module in ('jax', 'libtpu'):
        if importlib.util.find_spec(module) is None:
            raise ValueError(
                f"{module} is not installed: pip install 'dualstream[tpu]'; the TPU's compiler "
                'comes for Linux on x86-64 alone')
    for module in ('keras', 'jax'):
        if module in sys.modules:
            raise RuntimeError(f'{module} is imported already: settle() comes first')
    os.environ.update(_SETTINGS)

"""The network that a run saved, or one in a file of its own."""

import pathlib

import keras

from dualstream.runtime.errors import UserError


def find_network(source: str, flag: str) -> pathlib.Path:
    """Finds the file of a saved network.

    Args:
      source: a .keras file, or the folder of a run, which holds model.keras.
      flag: the name of the flag that gave it, for messages.

    Raises:
      UserError: there is no such file, or it is in Keras's old format, which cannot be loaded
        safely.
    """
    path = pathlib.Path(source)
    path = path / 'model.keras' if path.is_dir() else path
    if not path.is_file():
        raise UserError(f'--{flag}={source}: {path} does not exist')
    if path.suffix in ('.h5', '.hdf5'):
        raise UserError(f'--{flag}={source} is in the HDF5 format, which may run any code when it '
                        'is loaded; save it as .keras')
    return path


def load_network(path: pathlib.Path, flag: str) -> keras.Model:
    """Loads a saved network in safe mode: no code in the file is run.

    Args:
      path: from `find_network`.
      flag: the name of the flag that gave it, for messages.

    Raises:
      UserError: the file cannot be read, or would have to run code of its own.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (KeyError, OSError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f'--{flag}: {path} is not a saved network of ours: {reason}') from error

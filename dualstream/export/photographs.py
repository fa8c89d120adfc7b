"""The photographs on which formats are compared with Python."""

import itertools
import pathlib

from dualstream.export.config import ExportConfig
from dualstream.export.reading import fault_of_bytes
from dualstream.pipeline import Photos, prepare
from dualstream.runtime.errors import UserError
from dualstream.runtime.pictures import find_pictures
from dualstream.training.finished import FinishedRun

_MOST = 256
"""Photographs of a test split that formats are compared on: more say little more."""


def find_test_split(config: ExportConfig, run: FinishedRun) -> Photos:
    """Finds the data set that a run was trained on, which holds its test split.

    Args:
      config: says where prepared data sets are; where it does not, they are where the run found
        them.
      run: the run.

    Raises:
      UserError: it is no longer there.
    """
    try:
        return prepare(run.config.dataset, config.data_dir or run.data_dir)
    except UserError as error:
        raise UserError(f"the run's photographs cannot be had ({error}); name a folder of others "
                        'by --photos') from error


def read_photographs(folder: str, photos: Photos | None) -> list[bytes]:
    """Reads the photographs of a folder, or the first ones of a test split.

    Args:
      folder: the folder, or '' for the test split.
      photos: holds the test split; not used if there is a folder.

    Returns:
      The bytes of JPEGs or PNGs, at least one.

    Raises:
      UserError: there is no such folder, no picture in it, or a file cannot be read.
    """
    if not folder:
        examples = photos.read('test').as_numpy_iterator()
        return [example['image'] for example in itertools.islice(examples, _MOST)]
    if not pathlib.Path(folder).is_dir():
        raise UserError(f'--photos={folder} is no folder')
    files = find_pictures(pathlib.Path(folder), ('.jpg', '.jpeg', '.png'))
    photographs = [file.read_bytes() for file in files]
    for file, contents in zip(files, photographs):
        if fault := fault_of_bytes(contents):
            raise UserError(f'{file}: {fault}')
    return photographs

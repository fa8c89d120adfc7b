"""The photographs on which formats are compared with Python."""

import itertools
import pathlib

from dualstream.export.config import ExportConfig
from dualstream.pipeline import prepare
from dualstream.runtime.errors import UserError
from dualstream.runtime.pictures import find_pictures
from dualstream.training.config import TrainConfig

_MOST = 256
"""Photographs of a test split that formats are compared on: more say little more."""


def find_photographs(config: ExportConfig, training: TrainConfig) -> list[bytes]:
    """Reads the photographs of a folder, or the first ones of the run's own test split.

    Args:
      config: says which.
      training: what defined the run.

    Returns:
      The bytes of JPEGs or PNGs, at least one.

    Raises:
      UserError: there are none, or the run's data set is no longer there.
    """
    if config.photos:
        folder = pathlib.Path(config.photos)
        if not folder.is_dir():
            raise UserError(f'--photos={folder} is no folder')
        return [file.read_bytes() for file in find_pictures(folder, ('.jpg', '.jpeg', '.png'))]
    try:
        photos = prepare(training.dataset, config.data_dir)
    except UserError as error:
        raise UserError(f"the run's photographs cannot be had ({error}); name a folder of others "
                        'by --photos') from error
    examples = photos.read('test').as_numpy_iterator()
    return [example['image'] for example in itertools.islice(examples, _MOST)]

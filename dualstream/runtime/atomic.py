"""Files that are there whole or not at all."""

import contextlib
import os
import pathlib
from collections.abc import Iterator


@contextlib.contextmanager
def writing(path: os.PathLike | str) -> Iterator[pathlib.Path]:
    """A path to write to, aside, that becomes `path` only when all went well.

    It keeps the suffix, by which some writers choose the format.
    """
    path = pathlib.Path(path)
    aside = path.with_name(f'.{os.getpid()}.{path.name}')
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)

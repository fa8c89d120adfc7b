"""Files that are there whole or not at all, even after a power cut."""

import contextlib
import os
import pathlib
from collections.abc import Iterator


@contextlib.contextmanager
def writing(path: os.PathLike | str) -> Iterator[pathlib.Path]:
    """Gives a scratch path to write a file to, and renames it to `path` if nothing failed.

    Use it for every file that another program may read, or that must survive an interruption. The
    content is on the disk before the rename, so that a power cut leaves the old file or the new
    one, never half of it.

    Args:
      path: the file to write; its folder must exist. The scratch file is in the same folder and has
        the same suffix, by which some writers choose the format.

    Example:

    >>> folder = getfixture('tmp_path')
    >>> with writing(folder / 'note.txt') as scratch:
    ...     _ = scratch.write_text('whole')
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = pathlib.Path(path)
    scratch = path.with_name(f'.{os.getpid()}.{path.name}')
    try:
        yield scratch
        sync(scratch)
        os.replace(scratch, path)
        sync(path.parent)
    finally:
        scratch.unlink(missing_ok=True)


def sync(path: os.PathLike | str) -> None:
    """Waits until a file's content, or a folder's list of files, is on the disk.

    Args:
      path: a file or a folder.

    Raises:
      OSError: the disk failed.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Files that are there whole or not at all, even after a power cut."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

from dualstream.runtime.errors import UserError


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


@contextlib.contextmanager
def writing_folder(path: os.PathLike | str) -> Iterator[pathlib.Path]:
    """Gives a scratch folder to write files into, and renames it to `path` if nothing failed.

    Use it where several files belong together: they appear together, or not at all.

    Args:
      path: the folder; it must not exist, or be empty. Its parents are made where they are missing.

    Raises:
      UserError: something else is there.

    Example:

    >>> folder = getfixture('tmp_path')
    >>> with writing_folder(folder / 'notes') as scratch:
    ...     _ = (scratch / 'note.txt').write_text('whole')
    >>> [file.name for file in (folder / 'notes').iterdir()]
    ['note.txt']
    """
    path = pathlib.Path(path).absolute()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(f'{path} is there already and is no empty folder; name another one')
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f'.{os.getpid()}.{path.name}')
    scratch.mkdir()
    try:
        yield scratch
        for file in (*scratch.rglob('*'), scratch):
            sync(file)
        os.replace(scratch, path)
        sync(path.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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

"""Locks between processes, which the kernel releases when their holder ends, even by kill -9."""

import contextlib
import os
import pathlib
import sys
from collections.abc import Iterator

import filelock

from dualstream.runtime.errors import UserError


def lock_or_fail(path: os.PathLike | str, *, message: str) -> filelock.FileLock:
    """Takes a lock that no other process may hold; use it where a second process is a mistake.

    Args:
      path: the file to lock; it is made where it is missing, and stays.
      message: what the error says.

    Returns:
      The lock, held. `release` gives it up, as does the end of the process.

    Raises:
      UserError: another process, or another lock of this one, holds it.

    Example:

    >>> path = getfixture('tmp_path') / 'lock'
    >>> lock = lock_or_fail(path, message='the oven is in use')
    >>> lock_or_fail(path, message='the oven is in use')
    Traceback (most recent call last):
    dualstream.runtime.errors.UserError: the oven is in use
    >>> lock.release()
    """
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise UserError(message) from None
    return lock


@contextlib.contextmanager
def wait_for_lock(path: os.PathLike | str, *, message: str) -> Iterator[None]:
    """Holds a lock inside it, and first waits for as long as another process holds it.

    Use it around work that several processes of one machine, or several machines with a common
    folder, would otherwise do at once: the first does it, and the others find it done.

    Args:
      path: the file to lock; it and its folder are made where they are missing, and stay.
      message: what is printed to stderr when there is something to wait for.

    Example:

    >>> with wait_for_lock(getfixture('tmp_path') / 'lock', message='waiting'):
    ...     print('alone')
    alone
    """
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print(message, file=sys.stderr, flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()

"""The error that a user can mend."""

import contextlib
from collections.abc import Iterator


class UserError(ValueError):
    """An error that the user can mend: a wrong flag, a folder in use, a missing file.

    A command prints it as one line, `error: ...`, without a traceback. Faults of the program itself
    raise anything else, and keep their traceback.
    """


@contextlib.contextmanager
def naming(subject: object) -> Iterator[None]:
    """Puts what an error is about, such as a file, before its message.

    Example:
      >>> from dualstream.runtime.errors import UserError, naming
      >>> with naming('leaf.png'):
      ...     raise UserError('no picture')
      Traceback (most recent call last):
      dualstream.runtime.errors.UserError: leaf.png: no picture
    """
    try:
        yield
    except UserError as error:
        raise UserError(f'{subject}: {error}') from error

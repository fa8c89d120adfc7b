"""What all commands share: how they start, and how they fail."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from absl import app, flags, logging

from dualstream.runtime.errors import UserError

_INTERRUPTED = 130
"""The status of a program that Ctrl-C stopped: 128 and the number of the signal."""


def run(main: Callable[[list[str]], None], *, arguments: bool = False) -> None:
    """Parses the flags and runs `main`; errors that a user can mend are one line and status 1.

    These are UserError, OSError, FloatingPointError and mistyped flags. Any other exception is a
    fault of the program and keeps its traceback; with --verbosity=1 every exception does.

    Args:
      main: takes the program's name and the arguments that are not flags.
      arguments: whether the command takes any such arguments.
    """
    # The messages of libraries would bury the one line that matters. TensorFlow reads this when it
    # is imported, and then lowers absl's own level, so absl's handler has to keep them out.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

    def guarded(argv: list[str]) -> None:
        verbose = logging.level_debug()
        if not verbose:
            logging.get_absl_handler().setLevel('ERROR')
        try:
            if argv[1:] and not arguments:
                raise UserError(f'unknown arguments: {" ".join(argv[1:])}')
            main(argv)
        except (UserError, OSError, FloatingPointError) as error:
            if verbose:
                raise
            sys.exit(f'error: {error}')
        except KeyboardInterrupt:
            print('interrupted', file=sys.stderr)
            sys.exit(_INTERRUPTED)

    app.run(guarded, flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    """Parses the flags; a wrong one is one line that names it."""
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(f'error: {" ".join(str(error).split())}; --helpshort lists the flags')


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keeps what is written to stderr inside it from the screen, unless --verbosity is at least 1.

    Use it around the import of TensorFlow, whose C++ code writes the same few lines each time
    before it reads any setting that could stop it. Exceptions pass.
    """
    if logging.level_debug():
        yield
        return
    sys.stderr.flush()
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)

"""What all commands share: how they start, and how they fail."""

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator

from absl import app, logging


def run(main: Callable[[list[str]], None], arguments: bool = False) -> None:
    """Parses the flags and runs `main`; what a user can mend is one line and status 1.

    ValueError, OSError and FloatingPointError are those; any other exception is a fault of this
    program and keeps its traceback, as do these with --verbosity=1.

    Args:
      main: takes what is no flag, behind the program's name.
      arguments: whether the command takes any such.
    """
    # Libraries' chatter would bury the one line that matters. TensorFlow reads this as it is
    # imported, and then lowers absl's own level, so it is absl's handler that must keep it out.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

    def guarded(argv: list[str]) -> None:
        verbose = logging.level_debug()
        if not verbose:
            logging.get_absl_handler().setLevel('WARNING')
        try:
            if argv[1:] and not arguments:
                raise ValueError(f'unknown arguments: {" ".join(argv[1:])}')
            main(argv)
        except (ValueError, OSError, FloatingPointError) as error:
            if verbose:
                raise
            sys.exit(f'error: {error}')
        except KeyboardInterrupt:
            sys.exit('interrupted')

    app.run(guarded)


def image_size(text: str) -> tuple[int, int]:
    """(height, width) in pixels, of what --image_size says: 224, or 192x256.

    Raises:
      ValueError: it says something else.
    """
    sizes = re.fullmatch(r'(\d+)(?:x(\d+))?', text)
    if not sizes:
        raise ValueError(f'--image_size must be like 224 or 192x256, got {text!r}')
    return int(sizes[1]), int(sizes[2] or sizes[1])


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keeps what is written to stderr inside it from the screen, unless --verbosity is 1 or more.

    Meant for the import of TensorFlow, whose C++ says the same few lines each time before it reads
    any setting that could stop it. What goes wrong in Python is raised as ever.
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

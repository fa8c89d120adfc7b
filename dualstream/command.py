"""What all commands share: how they start, and how they fail."""

import os
import sys
from collections.abc import Callable

from absl import app, logging


def run(main: Callable[[list[str]], None]) -> None:
    """Parses the flags and runs `main`; what a user can mend is one line and status 1.

    ValueError, OSError and FloatingPointError are those; any other exception is a fault of this
    program and keeps its traceback, as do these with --verbosity=1.
    """
    # Before TensorFlow is imported: its start-up messages would bury the one line that matters.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

    def guarded(argv: list[str]) -> None:
        try:
            if argv[1:]:
                raise ValueError(f'unknown arguments: {" ".join(argv[1:])}')
            main(argv)
        except (ValueError, OSError, FloatingPointError) as error:
            if logging.level_debug():
                raise
            sys.exit(f'error: {error}')
        except KeyboardInterrupt:
            sys.exit('interrupted')

    app.run(guarded)

"""The error that a user can mend."""


class UserError(ValueError):
    """An error that the user can mend: a wrong flag, a folder in use, a missing file.

    A command prints it as one line, `error: ...`, without a traceback. Faults of the program itself
    raise anything else, and keep their traceback.
    """

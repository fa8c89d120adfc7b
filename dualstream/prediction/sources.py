"""The photographs that the command is given: files, folders, patterns, and paths on a pipe."""

import glob
import pathlib
from collections.abc import Iterable, Sequence

from dualstream.runtime.errors import UserError
from dualstream.runtime.pictures import find_pictures

SUFFIXES = ('.jpg', '.jpeg', '.png')


def find_photographs(arguments: Sequence[str], lines: Iterable[str]) -> list[str]:
    """Finds the photographs that arguments name, each once, in their order.

    Args:
      arguments: of each a file, also one that does not exist; a folder, in which all JPEGs and PNGs
        are found, also in its folders; a pattern such as 'field/**/*.jpg'; or '-' for the lines.
      lines: paths, one a line, such as standard input; read where an argument is '-'.

    Raises:
      UserError: a folder or a pattern has none, or there is none in all.

    Example:

    >>> find_photographs(['a.jpg', '-', 'a.jpg'], ['b.jpg\\n', '\\n'])
    ['a.jpg', 'b.jpg']
    """
    found = []
    for argument in arguments:
        path = pathlib.Path(argument)
        if argument == '-':
            found += [line.rstrip('\r\n') for line in lines if line.strip()]
        elif path.is_dir():
            found += map(str, find_pictures(path, SUFFIXES))
        elif glob.has_magic(argument) and not path.exists():
            matched = sorted(glob.glob(argument, recursive=True))
            if not matched:
                raise UserError(f'no file matches {argument}')
            found += [each for each in matched if pathlib.Path(each).is_file()]
        else:
            found.append(argument)
    if not found:
        raise UserError('name at least one photograph, a folder, a pattern, or - for paths on '
                        'standard input')
    return list(dict.fromkeys(found))

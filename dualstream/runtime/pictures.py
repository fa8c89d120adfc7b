"""The pictures that a command is given: found in folders, and gone through with a bar."""

import pathlib
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from dualstream.runtime.errors import UserError


def find_pictures(path: pathlib.Path, suffixes: Sequence[str]) -> list[pathlib.Path]:
    """Finds the pictures of a folder and its folders, by name; a file is found as it is.

    Args:
      path: a folder or a file.
      suffixes: how names of pictures end, in lower case.

    Raises:
      UserError: the folder holds none.

    Example:
      >>> import pathlib
      >>> from dualstream.runtime.pictures import find_pictures
      >>> find_pictures(pathlib.Path('leaf.jpg'), ('.jpg', '.png'))
      [PosixPath('leaf.jpg')]
    """
    if not path.is_dir():
        return [path]
    files = [file for file in sorted(path.rglob('*')) if file.suffix.lower() in suffixes]
    if not files:
        raise UserError(f'{path} holds no picture: none of {", ".join(suffixes)}')
    return files


def check_folder(out: pathlib.Path) -> None:
    """Checks that a folder for results can be made, where it is missing.

    Raises:
      UserError: it is a file.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f'--out={out} is a file, not a folder')


def check_target(target: pathlib.Path, inputs: Container[pathlib.Path]) -> None:
    """Checks that a result is not written over a picture that is to be read.

    Args:
      target: of the result.
      inputs: the pictures, resolved.

    Raises:
      UserError: it is one of them.
    """
    if target.resolve() in inputs:
        raise UserError(f'{target} is a picture to read; name another --out')


def free_names(wanted: dict[pathlib.Path, pathlib.Path]) -> dict[pathlib.Path, pathlib.Path]:
    """Gives each picture the name that is wanted for it, or with a number where another has it.

    Args:
      wanted: for each picture a path without a suffix.

    Example:
      >>> import pathlib
      >>> from dualstream.runtime.pictures import free_names
      >>> a, b, out = (pathlib.Path(name) for name in ('leaf.jpg', 'leaf.png', 'out/leaf'))
      >>> [str(name) for name in free_names({a: out, b: out}).values()]
      ['out/leaf', 'out/leaf-2']
    """
    names = {}
    taken = set()
    for picture, name in wanted.items():
        number, free = 2, name
        while free in taken:
            free, number = name.with_name(f'{name.name}-{number}'), number + 1
        taken.add(free)
        names[picture] = free
    return names


class Readable:
    """Goes through pictures with a progress bar; it names those that cannot be read.

    Attributes:
      bar: of tqdm, to be closed.
      bad: how many could not be read.
      things: what the pictures are called.
    """

    def __init__(self, total: int, things: str = 'photographs'):
        from tqdm import tqdm

        self.bar = tqdm(total=total, unit=f' {things}', disable=None)  # None: only on a terminal
        self.bad = 0
        self.things = things

    def each(self, files: Iterable[pathlib.Path], read: Callable) -> Iterator:
        """What `read` makes of each of the files that it can read."""
        for file in files:
            try:
                made = read(file)
            except (ValueError, OSError) as error:
                self.bad += 1
                self.bar.write(f'error: {error}', file=sys.stderr)
            else:
                yield made
            self.bar.update()

    def check(self) -> None:
        """Ends the command with an error if any of the files could not be read.

        Raises:
          UserError: says how many.
        """
        if self.bad:
            raise UserError(f'{self.bad} of {self.bar.total} {self.things} could not be read')

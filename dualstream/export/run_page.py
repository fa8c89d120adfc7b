"""The page of a run, which is written where it is not there or older than the run."""

import os
import pathlib
import tempfile
from collections.abc import Callable

from dualstream.runtime.errors import UserError


def find_page(
    folder: pathlib.Path, export: Callable[[pathlib.Path, pathlib.Path], None]
) -> pathlib.Path:
    """Finds the folder of the page; it first writes a run's page that is missing or too old.

    Args:
      folder: what an export wrote, or a finished run, whose page is in its folder `phone`.
      export: writes the page of a run, its first argument, into a new folder, its second.

    Raises:
      UserError: the folder is neither, its `phone` is a file, or `export` refuses the run; a page
        that was there stays.
    """
    for page in (folder, folder / 'page'):
        if (page / 'files.js').is_file():
            return page
    network = folder / 'model.keras'
    if not network.is_file():
        raise UserError(f'{folder} is neither a finished run nor what the export wrote')
    page = folder / 'phone' / 'page'
    if page.parent.is_file():
        raise UserError(f'{page.parent} is a file; the page needs a folder of this name')
    written = page / 'files.js'
    if not written.is_file() or written.stat().st_mtime < network.stat().st_mtime:
        with tempfile.TemporaryDirectory(prefix='.phone-', dir=folder) as scratch:
            made = pathlib.Path(scratch, 'made')
            export(folder, made)
            _replace(made, page.parent, old=pathlib.Path(scratch))
    return page


def _replace(made: pathlib.Path, target: pathlib.Path, old: pathlib.Path) -> None:
    """Moves all that a folder holds into another one, where it replaces what has the same name."""
    target.mkdir(exist_ok=True)
    for new in made.iterdir():
        if (target / new.name).exists():
            os.replace(target / new.name, old / new.name)
        os.replace(new, target / new.name)

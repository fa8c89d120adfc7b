"""Checkpoints: everything that a training needs to continue, whole or not at all."""

import json
import os
import pathlib
import shutil
import sys
import zipfile
from typing import Any

import numpy as np

from dualstream.runtime.atomic import sync
from dualstream.runtime.errors import UserError

_KEPT = 2
"""Checkpoints kept: the newest, and the one before it in case the newest cannot be read."""

_DAMAGE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)
"""What reading a damaged checkpoint raises; json.JSONDecodeError is a ValueError."""


class Checkpoints:
    """The checkpoints of one training: a folder each, named by its step."""

    def __init__(self, folder: os.PathLike | str):
        """Takes the folder of all of them, which need not exist.

        Args:
          folder: where the checkpoints are kept; nothing else may be in it.
        """
        self._folder = pathlib.Path(folder)

    @property
    def steps(self) -> list[int]:
        """The steps at which the checkpoints were saved, in ascending order."""
        return [int(path.name) for path in sorted(self._folder.glob('[0-9]*'))]

    def save(self, step: int, arrays: dict[str, np.ndarray], metadata: Any) -> None:
        """Saves what a training needs to continue from `step`, and deletes older checkpoints.

        A power cut at any moment leaves the checkpoint whole, or leaves the one before it.

        Args:
          step: steps trained so far, at least 0.
          arrays: the variables' values by name, of any shapes and dtypes.
          metadata: whatever else must be kept; it must be serialisable as JSON.
        """
        self._folder.mkdir(exist_ok=True)
        scratch = self._scratch('new')
        scratch.mkdir()
        with (scratch / 'variables.npz').open('wb') as file:
            np.savez(file, **arrays)
        (scratch / 'metadata.json').write_text(json.dumps(metadata))
        for path in (*scratch.iterdir(), scratch):
            sync(path)
        self._replace(self._path(step), scratch)
        self._prune(step)

    def load(self) -> tuple[int, dict[str, np.ndarray], Any] | None:
        """Loads the newest checkpoint that can be read.

        A damaged one, as a power cut or a full disk leaves it, is named on stderr and skipped.

        Returns:
          (step, arrays, metadata) as they were saved, or None where there is no checkpoint.

        Raises:
          UserError: there are checkpoints, and none can be read.
        """
        for step in reversed(self.steps):
            try:
                return step, *_read(self._path(step))
            except _DAMAGE as error:
                print(f'warning: {self._path(step)} cannot be read ({error}); trying the '
                      'checkpoint before it', file=sys.stderr, flush=True)
        if self.steps:
            raise UserError(f'no checkpoint in {self._folder} can be read; delete that folder to '
                            'train from the start')
        return None

    def delete(self) -> None:
        """Deletes all checkpoints; use it once the results of the training are written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, step: int) -> pathlib.Path:
        return self._folder / f'{step:010d}'

    def _scratch(self, name: str) -> pathlib.Path:
        """The path of a scratch folder that does not exist."""
        path = self._folder / f'.{name}'
        shutil.rmtree(path, ignore_errors=True)
        return path

    def _replace(self, path: pathlib.Path, scratch: pathlib.Path) -> None:
        """Renames scratch to path, where a damaged checkpoint may be."""
        if path.exists():
            os.rename(path, self._scratch('old'))
        os.rename(scratch, path)
        sync(self._folder)

    def _prune(self, newest: int) -> None:
        """Deletes all but the newest checkpoints, and those of later steps, which were damaged."""
        steps = self.steps
        kept = steps[:steps.index(newest) + 1][-_KEPT:]
        for step in steps:
            if step not in kept:
                shutil.rmtree(self._path(step))
        self._scratch('old')


def _read(path: pathlib.Path) -> tuple[dict[str, np.ndarray], Any]:
    metadata = json.loads((path / 'metadata.json').read_text())
    with (path / 'variables.npz').open('rb') as file, np.load(file) as arrays:
        return dict(arrays), metadata  # the checksum of each array is verified as it is read

"""A run's folder: whose it is, what is in it, and how nothing in it is ever half-written."""

import contextlib
import json
import os
import pathlib
import shutil
from typing import Any

import numpy as np

from dualstream.runtime.atomic import writing

_KEPT = 2  # checkpoints; an older one than the newest, in case a disk loses the last write


class Workdir:
    """The folder of one run.

    Attributes:
      path: the folder.
      config: what made the run, as JSON has it; written once, as config.json.
    """

    def __init__(self, path: os.PathLike | str, config: dict[str, Any], resume: bool):
        """Checks that the folder may be used, and makes it if need be; `claim` makes it the run's.

        A run that failed before it had anything to show does not keep its folder from others.

        Raises:
          ValueError: it holds another run's results, or with resume, those of another config.
          OSError: it cannot be made or written to.
        """
        self.path = pathlib.Path(path)
        self.config = json.loads(json.dumps(config))
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f'--workdir={path} is a file, not a folder')
        self.path.mkdir(parents=True, exist_ok=True)
        if not os.access(self.path, os.W_OK):
            raise PermissionError(f'--workdir={path} cannot be written to')
        theirs = self._read_config()
        if theirs is None and any(self.path.iterdir()):
            raise ValueError(f'--workdir={path} is not empty and holds no run of ours')
        if not self.finished and not self._checkpoints():
            return
        if not resume:
            raise ValueError(
                f'--workdir={path} holds the results of a run; add --resume to continue it, or '
                f'name another folder')
        changed = [f'--{key} was {theirs.get(key)!r} and is {self.config.get(key)!r}'
                   for key in sorted({*theirs, *self.config})
                   if theirs.get(key) != self.config.get(key)]
        if changed:
            raise ValueError(
                f'--workdir={path} holds a run with other settings: {"; ".join(changed)}')

    def claim(self) -> None:
        """Writes what makes the run, and clears away what a failed one left."""
        if not self._checkpoints():
            shutil.rmtree(self.path / 'tensorboard', ignore_errors=True)
        with self.writing('config.json') as file:
            file.write_text(json.dumps(self.config, indent=2) + '\n')

    def writing(self, name: str) -> contextlib.AbstractContextManager[pathlib.Path]:
        """A path to write a file to, that becomes the file `name` only when all went well."""
        return writing(self.path / name)

    def save_checkpoint(self, step: int, arrays: dict[str, np.ndarray], story: Any) -> None:
        """Keeps everything that going on from `step` needs; whole or not at all.

        Args:
          step: batches trained so far.
          arrays: the variables' values by name.
          story: what else must be remembered, as JSON has it.
        """
        checkpoints = self.path / 'checkpoints'
        checkpoints.mkdir(exist_ok=True)
        aside = checkpoints / f'.{os.getpid()}'
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        np.savez(aside / 'variables.npz', **arrays)
        (aside / 'story.json').write_text(json.dumps(story))
        whole = checkpoints / f'{step:010d}'
        if not whole.exists():  # at the same step everything is the same
            os.rename(aside, whole)
        for old in self._checkpoints()[:-_KEPT]:
            shutil.rmtree(old)

    def load_checkpoint(self) -> tuple[int, dict[str, np.ndarray], Any] | None:
        """Step, arrays and story of the newest checkpoint, if there is one."""
        if not self._checkpoints():
            return None
        newest = self._checkpoints()[-1]
        with np.load(newest / 'variables.npz') as arrays:
            return (int(newest.name), dict(arrays),
                    json.loads((newest / 'story.json').read_text()))

    def drop_checkpoints(self) -> None:
        """Deletes them, once the run's results are written."""
        shutil.rmtree(self.path / 'checkpoints', ignore_errors=True)

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return (self.path / 'summary.json').exists()

    def _checkpoints(self) -> list[pathlib.Path]:
        return sorted(self.path.glob('checkpoints/[0-9]*'))

    def _read_config(self) -> dict[str, Any] | None:
        file = self.path / 'config.json'
        return json.loads(file.read_text()) if file.exists() else None

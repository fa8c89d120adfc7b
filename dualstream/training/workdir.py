"""A run's folder: which run it belongs to, what is in it, and who may write to it."""

import contextlib
import json
import os
import pathlib
import shutil
from typing import Any

from dualstream.runtime.atomic import writing
from dualstream.runtime.errors import UserError
from dualstream.runtime.locks import lock_or_fail
from dualstream.training.checkpoints import Checkpoints

_LOCK = '.lock'


class Workdir:
    """The folder of one run, locked against every other run until `close`.

    The end of the process, even by kill -9, releases the lock, too. Use it as a context manager.

    Attributes:
      path: the folder.
      config: the settings that define the run, as JSON gives them back; kept in config.json.
      checkpoints: the run's checkpoints.
    """

    def __init__(self, path: os.PathLike | str, config: dict[str, Any], *, resume: bool):
        """Checks that the folder may be used, makes it where it is missing, and locks it.

        `claim` makes it the run's. A run that fails before `claim`, or before its first checkpoint,
        does not keep the folder from other runs.

        Args:
          path: the folder.
          config: the settings that define the run; they must be serialisable as JSON.
          resume: whether to continue the run in the folder, where there is one.

        Raises:
          UserError: the folder is in use, or belongs to a run that is not to be resumed, or to one
            with other settings, or holds files of something else.
          OSError: the folder cannot be made or written to.
        """
        self.path = pathlib.Path(path)
        self.config = json.loads(json.dumps(config))
        self.checkpoints = Checkpoints(self.path / 'checkpoints')
        self._check_folder()
        self._lock = lock_or_fail(
            self.path / _LOCK,
            message=f'--workdir={path} is in use by another run; wait for its end, or name '
            'another folder')
        try:
            self._check_run(resume)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> 'Workdir':
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """Releases the lock; nothing may be written to the folder afterwards."""
        self._lock.release()

    def claim(self) -> None:
        """Writes config.json, and deletes what a run that failed early left in the folder."""
        if not self.checkpoints.steps:
            shutil.rmtree(self.path / 'tensorboard', ignore_errors=True)
        with self.writing('config.json') as file:
            file.write_text(json.dumps(self.config, indent=2) + '\n')

    def writing(self, name: str) -> contextlib.AbstractContextManager[pathlib.Path]:
        """Gives a scratch path to write the file `name` to; see `atomic.writing`."""
        return writing(self.path / name)

    @property
    def finished(self) -> bool:
        """Whether the run is finished and its results are written."""
        return (self.path / 'summary.json').exists()

    def _check_folder(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f'--workdir={self.path} is a file, not a folder')
        self.path.mkdir(parents=True, exist_ok=True)
        if not os.access(self.path, os.W_OK):
            raise PermissionError(f'--workdir={self.path} cannot be written to')
        if self._read_config() is None and any(
                file.name != _LOCK for file in self.path.iterdir()):
            raise UserError(f'--workdir={self.path} is not empty and holds no run of ours')

    def _check_run(self, resume: bool) -> None:
        if not self.finished and not self.checkpoints.steps:
            return
        if not resume:
            raise UserError(
                f'--workdir={self.path} holds the results of a run; add --resume to continue it, '
                'or name another folder')
        stored = self._read_config()
        changed = [f'{key} was {stored.get(key)!r} and is {self.config.get(key)!r}'
                   for key in sorted({*stored, *self.config})
                   if stored.get(key) != self.config.get(key)]
        if changed:
            raise UserError(
                f'--workdir={self.path} holds a run with other settings: {"; ".join(changed)}')

    def _read_config(self) -> dict[str, Any] | None:
        file = self.path / 'config.json'
        return json.loads(file.read_text()) if file.exists() else None

"""torchstain in a process of another Python, so that PyTorch needs not be installed here."""

import json
import pathlib
import subprocess

import numpy as np

from dualstream.runtime.errors import UserError

BACKENDS = ('numpy', 'torch', 'tensorflow')


class Torchstain:
    """torchstain's Macenko normaliser with each of its backends; a context manager.

    Attributes:
      versions: of torchstain and what it uses, by package.
    """

    def __init__(self, python: str, scratch: pathlib.Path):
        """Starts it.

        Args:
          python: an interpreter with torchstain, torch and tensorflow.
          scratch: a folder for pictures that are passed.

        Raises:
          UserError: it does not start, or lacks one of the packages.
        """
        self._scratch = scratch
        worker = pathlib.Path(__file__).with_name('worker.py')
        with open(scratch / 'torchstain.log', 'w') as log:
            try:
                self._process = subprocess.Popen(
                    [python, str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=log, text=True)
            except OSError as error:
                raise UserError(f'--torchstain={python} does not start: {error}') from error
        said = self._process.stdout.readline()
        if not said:
            last = (scratch / 'torchstain.log').read_text().strip().splitlines()[-1:]
            raise UserError(f'--torchstain={python} cannot run torchstain: {"".join(last)}')
        self.versions = json.loads(said)

    def __enter__(self) -> 'Torchstain':
        return self

    def __exit__(self, *error) -> None:
        self._process.stdin.close()
        self._process.wait()

    def fit(self, backend: str, reference: np.ndarray) -> None:
        """Learns a reference, uint8 (H, W, 3)."""
        self._order('fit', backend, reference)

    def normalize(self, backend: str, image: np.ndarray) -> np.ndarray:
        """Normalises a picture, uint8 (H, W, 3)."""
        made = self._scratch / 'made.npy'
        self._order('normalize', backend, image, str(made))
        return np.load(made)

    def seconds(self, backend: str, image: np.ndarray, calls: int) -> float:
        """Times so many calls on a picture, uint8 (H, W, 3)."""
        return self._order('time', backend, image, calls)

    def _order(self, order: str, backend: str, image: np.ndarray, *rest):
        file = self._scratch / 'given.npy'
        np.save(file, image)
        self._process.stdin.write(json.dumps([order, backend, str(file), *rest]) + '\n')
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f'torchstain stopped; see {self._scratch}/torchstain.log')
        return json.loads(said)

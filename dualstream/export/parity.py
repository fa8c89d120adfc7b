"""Parity: whether an exported format answers as Python does, on the same photographs."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from dualstream.runtime.errors import UserError

_EQUAL = 1e-3  # probabilities that differ by less are of no matter to anyone


@dataclasses.dataclass(frozen=True)
class Answers:
    """What was answered about some photographs.

    Attributes:
      probabilities: float32 (photographs, classes).
      windows: int32 (photographs, 4), each (y, x, height, width) in pixels of the upright frame.
    """

    probabilities: np.ndarray
    windows: np.ndarray


@dataclasses.dataclass(frozen=True)
class Limits:
    """How far a format may be from Python.

    Attributes:
      difference: the largest of any probability.
      classes: the least share of photographs of the same class, in [0, 1].
      windows: the least share of photographs with the same window, in [0, 1].
      of_frames: whether it takes decoded frames, and not the bytes of files.
    """

    difference: float
    classes: float = 1.0
    windows: float = 1.0
    of_frames: bool = False


@dataclasses.dataclass(frozen=True)
class Parity:
    """How far a format is from Python.

    Attributes:
      name: of the format.
      photographs: how many were compared.
      classes: the share of photographs of the same class. Where the format's class is as probable
        in Python as Python's own, but for twice the difference allowed and 0.002 at most, it counts
        as the same.
      difference: the largest of any probability.
      windows: the share of photographs with the same window.
      limits: of the format.
    """

    name: str
    photographs: int
    classes: float
    difference: float
    windows: float
    limits: Limits

    @classmethod
    def of(cls, name: str, answers: Answers, expected: Answers, *, limits: Limits) -> 'Parity':
        """Compares a format with Python.

        Args:
          name: of the format.
          answers: the format's.
          expected: Python's, about the same photographs.
          limits: of the format.

        Raises:
          ValueError: they answer about different numbers of photographs or classes.
        """
        if answers.probabilities.shape != expected.probabilities.shape:
            raise ValueError(f'answers must be of shape {expected.probabilities.shape}, got '
                             f'{answers.probabilities.shape}')
        chosen = np.take_along_axis(
            expected.probabilities, answers.probabilities.argmax(axis=1)[:, None], axis=1)[:, 0]
        as_probable = 2 * min(limits.difference, _EQUAL)
        same = chosen >= expected.probabilities.max(axis=1) - as_probable
        gaps = np.abs(answers.probabilities - expected.probabilities)
        return cls(name, len(same), float(same.mean()), float(gaps.max()),
                   float((answers.windows == expected.windows).all(axis=1).mean()), limits)

    @property
    def holds(self) -> bool:
        """Whether the format is within its limits; a NaN never is."""
        return (self.difference <= self.limits.difference and self.classes >= self.limits.classes
                and self.windows >= self.limits.windows)


def parity_table(rows: Sequence[Parity]) -> str:
    """Makes a table in Markdown of how far formats are from Python.

    Example:

    >>> row = Parity('onnx', 8, 1.0, 2e-7, 0.875, Limits(1e-4))
    >>> print(parity_table([row]))
    | format | photographs | same class | largest difference | same window | parity |
    | --- | --- | --- | --- | --- | --- |
    | onnx | 8 | 100.0% | 2.0e-07 (at most 1e-04) | 87.5% | no |
    """
    return '\n'.join([
        '| format | photographs | same class | largest difference | same window | parity |',
        '| --- | --- | --- | --- | --- | --- |',
        *(f'| {row.name} | {row.photographs} | {row.classes:.1%} | {row.difference:.1e} (at most '
          f'{row.limits.difference:.0e}) | {row.windows:.1%} | {"yes" if row.holds else "no"} |'
          for row in rows)])


def check_parity(rows: Sequence[Parity]) -> None:
    """Refuses formats that are beyond their limits.

    Raises:
      UserError: names them.
    """
    wrong = [row.name for row in rows if not row.holds]
    if wrong:
        raise UserError(f'{", ".join(wrong)} does not answer as Python does, as the table shows; '
                        'nothing of the export was kept')

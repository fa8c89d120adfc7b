"""Several photographs of one plant, predicted together."""

import dataclasses
import pathlib
import re
from collections.abc import Iterable

from dualstream.evaluation.refusal import VERDICTS
from dualstream.prediction.predictor import Prediction
from dualstream.runtime.errors import UserError


@dataclasses.dataclass(frozen=True)
class Group:
    """What the photographs of one group say together.

    Attributes:
      prediction: its name is the group's. The verdict is 'diagnosis' where at least one photograph
        has that verdict, else 'unsure' where at least one has that, else 'not a leaf'; the
        probabilities and the coverage are the mean of the photographs with the group's verdict.
      photographs: how many could be read.
      counted: how many have the group's verdict.
    """

    prediction: Prediction
    photographs: int
    counted: int


class Naming:
    """Gives each photograph's path the name of its group.

    Args:
      by: 'folder', for the folder that it lies in; or a regular expression that is searched for in
        the path, of which the first group in parentheses is the name, or without one all of it.

    Raises:
      UserError: it is no regular expression.

    Example:

    >>> Naming('folder')('field/plant7/a.jpg'), Naming(r'plant(\\d+)')('field/plant7/a.jpg')
    ('field/plant7', '7')
    """

    def __init__(self, by: str):
        self.by = by
        try:
            self._pattern = None if by == 'folder' else re.compile(by)
        except re.error as error:
            raise UserError(f'--group_by={by} is neither folder nor a regular expression: {error}'
                            ) from error

    def __call__(self, path: str) -> str:
        """Names the group of a path.

        Raises:
          UserError: the expression does not match.
        """
        if self._pattern is None:
            return str(pathlib.Path(path).parent)
        found = self._pattern.search(path)
        if not found:
            raise UserError(f'--group_by={self.by} does not match {path}')
        return (found.group(1) if self._pattern.groups else found.group()) or ''


def combine(name: str, predictions: Iterable[Prediction]) -> Group:
    """Predicts a group of photographs together.

    The mean of probabilities is what a network would answer that looked at one of the photographs,
    drawn by chance; so a leaf in poor light moves it, and cannot decide alone.

    Args:
      name: of the group.
      predictions: of its photographs, at least one without an error.

    Example:

    >>> ill, well = (Prediction('a', 'diagnosis', {'ill': p, 'well': 1 - p}) for p in (0.9, 0.3))
    >>> other = Prediction('b', 'not a leaf', {'ill': 0.0, 'well': 1.0})
    >>> plant = combine('plant', [ill, well, other])
    >>> plant.prediction.verdict, round(plant.prediction.probabilities['ill'], 3), plant.counted
    ('diagnosis', 0.6, 2)
    """
    readable = [each for each in predictions if not each.error]
    verdict = min((each.verdict for each in readable), key=VERDICTS.index)
    counted = [each for each in readable if each.verdict == verdict]
    means = {label: sum(each.probabilities[label] for each in counted) / len(counted)
             for label in counted[0].probabilities}
    ordered = dict(sorted(means.items(), key=lambda item: -item[1]))
    coverage = sum(each.coverage for each in counted) / len(counted)
    return Group(Prediction(name, verdict, ordered, coverage=coverage), len(readable), len(counted))

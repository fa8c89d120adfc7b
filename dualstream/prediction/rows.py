"""Predictions as lines: of a table for people, of JSON, or of CSV."""

import csv
import io
import json
from collections.abc import Callable, Sequence

from dualstream.prediction.groups import Group
from dualstream.prediction.predictor import Prediction
from dualstream.runtime.words import shortened

_NAME = 40  # characters of a name in the table
_VERDICT = 10


def row_maker(kind: str, top: int, *, grouped: bool) -> tuple[list[str], Callable]:
    """Gives the lines above all rows, and what makes a row's line of a prediction or group.

    Args:
      kind: 'table', 'json' or 'csv'.
      top: how many classes to name.
      grouped: whether rows are of groups.
    """
    if kind == 'json':
        return [], lambda each: json.dumps(_fields(each, top))
    if kind == 'csv':
        columns = _columns(top, grouped)
        return [_csv_line(columns)], lambda each: _csv_line(_cells(each, top))
    noun = 'photographs of' if grouped else 'photograph'
    head = f'{noun:{_NAME}}  {"verdict":{_VERDICT}}  coverage  most probable'
    return [head], lambda each: _table_line(each, top)


def _fields(each: Prediction | Group, top: int) -> dict:
    """What a line of JSON holds."""
    prediction, counts = _split(each)
    if prediction.error:
        return {'photograph': prediction.name, 'error': prediction.error}
    place = {'group': prediction.name, **counts} if counts else {
        'photograph': prediction.name, 'window': list(prediction.window)}
    return place | {
        'verdict': prediction.verdict, 'coverage': round(prediction.coverage, 6),
        'top': [{'label': label, 'probability': round(probability, 6)}
                for label, probability in prediction.top(top)]}


def _columns(top: int, grouped: bool) -> list[str]:
    place = (['group', 'photographs', 'counted'] if grouped
             else ['photograph', 'y', 'x', 'height', 'width'])
    classes = [f'{what}_{number}' for number in range(1, top + 1)
               for what in ('label', 'probability')]
    return [*place, 'verdict', 'coverage', *classes, 'error']


def _cells(each: Prediction | Group, top: int) -> list:
    prediction, counts = _split(each)
    place = [*counts.values()] if counts else [*prediction.window]
    found = [cell for label, probability in prediction.top(top)
             for cell in (label, f'{probability:.6f}')]
    found += [''] * (2 * top - len(found))
    if prediction.error:
        return [prediction.name, *[''] * len(place), '', '', *found, prediction.error]
    return [prediction.name, *place, prediction.verdict, f'{prediction.coverage:.6f}', *found, '']


def _csv_line(cells: Sequence) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator='').writerow(cells)
    return line.getvalue()


def _table_line(each: Prediction | Group, top: int) -> str:
    prediction, counts = _split(each)
    name = prediction.name
    if counts:
        name = f'{shortened(name, _NAME - 12)} ({counts["counted"]} of {counts["photographs"]})'
    start = f'{shortened(name, _NAME):{_NAME}}  '
    if prediction.error:
        return f'{start}error: {prediction.error}'
    classes = ', '.join(
        f'{label} {probability:.1%}' for label, probability in prediction.top(top))
    return f'{start}{prediction.verdict:{_VERDICT}}  {prediction.coverage:8.1%}  {classes}'


def _split(each: Prediction | Group) -> tuple[Prediction, dict[str, int]]:
    """The prediction, and of a group the counts."""
    if isinstance(each, Group):
        return each.prediction, {'photographs': each.photographs, 'counted': each.counted}
    return each, {}

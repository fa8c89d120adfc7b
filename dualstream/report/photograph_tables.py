"""Tables of photographs as CSV: what was predicted of each, and which labels are doubtful."""

import csv
import pathlib
from collections.abc import Sequence

import numpy as np

from dualstream.evaluation.label_issues import LabelIssue
from dualstream.evaluation.predictions import Predictions
from dualstream.runtime.atomic import writing


def write_predictions(
    names: Sequence[str], predictions: Predictions, path: pathlib.Path
) -> None:
    """Writes a line for each photograph: its label, the prediction and all probabilities.

    Args:
      names: of the photographs.
      predictions: of them, in the same order.
      path: the file.
    """
    classes = predictions.label_names
    rows = [[name, classes[label], classes[each.argmax()], *(f'{one:.4f}' for one in each)]
            for name, label, each in zip(
                names, predictions.labels, predictions.probabilities, strict=True)]
    _write(path, ['photograph', 'label', 'predicted', *classes], rows)


def write_label_issues(issues: Sequence[dict], path: pathlib.Path) -> None:
    """Writes a line for each doubtful label, as `label_issue_rows` gives them."""
    _write(path, ['photograph', 'label', 'suggested', 'of_label', 'of_suggested'],
           [each.values() for each in issues])


def label_issue_rows(
    issues: Sequence[LabelIssue], names: Sequence[str], classes: Sequence[str]
) -> list[dict]:
    """Names the photograph and the classes of each doubtful label, in types that JSON has."""
    return [{'photograph': names[each.place], 'label': classes[each.label],
             'suggested': classes[each.suggested], 'of_label': round(each.of_label, 4),
             'of_suggested': round(each.of_suggested, 4)} for each in issues]


def worst_mistakes(predictions: Predictions, most: int) -> list[int]:
    """Finds the wrong predictions with the highest probabilities.

    Args:
      predictions: of any examples.
      most: how many to find, at most.

    Returns:
      Places in the order of the predictions, the most confident first.
    """
    wrong = np.flatnonzero(predictions.probabilities.argmax(axis=1) != predictions.labels)
    order = np.argsort(-predictions.probabilities[wrong].max(axis=1), kind='stable')
    return wrong[order][:most].tolist()


def mistake_rows(
    places: Sequence[int], names: Sequence[str], predictions: Predictions
) -> list[dict]:
    """Names the photograph and the classes of each mistake, in types that JSON has."""
    classes, rows = predictions.label_names, []
    for place in places:
        each, label = predictions.probabilities[place], predictions.labels[place]
        predicted = each.argmax()
        rows.append({'photograph': names[place], 'label': classes[label],
                     'predicted': classes[predicted], 'of_label': round(float(each[label]), 4),
                     'of_predicted': round(float(each[predicted]), 4)})
    return rows


def _write(path: pathlib.Path, heading: Sequence[str], rows: Sequence[Sequence]) -> None:
    with writing(path) as aside, open(aside, 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        writer.writerows(rows)

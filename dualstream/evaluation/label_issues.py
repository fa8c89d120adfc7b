"""Label issues: photographs whose label is probably wrong, by confident learning."""

import dataclasses

import numpy as np

from dualstream.evaluation.predictions import Predictions
from dualstream.runtime.errors import UserError


@dataclasses.dataclass(frozen=True)
class LabelIssue:
    """A label that is doubtful.

    Attributes:
      place: of the example, in the order of the predictions.
      label: the class that is given, a number.
      suggested: the most probable class of all others.
      of_label, of_suggested: the probabilities of the two classes.
    """

    place: int
    label: int
    suggested: int
    of_label: float
    of_suggested: float


def check_cleanlab() -> None:
    """Makes sure that cleanlab can be imported, before anything is trained.

    Raises:
      UserError: it is not installed.
    """
    try:
        import cleanlab.filter  # noqa: F401
    except ImportError as error:
        raise UserError("--label_issues needs cleanlab: install the extra, as by pip install "
                        f"'dualstream[labels]' ({error})") from error


def find_label_issues(out_of_fold: Predictions) -> list[LabelIssue]:
    """Finds examples whose label is doubtful, the most doubtful first.

    By confident learning (Northcutt, Jiang, Chuang 2021, Confident learning: estimating uncertainty
    in dataset labels, JAIR 70:1373-1411): how often each class is labelled as each other one is
    estimated from the examples of which the network is more confident than it is in the mean of a
    class; as many of the examples with the least probable labels are doubted. A doubtful label may
    still be right: look at the photograph.

    Args:
      out_of_fold: of networks that were not trained on the example they predict; else they have
        learned the wrong labels too.

    Raises:
      UserError: cleanlab is not installed.
    """
    check_cleanlab()
    import cleanlab.filter

    # A class without examples has no place in cleanlab's estimates.
    present, labels = np.unique(out_of_fold.labels, return_inverse=True)
    probabilities = out_of_fold.probabilities[:, present].astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    places = cleanlab.filter.find_label_issues(
        labels, probabilities, return_indices_ranked_by='self_confidence', n_jobs=1)
    issues = []
    for place in map(int, places):
        others = probabilities[place].copy()
        others[labels[place]] = -1
        suggested = int(others.argmax())
        issues.append(LabelIssue(
            place, int(present[labels[place]]), int(present[suggested]),
            float(probabilities[place, labels[place]]), float(probabilities[place, suggested])))
    return issues

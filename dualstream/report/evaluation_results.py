"""The results of an evaluation, as JSON has them."""

import dataclasses
import platform

import keras
import numpy as np
import tensorflow as tf

from dualstream.evaluation.calibration import Reliability, with_temperature
from dualstream.evaluation.comparison import compare
from dualstream.evaluation.intervals import bootstrap_intervals
from dualstream.evaluation.measures import (
    Estimate,
    constant_answer,
    estimate,
    estimate_recalls,
    measure,
)
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.scores import Scores
from dualstream.pipeline import Photos
from dualstream.training.finished import FinishedRun

Priors = dict[str, Predictions]
"""Predictions under each prior of the classes, 'data' and 'uniform'."""


def without_temperature(run: FinishedRun, predictions: Predictions) -> Predictions:
    """Gives what a run's network would predict without the temperature in its last weights.

    Args:
      run: a finished run.
      predictions: its predictions under the prior of the data.
    """
    return with_temperature(predictions, 1 / run.summary['temperature'])


def describe_photographs(
    run: FinishedRun, photos: Photos, split: str, groups: np.ndarray
) -> dict:
    """Describes what a run is evaluated on, and whether it was trained on it.

    Args:
      run: a finished run.
      photos: the data set.
      split: of it.
      groups: int (photographs,), one number for near-duplicates.
    """
    same = run.summary['dataset']['name'] == photos.builder.info.full_name
    return {'name': photos.builder.info.full_name, 'split': split,
            'synthetic': bool((photos.builder.info.metadata or {}).get('synthetic', False)),
            'photographs': len(groups), 'groups': len(np.unique(groups)),
            'trained_on': same and split in ('train', 'all')}


def measure_run(
    run: FinishedRun, predictions: Priors, lights: dict[str, Priors], groups: np.ndarray
) -> dict:
    """Measures what a run predicts for photographs, with intervals.

    Args:
      run: a finished run.
      predictions: of the photographs.
      lights: name of each changed light -> predictions of the photographs in it.
      groups: int (photographs,), one number for near-duplicates.

    Returns:
      Measures by prior, those of the trivial answer, and the calibration error before the
      temperature, in types that JSON has.
    """
    return {
        'prior': run.config.prior,
        'label_names': list(run.label_names),
        'temperature': run.summary['temperature'],
        'calibration_error_before': _calibration_error_before(run, predictions['data'], groups),
        'trivial': measure(constant_answer(predictions['data'])),
        'by_prior': {prior: {
            'measures': _as_dicts(estimate(each, groups)),
            'recalls': _as_dicts(estimate_recalls(each)),
            'confusion': Scores.of(each).confusion.tolist(),
            'lights': {light: Scores.of(changed[prior]).balanced_accuracy
                       for light, changed in lights.items()},
        } for prior, each in predictions.items()},
    }


def compare_runs(first: Priors, second: Priors, groups: np.ndarray) -> dict[str, dict]:
    """Compares two runs under each prior, in types that JSON has; see `compare`."""
    return {prior: dataclasses.asdict(compare(first[prior], second[prior], groups))
            for prior in first}


def versions() -> dict[str, str]:
    """Names the versions of what computed the results."""
    return {'python': platform.python_version(), 'machine': platform.machine(),
            'tensorflow': tf.__version__, 'keras': keras.__version__}


def _calibration_error_before(
    run: FinishedRun, predictions: Predictions, groups: np.ndarray
) -> dict[str, float]:
    before = without_temperature(run, predictions)

    def error(places: np.ndarray) -> dict[str, float]:
        return {'error': Reliability.of(before.take(places)).expected_error}

    interval = bootstrap_intervals(error, groups)['error']
    return dataclasses.asdict(Estimate(error(np.arange(len(groups)))['error'], *interval))


def _as_dicts(estimates: dict[str, Estimate]) -> dict[str, dict[str, float]]:
    return {name: dataclasses.asdict(each) for name, each in estimates.items()}

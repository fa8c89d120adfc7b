"""The results of an evaluation, as JSON has them."""

import dataclasses
import platform

import keras
import numpy as np
import tensorflow as tf

from dualstream.datasets.near_duplicates import are_near, group_near_duplicates, hash_photos
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
    run: FinishedRun, photos: Photos, split: str, hashes: np.ndarray
) -> dict:
    """Describes what a run is evaluated on, and how much of it the run was trained on.

    Args:
      run: a finished run.
      photos: the data set.
      split: of it.
      hashes: uint64 (photographs, 4), of `hash_photos`.

    Returns:
      Among others 'trained_on', whether the run was trained on some of these photographs,
      'calibrated_on', whether its temperature and its thresholds were chosen on them, and
      'near_training', how many are near-duplicates of those that it was trained on: None where that
      was another data set, or these are the same.
    """
    same = run.summary['dataset']['name'] == photos.builder.info.full_name
    trained_on = same and split in ('train', 'all')
    near = None
    if same and not trained_on:
        near = int(are_near(hashes, hash_photos(photos, 'train')).sum())
    return {'name': photos.builder.info.full_name, 'split': split,
            'synthetic': photos.synthetic,
            'photographs': len(hashes), 'groups': len(np.unique(group_near_duplicates(hashes))),
            'trained_on': trained_on, 'calibrated_on': same and split in ('validation', 'all'),
            'near_training': near}


def measure_run(
    run: FinishedRun, predictions: Priors, lights: dict[str, Priors], *, groups: np.ndarray,
    samples: int = 2000,
) -> dict:
    """Measures what a run predicts for photographs, with intervals.

    Args:
      run: a finished run.
      predictions: of the photographs.
      lights: name of each changed light -> predictions of the photographs in it.
      groups: int (photographs,), one number for near-duplicates.
      samples: how many times the groups are drawn for the intervals.

    Returns:
      Measures by prior, those of the trivial answer, and the calibration error before the
      temperature, in types that JSON has.
    """
    return {
        'prior': run.config.prior,
        'label_names': list(run.label_names),
        'temperature': run.summary['temperature'],
        'calibration_error_before': _calibration_error_before(
            run, predictions['data'], groups, samples),
        'trivial': measure(constant_answer(predictions['data'])),
        'by_prior': {prior: {
            'measures': _as_dicts(estimate(each, groups, samples=samples)),
            'recalls': _as_dicts(estimate_recalls(each)),
            'confusion': Scores.of(each).confusion.tolist(),
            'lights': {light: Scores.of(changed[prior]).balanced_accuracy
                       for light, changed in lights.items()},
        } for prior, each in predictions.items()},
    }


def measure_refusal(run: FinishedRun, predictions: Predictions) -> dict[str, float]:
    """Measures what the run's own threshold of confidence leaves to a person.

    The threshold of coverage is not applied: all photographs here show leaves.

    Args:
      run: a finished run.
      predictions: as its saved network gives them.

    Returns:
      The threshold; the share of photographs that reach it, and the share of those that is right.
    """
    least = run.refusal.min_confidence
    answered = predictions.probabilities.max(axis=1) >= least
    right = predictions.probabilities.argmax(axis=1) == predictions.labels
    return {'min_confidence': least, 'answered': float(answered.mean()),
            'right': float(right[answered].mean()) if answered.any() else 0.0}


def compare_runs(
    first: Priors, second: Priors, groups: np.ndarray, *, samples: int = 2000
) -> dict[str, dict]:
    """Compares two runs under each prior, in types that JSON has; see `compare`."""
    return {prior: dataclasses.asdict(
        compare(first[prior], second[prior], groups, samples=samples)) for prior in first}


def versions() -> dict[str, str]:
    """Names the versions of what computed the results."""
    return {'python': platform.python_version(), 'machine': platform.machine(),
            'tensorflow': tf.__version__, 'keras': keras.__version__}


def _calibration_error_before(
    run: FinishedRun, predictions: Predictions, groups: np.ndarray, samples: int
) -> dict[str, float]:
    before = without_temperature(run, predictions)

    def error(places: np.ndarray) -> dict[str, float]:
        return {'error': Reliability.of(before.take(places)).expected_error}

    interval = bootstrap_intervals(error, groups, samples=samples)['error']
    return dataclasses.asdict(Estimate(error(np.arange(len(groups)))['error'], *interval))


def _as_dicts(estimates: dict[str, Estimate]) -> dict[str, dict[str, float]]:
    return {name: dataclasses.asdict(each) for name, each in estimates.items()}

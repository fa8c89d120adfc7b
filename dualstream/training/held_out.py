"""What a finished run predicts for photographs whose labels are known."""

import dataclasses

import numpy as np
import tensorflow as tf

from dualstream.evaluation.predictions import Predictions, predict
from dualstream.pipeline import Photos, make_evaluation_batches
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.finished import FinishedRun
from dualstream.training.looking import views_of


def check_summary(run: FinishedRun) -> None:
    """Makes sure that a run's summary.json has what an evaluation needs, before it is started.

    Raises:
      UserError: the run is older than that.
    """
    missing = [name for name in ('dataset', 'shares', 'temperature', 'training_seconds', 'refusal')
               if name not in run.summary]
    if missing:
        raise UserError(f'summary.json of the run has no {", ".join(missing)}; train it again')


def evaluation_config(run: FinishedRun) -> TrainConfig:
    """Gives a run's configuration; where photographs have no leaf grid, it looks at pixels."""
    look = 'auto' if run.config.look == 'grid' else run.config.look
    return dataclasses.replace(run.config, look=look)


def labelled_batches(run: FinishedRun, photos: Photos, purpose: str) -> tf.data.Dataset:
    """Makes the batches of a split as the run's own training made those of its test split.

    Args:
      run: whose routine, views and size of batches are used.
      photos: of a data set that has some of the run's classes, by their names.
      purpose: 'train', 'validation', 'test', or a part of one's own.

    Returns:
      As `make_evaluation_batches` gives them; labels are the run's numbers of the classes.

    Raises:
      UserError: the data set has a class that the run does not know.
    """
    unknown = [name for name in photos.label_names if name not in run.label_names]
    if unknown:
        raise UserError(
            f'{photos.builder.info.full_name} has classes that the network does not know: '
            f'{", ".join(unknown)}; it knows {", ".join(run.label_names)}')
    numbers = tf.constant([run.label_names.index(name) for name in photos.label_names], tf.int64)
    batches = make_evaluation_batches(
        photos, purpose, views_of(evaluation_config(run)), batch_size=run.config.batch_size,
        seed=run.config.seed)

    def renumber(images, labels):
        known = tf.gather(numbers, tf.maximum(labels, 0))
        return images, tf.where(labels < 0, labels, known)  # -1 is a label that is hidden

    return batches.map(tf.autograph.experimental.do_not_convert(renumber))


def predict_photos(run: FinishedRun, photos: Photos, purpose: str) -> Predictions:
    """Predicts the photographs of a split, from as many views as the run's own test split.

    Args:
      run: a finished run.
      photos, purpose: as `labelled_batches` takes them.

    Raises:
      UserError: the data set has a class that the run does not know, or a label is missing.
    """
    return predict(run.network, labelled_batches(run, photos, purpose), run.label_names)


def by_prior(run: FinishedRun, predictions: Predictions) -> dict[str, Predictions]:
    """Gives a run's predictions under both priors of the classes, whichever its network assumes.

    Args:
      run: a finished run.
      predictions: what its network gives.

    Returns:
      'data' and 'uniform' -> predictions, with the classes as frequent as in the run's training and
      with all classes equally frequent.

    Raises:
      UserError: the run is too old; see `check_summary`.
    """
    check_summary(run)
    shares = np.array(run.summary['shares'])
    if run.config.prior == 'data':
        return {'data': predictions, 'uniform': predictions.with_uniform_prior(shares)}
    return {'data': predictions.weighted(np.where(shares > 0, shares, 1)),
            'uniform': predictions}

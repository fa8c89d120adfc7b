"""Out-of-fold predictions: each photograph is predicted by a network that has not seen it."""

import dataclasses
import json
import pathlib
import shutil

import keras
import numpy as np
import tqdm

from dualstream.evaluation.predictions import Predictions, predict
from dualstream.pipeline import make_evaluation_batches
from dualstream.pipeline.parts import Parts, make_folds
from dualstream.runtime.atomic import writing
from dualstream.runtime.devices import Place
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.looking import views_of
from dualstream.training.run import train
from dualstream.training.workdir import Workdir


def predict_out_of_fold(
    config: TrainConfig, photos: Parts, groups: np.ndarray, *, folds: int, place: Place,
    folder: pathlib.Path,
) -> Predictions:
    """Trains a network for each fold, on the photographs of the others, and predicts the fold.

    Each network starts from random weights, whatever the configuration starts from: an earlier run
    may have been trained on the fold. Finished folds are kept in the folder and not trained again;
    a training that was interrupted is continued from its last checkpoint.

    Args:
      config: of each training, but for its prior, which is always that of the data, and its
        `init_from`.
      photos: with the part 'all'.
      groups: int (photographs,), one number for near-duplicates, which share a fold.
      folds: how many, at least 2.
      place: the devices to train on.
      folder: for what is kept; made where it is missing.

    Returns:
      Predictions of the part 'all', in its order.

    Raises:
      UserError: the folder keeps folds of another configuration or data set, or there are fewer
        photographs than the configuration needs.
      StoppedBySignal: SIGTERM or Ctrl-C stopped a training, which is saved.
    """
    config = dataclasses.replace(config, prior='data', init_from='')
    _claim(folder, config, photos, folds)
    probabilities = np.zeros([photos.count('all'), len(photos.label_names)], np.float32)
    each = make_folds(photos, groups, folds, seed=config.seed)
    for fold, parts in enumerate(tqdm.tqdm(each, 'Training', unit=' folds')):
        kept = folder / f'fold-{fold}.npy'
        if not kept.exists():
            predicted = _train_and_predict(config, parts, place, folder / f'fold-{fold}')
            with writing(kept) as path, open(path, 'wb') as file:
                np.save(file, predicted)
            shutil.rmtree(folder / f'fold-{fold}')
        probabilities[np.isin(photos.parts['all'], parts.parts['test'])] = np.load(kept)
    return Predictions(photos.label_names, photos.labels('all'), probabilities)


def _train_and_predict(
    config: TrainConfig, parts: Parts, place: Place, workdir: pathlib.Path
) -> np.ndarray:
    keras.utils.clear_session()
    with Workdir(workdir, dataclasses.asdict(config) | {'replicas': place.replicas},
                 resume=True) as run:
        trained = train(config, photos=parts, place=place, workdir=run, verbose=0)
    batches = make_evaluation_batches(
        parts, 'test', views_of(config), batch_size=config.batch_size * place.replicas,
        seed=config.seed)
    return predict(trained.model, batches, parts.label_names).probabilities


def _claim(folder: pathlib.Path, config: TrainConfig, photos: Parts, folds: int) -> None:
    """Says in the folder whose folds it keeps; refuses one that keeps others."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / 'folds.json'
    ours = json.loads(json.dumps({
        'config': dataclasses.asdict(config), 'dataset': photos.builder.info.full_name,
        'photographs': photos.count('all'), 'folds': folds}))
    if file.exists():
        if json.loads(file.read_text()) != ours:
            raise UserError(f'{folder} keeps folds of another run, data set or number of folds; '
                            'delete it, or name another --out')
        return
    with writing(file) as path:
        path.write_text(json.dumps(ours, indent=2) + '\n')

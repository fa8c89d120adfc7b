"""Out-of-fold predictions: every photograph once, by a training without it and its likes."""

import numpy as np
import pytest

from dualstream.pipeline.parts import everything
from dualstream.runtime import devices
from dualstream.runtime.errors import UserError
from dualstream.training import out_of_fold
from dualstream.training.config import TrainConfig

GROUPS = np.arange(60) // 2
CONFIG = TrainConfig(image_size=(64, 64), prior='uniform', init_from='runs/earlier')


class Trainings(list):
    interrupted_at = None


@pytest.fixture
def trainings(monkeypatch):
    """The folds that were trained; such a training knows each photograph's place, and no more."""
    trained = Trainings()

    def train_and_predict(config, parts, place, workdir):
        assert config.prior == 'data' and not config.init_from
        workdir.mkdir(exist_ok=True)  # as a training does
        trained.append(parts.parts)
        if trained.interrupted_at == len(trained):
            raise KeyboardInterrupt
        return np.float32(parts.parts['test'][:, None] + np.arange(5) / 10)

    monkeypatch.setattr(out_of_fold, '_train_and_predict', train_and_predict)
    return trained


def predict(photos, folder, config=CONFIG, folds=3):
    return out_of_fold.predict_out_of_fold(
        config, everything(photos), GROUPS, folds=folds, place=devices.place('cpu'), folder=folder)


def test_folds_are_apart_and_cover_everything(photos, trainings, tmp_path):
    predictions = predict(photos, tmp_path / 'folds')
    np.testing.assert_array_equal(predictions.probabilities[:, 0], np.arange(60))
    np.testing.assert_array_equal(predictions.labels, everything(photos).labels('all'))
    assert len(trainings) == 3
    for parts in trainings:
        places = np.concatenate(list(parts.values()))
        assert sorted(places) == list(range(60))
        groups = [set(GROUPS[each]) for each in parts.values()]
        assert sum(map(len, groups)) == 30
        assert len(parts['train']) > 4 * len(parts['validation']) > 0


def test_finished_folds_are_kept_and_those_of_another_run_are_refused(
        photos, trainings, tmp_path):
    trainings.interrupted_at = 2
    with pytest.raises(KeyboardInterrupt):
        predict(photos, tmp_path)
    predictions = predict(photos, tmp_path)
    np.testing.assert_array_equal(predictions.probabilities[:, 0], np.arange(60))
    assert len(trainings) == 4  # the second one twice
    predict(photos, tmp_path)
    assert len(trainings) == 4
    with pytest.raises(UserError, match='another run'):
        predict(photos, tmp_path, folds=4)
    with pytest.raises(UserError, match='another run'):
        predict(photos, tmp_path, TrainConfig(image_size=(64, 64), seed=1))

"""The experiment's own parts; its trainings are those of dualstream.train."""

import json
import types

import keras
import matplotlib.image
import pytest

from dualstream.training.config import TrainConfig
from dualstream.training.run import count_epochs
from experiments.grouped_folds import grouped_folds
from experiments.learning import cell, lengths, tables


@pytest.mark.slow
def test_a_cell_trains_as_by_default_and_scores_what_was_held_out(photos, monkeypatch):
    def network(preset, image_size, classes, seed):
        return keras.Sequential([
            keras.Input([*image_size, 3]), keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(), keras.layers.Dense(classes, 'softmax', name='logits')])

    monkeypatch.setattr('dualstream.network.build', network)
    monkeypatch.setattr(cell, 'read_folds', lambda *_: grouped_folds(photos, 3))
    made = cell.run_cell(cell.Cell('some_set', None, None, 1, 3, 0.005))
    assert made['epochs'] == round(0.005 * count_epochs(TrainConfig(), made['training_pictures']))
    assert made['held_out_pictures'] == 20 and made['synthetic'] and made['seconds'] > 0
    for key in (*tables.VIEWS, 'trivial'):
        assert set(made[key]) == set(tables.SCORES)
        assert all(0 <= score <= 1 for score in made[key].values())


def finished(each):
    right = 0.5 + 0.2 * each.share + 0.1 * each.fold - 0.1 * bool(each.other)
    scores = {'accuracy': right, 'balanced_accuracy': right - 0.1}
    return {'dataset': 'some_set', 'synthetic': True, 'fold': each.fold, 'folds': each.folds,
            'share': each.share, 'epochs': each.epochs or round(100 * each.share),
            'network': each.other or 'nano',
            'image_size': [224, 224], 'near_duplicates': 3, 'several views': scores,
            'one view': scores, 'trivial': {'accuracy': 0.5, 'balanced_accuracy': 0.2},
            'training_pictures': 60, 'validation_pictures': 10, 'held_out_pictures': 30,
            'seconds': 600 * each.share}


def test_finished_cells_are_not_run_again_and_tell_what_minutes_are_worth(
        load, tmp_path, monkeypatch):
    command = load('experiments.learning.__main__')
    ran = []

    def run_cell(each):
        ran.append((each.share, each.fold, each.other))
        if len(ran) == 3:
            raise KeyboardInterrupt
        return finished(each)

    monkeypatch.setattr(cell, 'run_cell', run_cell)
    monkeypatch.setattr(lengths, 'time_steps', lambda others, workers: {
        'training': {'nano': 500.0, 'EfficientNetB0': 1500.0},
        'inference': {'nano': 100.0, 'EfficientNetB0': 900.0}})
    for name, value in {'_DATASET': 'some/set', '_DATA_DIR': None, '_MANUAL_DIR': None,
                        '_FOLDS': 2, '_SHARES': ['0.5', '1'], '_OTHERS': ['EfficientNetB0'],
                        '_WORKERS': 1, '_QUICK': False, '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(KeyboardInterrupt):
        command.main(['learning'])
    command.main(['learning'])
    assert ran == [(1, 0, None), (1, 1, None), (0.5, 0, None), (0.5, 0, None), (0.5, 1, None),
                   (1, 0, 'EfficientNetB0'), (1, 1, 'EfficientNetB0')]
    said = (tmp_path / 'results.md').read_text()
    assert 'some_set (synthetic)' in said and 'over 2 of 2 folds' in said
    # An epoch takes nano 6 seconds; the other network a second more for each step of 16 of 60
    # photographs and 0.8 seconds more for each of 10: 10.25 seconds. At the end, it is 0.8 seconds
    # slower for each step of 10 photographs and four times 30: 6.5 of 600 seconds. So 58 epochs.
    for row in ('| nano | 50 | 5.0 | 65.0% ± 7.1 |  | 55.0% ± 7.1 |  | 65.0% ± 7.1 |',
                '| nano | 100 | 10.0 | 75.0% ± 7.1 |  |',
                '| EfficientNetB0 | 58 | 10.0 | 65.0% ± 7.1 | -10.0 (-10.0 to -10.0) | 55.0%',
                '| predicting the most frequent class for all |  |  | 50.0% ± 0.0 |  |'):
        assert row in said
    assert len(json.loads((tmp_path / 'results.json').read_text())) == 6
    assert matplotlib.image.imread(tmp_path / 'scores.png').std() > 0.01

"""Starts from other photographs: each is trained once, and gains are of the same folds."""

import json
import types

import keras
import matplotlib.image
import numpy as np
import pytest

from dualstream.runtime.errors import UserError
from experiments.pretraining import cell, tables
from experiments.streams import frames

HASHES = np.random.default_rng(0).integers(0, 2**63, (46, 4), np.uint64)


def some_frames(classes, hashes):
    rng = np.random.default_rng(classes)
    pixels = rng.integers(0, 256, (24, frames.SHORT_SIDE, 320, 3), np.uint8)
    return frames.Frames(pixels, np.arange(24) % classes, hashes,
                         [f'class {number}' for number in range(classes)], True)


@pytest.mark.slow
def test_each_source_is_trained_once_and_its_weights_are_where_folds_begin(
        load, tmp_path, monkeypatch):
    command = load('experiments.pretraining.__main__')
    began = []

    def fit(network, seen, places, *, epochs, seed):
        began.append((len(places), epochs, [weight.numpy().copy() for weight in network.weights]))
        if len(places) == 22:
            for weight in network.weights:
                weight.assign(keras.ops.ones_like(weight))
        return {'training_accuracy': 0.9, 'training_seconds': 7.0}

    monkeypatch.setattr(cell, 'fit_network', fit)
    # Two photographs of the source are in the data set, too.
    monkeypatch.setattr(cell, '_hashes', lambda source, **_: HASHES[:24])
    monkeypatch.setattr(cell, 'read_frames', lambda source, **_: (
        some_frames(2, HASHES[:24]) if source == 'some/set' else some_frames(3, HASHES[22:])))
    for name, value in {'_DATASET': 'some/set', '_SOURCES': ['other/set'], '_DATA_DIR': None,
                        '_MANUAL_DIR': None, '_FOLDS': 2, '_STEPS': 5, '_EPOCHS': 3, '_WORKERS': 1,
                        '_QUICK': False, '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    command.main(['pretraining'])
    command.main(['pretraining'])
    assert [(places, epochs) for places, epochs, _ in began] == [(22, 5), *[(12, 3)] * 4]
    for nothing, started in ((began[1], began[2]), (began[3], began[4])):
        *body, kernel, bias = started[2]
        assert all((weight == 1).all() for weight in body)
        np.testing.assert_array_equal(kernel, nothing[2][-2])  # the last layer is new
        np.testing.assert_array_equal(bias, nothing[2][-1])
    said = (tmp_path / 'results.md').read_text()
    assert '| nothing | 0 | 7 |' in said
    assert ('| other-set (24 photographs, synthetic, without 2 near-duplicates of some-set, '
            '3 classes, 5 epochs, training accuracy 90%') in said


def test_a_set_is_not_its_own_source(load, tmp_path, monkeypatch):
    command = load('experiments.pretraining.__main__')
    for name, value in {'_DATASET': 'some/set', '_SOURCES': ['other/set', 'some/set'],
                        '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(UserError, match='different names; got some/set and some/set'):
        command.main(['pretraining'])


def test_gains_are_those_of_the_same_folds(tmp_path):
    def made(start, fold, right):
        scores = {'accuracy': right, 'balanced_accuracy': right}
        return {'dataset': 'some-set', 'start': start, 'fold': fold, 'folds': 3, 'epochs': 2,
                'source': None if start == 'nothing' else {
                    'pictures': 600, 'classes': 5, 'epochs': 4, 'synthetic': False,
                    'left_out': 0, 'training_accuracy': 0.9, 'training_seconds': 100.0},
                'several_views': scores, 'training_seconds': 12.0, 'pictures': 24,
                'synthetic': True, 'near_duplicates': 1, 'most_frequent': 0.6, 'classes': 2}

    cells = [made(start, fold, 0.5 + 0.05 * fold + (0.1 + 0.01 * fold) * (start != 'nothing'))
             for fold in range(3) for start in ('nothing', 'leaves')]
    tables.write(cells, 'the command', tmp_path)
    said = (tmp_path / 'results.md').read_text()
    assert '| nothing | 0 | 12 | 55.0% ± 5.0 |  |' in said
    # Gains of 10, 11 and 12: mean 11, standard error 0.577, widened by the root of 1 + 3 / 2; t of
    # 4.303.
    assert ('| leaves (600 photographs, without 0 near-duplicates of some-set, 5 classes, '
            '4 epochs, training accuracy 90%) | 100 | 12 | 66.0% ± 6.0 | +11.0 (+7.1 to +14.9) |'
            ) in said
    assert 'some-set (synthetic)' in said and 'scores 60.0% accuracy and 50%' in said
    assert json.loads((tmp_path / 'results.json').read_text()) == cells
    assert matplotlib.image.imread(tmp_path / 'scores.png').std() > 0.01

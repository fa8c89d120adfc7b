"""The experiment's own parts; its trainings are those of dualstream.train."""

import json
import math
import types

import keras
import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf

from dualstream.runtime.choices import FRAME
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.looking import training_routine_of
from experiments.grouped_folds import grouped_folds
from experiments.where_to_look import cell, tables
from experiments.where_to_look.ways import BASE, QUICK, WAYS, ZOOMS, MiddleWindow


def test_every_photograph_is_held_out_once_and_in_one_part_of_each_fold(photos):
    folds, duplicates = grouped_folds(photos, 3)
    held_out = np.concatenate([fold.parts['test'] for fold in folds])
    assert sorted(held_out) == list(range(60)) and 0 <= duplicates < 60
    for fold in folds:
        assert sorted(np.concatenate(list(fold.parts.values()))) == list(range(60))
        assert fold.count('test') == 20 and fold.count('validation') >= 4


def test_near_duplicates_share_a_part(photos, monkeypatch):
    groups = np.arange(60) // 2
    monkeypatch.setattr('experiments.grouped_folds.group_near_duplicates', lambda _: groups)
    folds, duplicates = grouped_folds(photos, 3)
    assert duplicates == 30
    for fold in folds:
        for part in fold.parts.values():
            assert set(groups[part]).isdisjoint(
                groups[np.setdiff1d(np.arange(60), part)])


def test_all_ways_differ_and_all_but_the_random_ones_show_what_they_say():
    base = TrainConfig(image_size=(128, 128))
    assert len({way.name for way in WAYS}) == len(WAYS) and len(QUICK) == 3
    for way in WAYS:
        routine = training_routine_of(way.config(base))
        if way.crop == 'middle':
            assert way.routine(base).zoom == (math.inf if way.zoom == FRAME else way.zoom)
        else:
            assert way.routine(base) is None and routine.crop == way.crop
            assert bool(way.config(base).recipe.views) == (way.crop != 'none')
    for crop in ('middle', 'array', 'random'):
        assert set(ZOOMS) <= {way.zoom for way in WAYS if way.crop == crop}


@pytest.mark.parametrize('zoom, size', [(1.0, 100), (2.0, 200), (math.inf, 600)])
def test_the_middle_is_the_middle(zoom, size):
    frame = np.zeros([600, 800, 3], np.uint8)
    frame[300 - size // 2:300 + size // 2, 400 - size // 2:400 + size // 2] = 255
    image = MiddleWindow((100, 100), zoom)({'image': tf.io.encode_png(frame)}, None)
    assert image.shape == (100, 100, 3) and float(tf.reduce_min(image)) > 1 - 1e-6


@pytest.mark.slow
@pytest.mark.parametrize('way', [*QUICK, WAYS[2]], ids=lambda way: way.name)
def test_a_cell_has_both_scores_of_one_view_and_of_several(way, photos, monkeypatch):
    def network(preset, image_size, classes, seed):
        return keras.Sequential([
            keras.Input([*image_size, 3]), keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(), keras.layers.Dense(classes, 'softmax', name='logits')])

    monkeypatch.setattr('dualstream.network.build', network)
    monkeypatch.setattr(cell, 'read_folds', lambda *_: grouped_folds(photos, 3))
    made = cell.run_cell(cell.Cell('some/set', None, None, way, 1, 3, 'nano', 1, 128))
    views = ['one view', *(['several views'] if way.crop in ('array', 'random') else [])]
    assert [key for key in made if 'view' in key] == views
    for key in (*views, 'trivial'):
        assert set(made[key]) == set(tables.SCORES)
        assert all(0 <= score <= 1 for score in made[key].values())
    assert made['held_out_pictures'] == 20 and made['training_seconds'] > 0
    assert made['way'] == way.name and made['fold'] == 1 and made['synthetic']


def finished(way, fold, accuracy, **more):
    return {'dataset': 'some_set', 'preset': 'nano', 'epochs': 3, 'folds': 3,
            'image_size': [128, 128], 'near_duplicates': 7, 'synthetic': True, 'way': way,
            'fold': fold, 'one view': {'accuracy': accuracy, 'balanced_accuracy': accuracy - 0.2},
            'trivial': {'accuracy': 0.5, 'balanced_accuracy': 0.2}, 'training_pictures': 60,
            'held_out_pictures': 30, 'training_seconds': 10.0, **more}


def test_the_table_compares_in_the_same_folds(tmp_path):
    several = {'several views': {'accuracy': 0.75, 'balanced_accuracy': 0.5}}
    cells = [finished('leafiest window, zoom 1', fold, 0.6 + 0.1 * fold, **several)
             for fold in (0, 1)]
    cells += [finished('whole frame', fold, 0.5 + 0.1 * fold) for fold in (0, 1)]
    tables.write(cells, 'the command', tmp_path, BASE)
    said = (tmp_path / 'results.md').read_text()
    for row in (
            '| whole frame | 55.0% ± 7.1 | -10.0 (-10.0 to -10.0) | 35.0% ± 7.1 | '
            '-10.0 (-10.0 to -10.0) |  |  | 10 |',
            '| leafiest window, zoom 1 | 65.0% ± 7.1 |  | 45.0% ± 7.1 |  | 75.0% ± 0.0 | '
            '50.0% ± 0.0 | 10 |',
            '| predicting the most frequent class for all | 50.0% ± 0.0 |  | 20.0% ± 0.0 |'):
        assert row in said
    assert 'some_set (synthetic)' in said and '2 of 3 folds' in said and '`the command`' in said
    assert json.loads((tmp_path / 'results.json').read_text()) == cells
    assert matplotlib.image.imread(tmp_path / 'scores.png').std() > 0.01


def test_zooms_are_averaged_over_windows_and_windows_over_zooms():
    cells = [finished(way.name, fold, 0.3 + 0.01 * fold + 0.1 * ZOOMS.index(way.zoom)
                      + 0.02 * (way.shown == 'leafiest window'))
             for fold in range(3) for way in WAYS if way.zoom in ZOOMS]
    said = tables.whole_page(cells, 'the command', BASE)
    # A third of the windows is 2 points better, and the zooms are 0, 10, 20 and 30 points better.
    for row in ('three windows: zoom 1 | 31.7% ± 1.0 |  | 11.7% ± 1.0 |  |',
                'three windows: zoom frame | 61.7% ± 1.0 | +30.0 (+30.0 to +30.0) |',
                'four zooms: window in the middle | 46.0% ± 1.0 |  | 26.0% ± 1.0 |  |',
                'four zooms: leafiest window | 48.0% ± 1.0 | +2.0 (+2.0 to +2.0) |'):
        assert f'| {row}' in said
    some = [cell for cell in cells if cell['way'].startswith('leafiest')]
    assert 'three windows' not in tables.whole_page(some, 'the command', BASE)


def test_a_finished_cell_is_not_run_again(load, tmp_path, monkeypatch):
    command = load('experiments.where_to_look.__main__')
    ran = []

    def run_cell(each):
        ran.append((each.way.name, each.fold))
        if len(ran) == 5:
            raise KeyboardInterrupt
        return finished(each.way.name, each.fold, 0.5)

    monkeypatch.setattr(cell, 'run_cell', run_cell)
    for name, value in {'_DATASET': 'some/set', '_DATA_DIR': None, '_MANUAL_DIR': None,
                        '_PRESET': 'nano', '_FOLDS': 2, '_EPOCHS': 1, '_WORKERS': 1,
                        '_WAY': [], '_IMAGE_SIZE': 128, '_QUICK': False,
                        '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(KeyboardInterrupt):
        command.main(['where_to_look'])
    command.main(['where_to_look'])
    assert len(ran) == 1 + 2 * len(WAYS)  # the one that was cut off, twice
    assert len(set(ran)) == 2 * len(WAYS)


@pytest.fixture
def command(load, tmp_path, monkeypatch):
    """The command, whose trainings end at once with the same scores."""
    command = load('experiments.where_to_look.__main__')
    monkeypatch.setattr(cell, 'run_cell', lambda each: {
        **finished(each.way.name, each.fold, 0.5), 'image_size': [each.image_size] * 2})
    for name, value in {'_DATASET': 'some/set', '_DATA_DIR': None, '_MANUAL_DIR': None,
                        '_PRESET': 'nano', '_FOLDS': 2, '_EPOCHS': 1, '_WORKERS': 1,
                        '_IMAGE_SIZE': 64, '_QUICK': False, '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    return command


def test_chosen_ways_are_compared_with_the_first_of_them(command, monkeypatch, capsys):
    ways = ['whole frame', 'leafiest window, zoom 2']
    monkeypatch.setattr(command, '_WAY', types.SimpleNamespace(value=ways))
    command.main(['where_to_look'])
    said = capsys.readouterr().out
    assert 'images of 64 x 64 pixels' in said and 'Differences are to the whole frame.' in said
    rows = [line.split(' | ')[0] for line in said.splitlines() if line.startswith('| ')]
    assert rows[2:4] == [f'| {way}' for way in ways]


def test_an_unknown_way_is_refused(command, monkeypatch):
    monkeypatch.setattr(command, '_WAY', types.SimpleNamespace(value=['the sky']))
    with pytest.raises(UserError, match="--way='the sky' is none of: whole frame; window in"):
        command.main(['where_to_look'])

"""The comparison of recipes: one thing at a time, the same folds for all, none run twice."""

import dataclasses
import json
import types

import keras
import matplotlib.image
import pytest

from experiments.grouped_folds import grouped_folds
from experiments.recipe import cell, tables
from experiments.recipe.recipes import DEFAULT, QUICK, RECIPES


def test_each_recipe_differs_from_the_default_one_in_one_thing():
    default = dataclasses.asdict(RECIPES[DEFAULT])
    for name, recipe in RECIPES.items():
        changed = {key for key, value in dataclasses.asdict(recipe).items()
                   if value != default[key]}
        assert len(changed) == (name != DEFAULT), name
    assert set(QUICK) <= set(RECIPES)


@pytest.mark.slow
@pytest.mark.parametrize('recipe', [DEFAULT, 'moving average 0.99', 'early stopping 4'])
def test_a_cell_trains_with_its_recipe_and_has_both_scores(recipe, photos, monkeypatch):
    def network(preset, image_size, classes, seed):
        return keras.Sequential([
            keras.Input([*image_size, 3]), keras.layers.AveragePooling2D(32),
            keras.layers.Flatten(), keras.layers.Dense(classes, 'softmax', name='logits')])

    trained = []

    def train_and_score(config, photos):
        trained.append(config)
        return real(config, photos)

    real = cell.train_and_score
    monkeypatch.setattr('dualstream.network.build', network)
    monkeypatch.setattr(cell, 'train_and_score', train_and_score)
    monkeypatch.setattr(cell, 'read_folds', lambda *_: grouped_folds(photos, 3))
    made = cell.run_cell(cell.Cell('some/set', None, None, recipe, 1, 3, 1))
    assert [config.recipe for config in trained] == [RECIPES[recipe]]
    for key in ('one view', 'trivial'):
        assert set(made[key]) == set(tables.SCORES)
        assert all(0 <= score <= 1 for score in made[key].values())
    assert made['held_out_pictures'] == 20 and made['training_seconds'] > 0
    assert made['recipe'] == recipe and made['fold'] == 1 and made['synthetic']


def finished(recipe, fold, accuracy):
    return {'dataset': 'some_set', 'network': 'nano', 'epochs': 3, 'folds': 3, 'recipe': recipe,
            'image_size': [128, 128], 'near_duplicates': 7, 'synthetic': True, 'fold': fold,
            'one view': {'accuracy': accuracy, 'balanced_accuracy': accuracy - 0.2},
            'trivial': {'accuracy': 0.5, 'balanced_accuracy': 0.2}, 'training_pictures': 60,
            'held_out_pictures': 30, 'training_seconds': 10.0}


def test_the_table_compares_in_the_same_folds(tmp_path):
    cells = [finished(name, fold, right + 0.1 * fold)
             for fold in (0, 1) for name, right in ((DEFAULT, 0.6), ('without mixup', 0.5))]
    tables.write(cells, 'the command', tmp_path)
    said = (tmp_path / 'results.md').read_text()
    for row in (
            '| default | 65.0% ± 7.1 |  | 45.0% ± 7.1 |  | 10 |',
            '| without mixup | 55.0% ± 7.1 | -10.0 (-10.0 to -10.0) | 35.0% ± 7.1 | '
            '-10.0 (-10.0 to -10.0) | 10 |',
            '| predicting the most frequent class for all | 50.0% ± 0.0 |  | 20.0% ± 0.0 |  |'):
        assert row in said
    assert 'some_set (synthetic)' in said and '2 of 3 folds' in said and '`the command`' in said
    assert json.loads((tmp_path / 'results.json').read_text()) == cells
    assert matplotlib.image.imread(tmp_path / 'scores.png').std() > 0.01


def test_a_finished_cell_is_not_run_again(load, tmp_path, monkeypatch):
    command = load('experiments.recipe.__main__')
    ran = []

    def run_cell(each):
        ran.append((each.recipe, each.fold))
        if len(ran) == 5:
            raise KeyboardInterrupt
        return finished(each.recipe, each.fold, 0.5)

    monkeypatch.setattr(cell, 'run_cell', run_cell)
    for name, value in {'_DATASET': 'some/set', '_DATA_DIR': None, '_MANUAL_DIR': None,
                        '_FOLDS': 2, '_EPOCHS': 1, '_WORKERS': 1, '_QUICK': False,
                        '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(KeyboardInterrupt):
        command.main(['recipe'])
    command.main(['recipe'])
    assert len(ran) == 1 + 2 * len(RECIPES)  # the one that was cut off, twice
    assert len(set(ran)) == 2 * len(RECIPES)

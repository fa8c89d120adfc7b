"""The comparison of recipes: one thing at a time, all pictures held out once, none run twice."""

import dataclasses
import json
import types

import keras
import matplotlib.image
import pytest

from dualstream.training.config import Recipe
from experiments.recipe import cell, tables
from experiments.recipe.folds import FOLDS, Fold
from experiments.recipe.recipes import PLAIN, RECIPES, Tried


def test_each_recipe_differs_from_the_plain_one_in_one_thing():
    plain = dataclasses.asdict(RECIPES[PLAIN])
    for name, tried in RECIPES.items():
        changed = {key for key, value in dataclasses.asdict(tried).items() if value != plain[key]}
        assert len(changed - {'views'}) == (name != PLAIN), name


def test_folds_hold_every_picture_out_once(builder):
    held_out, folds = [], [Fold(builder, number) for number in range(FOLDS)]
    for fold in folds:
        pictures = {purpose: [example['image'].numpy() for example in fold.read(purpose)]
                    for purpose in ('train', 'validation', 'test')}
        whole = [picture for some in pictures.values() for picture in some]
        assert len(set(whole)) == len(whole) == 60
        assert {purpose: len(some) for purpose, some in pictures.items()} == {
            purpose: fold.count(purpose) for purpose in pictures}
        held_out += pictures['test']
    assert len(set(held_out)) == len(held_out) == 60


def small_network(preset, image_size, classes, seed):
    return keras.Sequential([
        keras.Input([*image_size, 3]), keras.layers.AveragePooling2D(32), keras.layers.Flatten(),
        keras.layers.Dense(classes, 'softmax', name='logits')])


def test_a_cell_scores_each_number_of_views(builder, monkeypatch):
    monkeypatch.setattr('dualstream.network.build', small_network)
    recipe = Recipe(label_smoothing=0.1, mixup=0.2, ema=0.9, early_stopping=1)
    tried = Tried(recipe, crop='random', views=((), (1.0, 'whole')))
    result = cell.run_cell(builder, tried, seed=1, epochs=1)
    assert set(result['balanced_accuracy']) == {'1', '2'}
    assert all(0 <= score <= 1 for score in result['balanced_accuracy'].values())
    assert result['epochs_trained'] == 1 and result['training_seconds'] > 0


def cells_of(seeds, dataset='some/set'):
    return [{'dataset': dataset, 'synthetic': True, 'recipe': name, 'seed': seed, 'epochs': 2,
             'image_size': [128, 128], 'training_pictures': 60, 'held_out_pictures': 30,
             'epochs_trained': 2, 'training_seconds': 3.0 + seed, 'balanced_accuracy': scores}
            for seed in seeds for name, scores in (
                (PLAIN, {'1': 0.8 + 0.05 * seed}), ('mixup 0.2', {'1': 0.7 + 0.05 * seed}),
                ('random crop', {'1': 0.6 + 0.05 * seed, '4': 0.65 + 0.05 * seed}))]


def test_table_compares_recipes_with_plain_and_windows_with_one(tmp_path):
    cells = cells_of([0, 1, 2]) + cells_of([0], 'another/set')
    tables.write(cells, 'the command', tmp_path)
    said = (tmp_path / 'results.md').read_text()
    assert 'some/set (synthetic)' in said and 'over 3 seeds' in said
    for row in ('| plain | 85.0% ± 5.0 |  |',
                '| mixup 0.2 | 75.0% ± 5.0 | -10.0 ± 0.0 |',
                '| random crop | 65.0% ± 5.0 | -20.0 ± 0.0 |',
                '| random crop, 4 views | 70.0% ± 5.0 | +5.0 ± 0.0 |'):
        assert row in said
    assert json.loads((tmp_path / 'results.json').read_text()) == cells
    assert matplotlib.image.imread(tmp_path / 'recipes.png').std() > 0.01


def test_a_finished_cell_is_not_run_again(load, tmp_path, monkeypatch, photos):
    command = load('experiments.recipe.__main__')
    ran = []

    def run_cell(builder, tried, seed, epochs):
        ran.append((tried, seed))
        if len(ran) == 5:
            raise KeyboardInterrupt
        return {'balanced_accuracy': {str(max(1, len(views))): 0.5 for views in tried.views},
                'training_pictures': 1, 'held_out_pictures': 1, 'epochs_trained': epochs,
                'training_seconds': 1.0}

    monkeypatch.setattr(cell, 'run_cell', run_cell)
    monkeypatch.setattr('dualstream.pipeline.prepare', lambda *_: photos)
    for name, value in {'_DATASET': ['some/set'], '_DATA_DIR': None, '_MANUAL_DIR': None,
                        '_SEEDS': 2, '_EPOCHS': 1, '_QUICK': False,
                        '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(KeyboardInterrupt):
        command.main(['recipe'])
    command.main(['recipe'])
    assert len(ran) == 1 + 2 * len(RECIPES)  # the one that was cut off, twice
    assert len(set(ran)) == 2 * len(RECIPES)

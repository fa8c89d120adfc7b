"""The comparison of the streams: that costs are equal, folds are shared, and nothing runs twice."""

import dataclasses
import json
import types

import matplotlib.image
import numpy as np
import pytest

from dualstream.network import PRESETS, dual_stream
from experiments.streams import cell, photographs, tables, variants
from experiments.streams.variants import COSTS, VARIANTS, matched


@pytest.mark.parametrize('cost', COSTS)
@pytest.mark.parametrize('name', [
    'gray only',  # the quickest; each variant is built in some twenty widths
    *(pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS if name != 'gray only')])
def test_every_variant_costs_what_the_two_streams_cost(name, cost):
    ours, theirs = (COSTS[cost](dual_stream(matched(each, cost, (64, 64), 5)))
                    for each in ('two streams', name))
    assert theirs == pytest.approx(ours, rel=0.07)


def windows_of(count=24):
    rng = np.random.default_rng(0)
    return photographs.Windows(
        rng.integers(0, 256, (count, *photographs.IMAGE_SIZE, 3), np.uint8),
        np.arange(count) % 2, ['ill', 'well'], synthetic=True)


@pytest.mark.slow
def test_a_cell_scores_one_fold_in_every_light():
    config = dataclasses.replace(
        PRESETS['nano'], image_size=photographs.IMAGE_SIZE, classes=2, hue='raw')
    scores = cell.run_cell(windows_of(), config, seed=1, epochs=1)
    assert 0 <= scores['balanced_accuracy'] <= 1
    assert len(scores['changed_light']) == 9
    assert scores['parameters'] > 0 and scores['multiply_adds'] > 0


def cells_of(seeds):
    return [{'source': 'some/set', 'seed': seed, 'cost': cost, 'variant': variant, 'epochs': 2,
             'image_size': [128, 128], 'pictures': 24, 'classes': 2, 'synthetic': True,
             'parameters': 1000, 'multiply_adds': 2_000_000,
             'balanced_accuracy': 0.8 + 0.05 * seed - 0.1 * (variant == 'gray only'),
             'changed_light': {'darker': 0.7 + 0.05 * seed, 'noise': 0.5 + 0.05 * seed}}
            for seed in seeds for cost in COSTS for variant in ('two streams', 'gray only')]


def test_table_tells_mean_spread_and_the_difference_on_the_same_folds(tmp_path):
    tables.write(cells_of([0, 1, 2]), 'the command', tmp_path)
    said = (tmp_path / 'results.md').read_text()
    assert 'some/set (synthetic)' in said and 'over 3 seeds' in said
    assert ('| two streams | 1,000 | 2.0 M | 85.0% ± 5.0 | +0.0 ± 0.0 | 20.0 | 30.0 (noise) |'
            in said)
    assert '| gray only | 1,000 | 2.0 M | 75.0% ± 5.0 | -10.0 ± 0.0 |' in said
    assert len(json.loads((tmp_path / 'results.json').read_text())) == 12
    assert matplotlib.image.imread(tmp_path / 'some-set.png').std() > 0.01


def test_a_finished_cell_is_not_run_again(load, tmp_path, monkeypatch):
    command = load('experiments.streams.__main__')
    ran = []

    def run_cell(windows, config, seed, epochs):
        ran.append(config)
        if len(ran) == 5:
            raise KeyboardInterrupt
        return {'balanced_accuracy': 0.5, 'changed_light': {'noise': 0.4}, 'parameters': 1,
                'multiply_adds': 1}

    def costs_of(variant, cost, *_):  # one variant costs the same by both counts
        return variant if variant == 'no skips' else (variant, cost)

    monkeypatch.setattr(cell, 'run_cell', run_cell)
    monkeypatch.setattr(variants, 'matched', costs_of)
    monkeypatch.setattr(photographs, 'read_windows', lambda *_: windows_of())
    for name, value in {'_SOURCES': ['some/set'], '_DATA_DIR': None, '_SEEDS': 1, '_EPOCHS': 2,
                        '_QUICK': False, '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(KeyboardInterrupt):
        command.main(['streams'])
    command.main(['streams'])
    assert len(list((tmp_path / 'cells').iterdir())) == len(COSTS) * len(VARIANTS)
    assert len(set(ran)) == len(COSTS) * len(VARIANTS) - 1
    assert len(ran) == 1 + len(set(ran))  # the one that was cut off, twice

"""The comparison of the streams: that costs are equal, folds are shared, and nothing runs twice."""

import json
import types

import keras
import matplotlib.image
import numpy as np
import pytest

from dualstream.network import (
    Chroma,
    DualStreamConfig,
    Luminance,
    dual_stream,
    multiply_adds,
)
from experiments import step_speeds
from experiments.streams import cell, frames, tables
from experiments.streams.frames import IMAGE_SIZE
from experiments.streams.front_ends import LocalContrast, Opponents, adapt_locally, drop_color
from experiments.streams.variants import REFERENCE, VARIANTS, matched


@pytest.mark.parametrize('name', [
    'gray only',  # the quickest; each variant is built in some twenty widths
    *(pytest.param(name, marks=pytest.mark.slow) for name in VARIANTS if name != 'gray only')])
def test_every_variant_costs_what_the_reference_costs(name):
    ours, theirs = (multiply_adds(dual_stream(matched(each, (128, 128), 5)))
                    for each in (REFERENCE, name))
    assert theirs == pytest.approx(ours, rel=0.1)


def test_names_can_be_listed_in_a_flag_and_name_files():
    assert not [name for name in VARIANTS if {',', '/'} & set(name)]


def hashes_of(groups):
    """Hashes that are equal in a group, and of other groups differ in many bits."""
    return np.random.default_rng(0).integers(0, 2**63, (100, 4), np.uint64)[groups]


def some_frames(count=24):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, frames.SHORT_SIDE, 320, 3), np.uint8)
    return frames.Frames(
        pixels, np.arange(count) % 2, hashes_of(np.arange(count)), ['ill', 'well'], True)


def test_windows_are_parts_of_the_photographs_to_train_on():
    seen = some_frames()
    # Each photograph has one colour of its own, so a window tells where it is from.
    seen.pixels[...] = (10 * np.arange(24, dtype=np.uint8))[:, None, None, None]
    train, test = seen.split(0, 3)
    assert sorted([*train, *test]) == list(range(24))
    batches = frames.training_batches(seen, train, batch_size=4, steps=8, seed=1)
    images, labels = map(np.concatenate, zip(*batches.as_numpy_iterator()))
    colors = np.round(255 * images.reshape(32, -1)).astype(int)
    assert (colors.min(axis=1) == colors.max(axis=1)).all()
    places = colors[:, 0] // 10
    assert sorted(places[:16]) == sorted(train) and sorted(places[16:]) == sorted(train)
    assert np.array_equal(labels, seen.labels[places])


def test_the_same_seed_draws_the_same_windows_and_another_seed_others():
    seen = some_frames(8)
    one, same, other = (
        next(iter(frames.training_batches(
            seen, np.arange(8), batch_size=8, steps=1, seed=seed)))[0].numpy()
        for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_near_duplicates_share_a_fold():
    seen = some_frames()
    grouped = frames.Frames(
        seen.pixels, seen.labels, hashes_of(np.arange(24) // 4), seen.label_names, True)
    assert grouped.near_duplicates == 18
    for fold in range(3):
        train, test = grouped.split(fold, 3)
        assert not set(train // 4) & set(test // 4)


def test_views_are_the_middle_and_the_corners():
    seen = some_frames(2)
    shown = frames.views(seen, np.array([1]))
    assert shown.shape == (5, 1, *IMAGE_SIZE, 3)
    assert len({view.tobytes() for view in shown}) == 5


@pytest.mark.slow
def test_a_cell_scores_one_fold_in_every_light():
    scores = cell.run_cell(some_frames(48), 'gray only', fold=1, folds=3, epochs=1)
    for one in (scores['one_view'], scores['several_views'], *scores['changed_light'].values()):
        assert 0 <= one['accuracy'] <= 1 and 0 <= one['balanced_accuracy'] <= 1
    assert len(scores['changed_light']) == 9
    assert scores['parameters'] > 0 and scores['multiply_adds'] > 0


def scores_of(name, fold):
    right = 0.8 + 0.05 * fold - (0.1 + 0.01 * fold) * (name == 'gray only')
    scores = {'accuracy': right, 'balanced_accuracy': right}
    return {'several_views': scores, 'one_view': scores,
            'changed_light': {light: {key: value - drop for key, value in scores.items()}
                              for light, drop in (('darker', 0.1), ('noise', 0.3))},
            'training_accuracy': 1.0, 'parameters': 1000, 'multiply_adds': 2_000_000,
            'training_seconds': 12.0}


def test_table_tells_mean_spread_and_the_difference_on_the_same_folds(tmp_path):
    cells = [{'source': 'some-set', 'equal': equal, 'fold': fold, 'folds': 3, 'name': name,
              'epochs': 2, 'step_milliseconds': 3.0, 'pictures': 24, 'classes': 2,
              'near_duplicates': 1, 'synthetic': True, 'most_frequent': 0.6,
              **scores_of(name, fold)}
             for fold in range(3) for equal in tables.EQUAL for name in (REFERENCE, 'gray only')]
    tables.write(cells, 'the command', tmp_path)
    said = (tmp_path / 'results.md').read_text()
    assert 'some-set (synthetic)' in said and 'over 3 of 3 folds' in said
    assert 'scores 60.0% accuracy and 50% balanced accuracy' in said
    assert f'| {REFERENCE} | 1,000 | 2.0 M | 3.0 | 2 | 12 | 85.0% ± 5.0 |  |' in said
    # Differences of -10, -11 and -12: mean -11, standard error 0.577, widened by the root of
    # 1 + 3 / 2; t of 4.303.
    assert '| 74.0% ± 4.0 | -11.0 (-14.9 to -7.1) |' in said
    assert '20.0, 30.0 (noise)' in said
    assert len(json.loads((tmp_path / 'results.json').read_text())) == 12
    assert matplotlib.image.imread(tmp_path / 'some-set.png').std() > 0.01


def test_a_finished_cell_is_not_run_again(load, tmp_path, monkeypatch):
    command = load('experiments.streams.__main__')
    ran = []

    def run_cell(_, name, *, fold, folds, epochs):
        ran.append((name, fold, epochs))
        if len(ran) == 5:
            raise KeyboardInterrupt
        return scores_of(name, fold)

    monkeypatch.setattr(cell, 'run_cell', run_cell)
    monkeypatch.setattr(step_speeds, 'measure_steps', lambda builders, batch_size, workers: {
        name: 20.0 if name == 'gray only' else 10.0 for name in builders})
    monkeypatch.setattr(frames, 'read_frames', lambda _: some_frames())
    monkeypatch.setattr(cell, 'prepare', lambda *_: None)
    for name, value in {'_SOURCES': ['some/set'], '_DATA_DIR': None, '_MANUAL_DIR': None,
                        '_NETWORKS': [], '_EQUAL': ['multiply-adds', 'time'], '_FOLDS': 2,
                        '_EPOCHS': 4, '_WORKERS': 1, '_QUICK': False,
                        '_OUT': str(tmp_path)}.items():
        monkeypatch.setattr(command, name, types.SimpleNamespace(value=value))
    with pytest.raises(KeyboardInterrupt):
        command.main(['streams'])
    command.main(['streams'])
    # Networks as fast as the reference have one cell, whichever is equal. The one that takes twice
    # as long has another at equal time, of half the epochs.
    assert len(ran) == 1 + len(set(ran)) == 1 + 2 * (len(VARIANTS) + 1)
    assert {epochs for name, _, epochs in ran if name == 'gray only'} == {2, 4}
    assert {epochs for name, _, epochs in ran if name != 'gray only'} == {4}


def test_what_the_configuration_does_not_know_is_changed_and_nothing_else():
    plain = dual_stream(DualStreamConfig(image_size=(64, 64)))
    dropped, locally = drop_color(plain), adapt_locally(plain)
    images = np.random.default_rng(0).random((8, 64, 64, 3), np.float32)
    assert np.array_equal(plain(images), dropped(images))
    stem = keras.Model(dropped.input, dropped.get_layer('v1_parvo_stem').output)
    blank = (np.asarray(stem(images, training=True)) == 0).all(axis=(1, 2, 3))
    assert 0 < blank.sum() < len(images)
    assert not np.allclose(plain(images), locally(images))
    for one, other in zip(plain.weights, locally.weights, strict=True):
        assert np.array_equal(one, other)


def test_one_stream_can_see_what_the_two_see():
    images = np.random.default_rng(0).random((2, 16, 16, 3), np.float32)
    luminance, cosine, sine = np.moveaxis(np.asarray(Opponents()(images)), -1, 0)
    np.testing.assert_allclose(luminance, Luminance()(images)[..., 0], atol=1e-6)
    np.testing.assert_allclose(np.stack([cosine, sine], -1), Chroma()(images), atol=1e-6)


def test_contrast_does_not_see_the_strength_of_the_light():
    images = np.random.default_rng(0).random((1, 32, 32, 1), np.float32)
    seen, in_dim_light = (np.asarray(LocalContrast()(share * images)) for share in (1, 0.5))
    assert abs(seen).max() > 1 and np.allclose(seen.mean(), 0, atol=0.05)
    assert abs(seen - in_dim_light).max() < 0.25 * abs(seen).max()
    assert np.allclose(LocalContrast()(np.full((1, 32, 32, 1), 0.3, np.float32)), 0, atol=1e-4)

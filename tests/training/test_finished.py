"""A finished run is loaded whole, or refused in one line."""

import dataclasses
import json

import numpy as np
import pytest

from dualstream import network
from dualstream.evaluation.refusal import Refusal
from dualstream.runtime.errors import UserError
from dualstream.training.config import Recipe, TrainConfig
from dualstream.training.finished import load_run

CONFIG = TrainConfig(image_size=(64, 64), saccades=3, recipe=Recipe(ema=0.9), prior='uniform')
SUMMARY = {'config': dataclasses.asdict(CONFIG) | {'replicas': 2}, 'label_names': ['a', 'b', 'c']}


@pytest.fixture(scope='module')
def model():
    return network.build('nano', image_size=(64, 64), classes=3)


@pytest.fixture
def run(model, tmp_path):
    model.save(tmp_path / 'model.keras')
    (tmp_path / 'summary.json').write_text(json.dumps(SUMMARY))
    return tmp_path


@pytest.mark.parametrize('name', ['', 'model.keras'])
def test_a_run_is_loaded_by_its_folder_or_its_model(run, model, name):
    loaded = load_run(str(run / name))
    assert loaded.config == CONFIG and loaded.label_names == ('a', 'b', 'c')
    for weight, same in zip(loaded.network.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same)


def test_the_folder_of_its_data_sets_is_known_while_it_is_there(run, tmp_path):
    for folder, known in ((str(tmp_path), str(tmp_path)), (str(tmp_path / 'gone'), None)):
        summary = SUMMARY | {'dataset': {'data_dir': folder}}
        (run / 'summary.json').write_text(json.dumps(summary))
        assert load_run(str(run)).data_dir == known
    (run / 'summary.json').write_text(json.dumps(SUMMARY))
    assert load_run(str(run)).data_dir is None


def test_thresholds_of_refusal_are_missed_only_where_they_are_needed(run):
    older = load_run(str(run))
    with pytest.raises(UserError, match='older than refusal'):
        print(older.refusal)
    for thresholds, message in (({'min_coverage': 2, 'min_confidence': 0}, 'min_coverage'),
                                ({'min_coverage': 0}, 'min_confidence'), (None, 'mapping')):
        with pytest.raises(UserError, match=f'summary.json cannot be used.*{message}'):
            print(dataclasses.replace(older, summary={'refusal': thresholds}).refusal)
    stored = {'refusal': {'min_coverage': 0.25, 'min_confidence': 0.5}}
    assert dataclasses.replace(older, summary=stored).refusal == Refusal(0.25, 0.5)


@pytest.mark.parametrize('content', [
    '{', '[]', 'null', json.dumps(SUMMARY | {'config': {}}), json.dumps({'config': {}}),
    json.dumps(SUMMARY | {'config': SUMMARY['config'] | {'crop': 'no crop of ours'}})])
def test_a_foreign_summary_is_refused(run, content):
    (run / 'summary.json').write_text(content)
    with pytest.raises(UserError, match='summary.json is not the summary of a run'):
        load_run(str(run))


def test_what_is_missing_or_does_not_fit_is_named(run):
    (run / 'summary.json').write_text(json.dumps(SUMMARY | {'label_names': ['a', 'b']}))
    with pytest.raises(UserError, match='has 3 classes, and summary.json in its folder names 2'):
        load_run(str(run))
    (run / 'summary.json').unlink()
    with pytest.raises(UserError, match='has no summary.json'):
        load_run(str(run))
    (run / 'summary.json').write_text(json.dumps(SUMMARY))
    (run / 'model.keras').write_bytes((run / 'model.keras').read_bytes()[:100])
    with pytest.raises(UserError, match='model.keras is not a saved network of ours'):
        load_run(str(run))
    (run / 'model.keras').unlink()
    with pytest.raises(UserError, match='model.keras does not exist'):
        load_run(str(run))

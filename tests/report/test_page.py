"""The report of a run, and summaries of other programs in neighbouring folders."""

import json

import pytest

from dualstream.report.page import _comparable_runs


def summary(**changed):
    config = {'mask': 'tf', 'crop': 'array', 'look': 'auto', 'saccades': 16, 'epochs': 2,
              'recipe': {}} | changed
    return {'config': config, 'balanced_accuracy': 0.5, 'accuracy': 0.5, 'label_names': ['a'],
            'by_prior': {'data': {'accuracy': 0.5, 'balanced_accuracy': 0.5}},
            'cross_entropy': 0.7, 'temperature': 1.2,
            'refusal': {'min_coverage': 0.3, 'min_confidence': 0.4},
            'trivial': {'accuracy': 0.5, 'balanced_accuracy': 0.5},
            'views': ['window'], 'epochs': 2,
            'one_view_balanced_accuracy': 0.5, 'per_class_recall': {'a': 0.5},
            'images_per_second': 10.0, 'training_seconds': 1.0, 'parameters': 1,
            'dataset': {
                'name': 'leaves', 'synthetic': True, 'train': 1, 'validation': 1, 'test': 1},
            'made_by': {'device': 'CPU', 'machine': 'x', 'python': '3', 'tensorflow': '2',
                        'keras': '3', 'backend': 'tensorflow'}}


@pytest.mark.parametrize('foreign', [
    '{}', '[]', 'null', '{"config": 1}', '{"config": {}}', 'no JSON', '',
    json.dumps({'config': summary()['config']})])
def test_a_foreign_summary_is_skipped(tmp_path, foreign):
    for name in ('own', 'foreign', 'twin', 'longer'):
        (tmp_path / name).mkdir()
    (tmp_path / 'foreign' / 'summary.json').write_text(foreign)
    twin = summary(mask='none', crop='none')
    (tmp_path / 'twin' / 'summary.json').write_text(json.dumps(twin))
    (tmp_path / 'longer' / 'summary.json').write_text(json.dumps(summary(epochs=3)))
    assert _comparable_runs(tmp_path / 'own', summary()) == [twin]

"""The command dualstream.evaluate: what it writes about a real run, and what it refuses."""

import csv
import json
import re

import commands
import numpy as np
import pytest
import sklearn.metrics
from PIL import Image

CLASSES = ['cbb', 'cbsd', 'cgm', 'cmd', 'healthy']


@pytest.mark.slow
def test_evaluates_a_run_compares_it_and_finds_doubtful_labels(
        finished, photos, tmp_path):
    process = commands.run(
        'dualstream.evaluate', f'--model={finished}', f'--against={finished.parent / "none"}',
        '--label_issues', '--folds=2', f'--out={tmp_path}')
    assert process.returncode == 0, process.stderr
    results = json.loads((tmp_path / 'results.json').read_text())
    summary, other = (json.loads((folder / 'summary.json').read_text())
                      for folder in (finished, finished.parent / 'none'))
    for prior in ('data', 'uniform'):  # the scores are the training's, of both networks
        measures = results['by_prior'][prior]['measures']
        comparison = results['comparison'][prior]
        for name in ('accuracy', 'balanced_accuracy'):
            assert measures[name]['value'] == pytest.approx(summary['by_prior'][prior][name])
            assert comparison[name]['value'] == pytest.approx(
                summary['by_prior'][prior][name] - other['by_prior'][prior][name])
        assert len(results['by_prior'][prior]['lights']) == 9
    assert results['trivial']['accuracy'] == summary['trivial']['accuracy']
    assert results['photographs']['synthetic'] and results['photographs']['near_training'] == 0

    with (tmp_path / 'predictions.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['photograph'] for row in rows] == photos.names('test')
    labels, predicted = ([row[key] for row in rows] for key in ('label', 'predicted'))
    assert summary['accuracy'] == pytest.approx(sklearn.metrics.accuracy_score(labels, predicted))
    assert results['by_prior']['data']['measures']['macro_f1']['value'] == pytest.approx(
        sklearn.metrics.f1_score(labels, predicted, labels=sorted(set(labels)), average='macro',
                                 zero_division=0))
    assert sum(map(float, (rows[0][name] for name in CLASSES))) == pytest.approx(1, abs=1e-3)

    page = (tmp_path / 'index.html').read_text()
    shown = set(re.findall(r'<img src="([^"]+)"', page))
    assert {'confusion.png', 'reliability.png', 'risk.png', 'lights.png', 'mistakes.png'} <= shown
    for name in shown:
        with Image.open(tmp_path / name) as picture:
            assert np.asarray(picture.convert('L')).std() > 5, name
    assert 'Doubtful labels' in page and 'Doubtful labels' in (tmp_path / 'results.md').read_text()
    with (tmp_path / 'label_issues.csv').open() as file:
        doubtful = list(csv.DictReader(file))
    assert len(doubtful) == results['label_issues']['count']
    assert results['label_issues']['photographs'] == 60
    assert {path.name for path in (tmp_path / 'folds').iterdir()} == {
        'folds.json', 'fold-0.npy', 'fold-1.npy'}
    assert '2 trainings, in about' in process.stdout


@pytest.mark.slow
def test_a_user_s_mistake_is_one_line_and_a_status(finished, data_dir, tmp_path):
    other = tmp_path / 'other'
    other.mkdir()
    summary = json.loads((finished / 'summary.json').read_text())
    (other / 'model.keras').write_bytes((finished / 'model.keras').read_bytes())
    (other / 'summary.json').write_text(json.dumps(
        summary | {'label_names': ['a', 'b', 'c', 'd', 'e']}))
    for arguments, named in (
            ((f'--model={tmp_path}/none',), 'none'),
            ((f'--model={finished}', f'--against={other}'), 'other classes'),
            ((f'--model={other}',), 'does not know: cbb'),
            ((f'--model={finished}', '--folds=1'), 'folds'),
            ((f'--model={finished}', '--dataset=nowhere'), 'nowhere')):
        process = commands.run('dualstream.evaluate', f'--data_dir={data_dir}',
                               f'--out={tmp_path}/out', *arguments)
        assert process.returncode == 1
        last = process.stderr.strip().splitlines()[-1]
        assert last.startswith('error: ') and named in last
    assert not list((tmp_path / 'out').glob('*'))

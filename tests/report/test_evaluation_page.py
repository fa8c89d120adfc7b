"""The page of an evaluation: it says what was measured, in Markdown and in HTML alike."""

import html.parser
import json
import types

import matplotlib.figure
import numpy as np
import pytest

from dualstream.evaluation.measures import measure
from dualstream.evaluation.predictions import Predictions
from dualstream.evaluation.refusal import Refusal
from dualstream.report import evaluation_results, photograph_tables
from dualstream.report.document import Table, as_html, as_markdown
from dualstream.report.evaluation_page import evaluation_page, write_evaluation

CLASSES = ['cbb', 'c|<d', 'healthy']


def predictions_of(seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1, 1, 1], 40).astype(np.float32)
    labels = np.where(np.arange(40) % 4, probabilities.argmax(axis=1), np.arange(40) % 3)
    return Predictions(CLASSES, labels, probabilities)


@pytest.fixture(scope='module')
def results():
    run = types.SimpleNamespace(
        config=types.SimpleNamespace(prior='data'), label_names=tuple(CLASSES),
        summary={'temperature': 2.0}, refusal=Refusal(min_coverage=0.2, min_confidence=0.6))
    own = predictions_of(0)
    other = Predictions(CLASSES, own.labels, predictions_of(1).probabilities)
    priors, others = ({'data': each, 'uniform': each.with_uniform_prior([0.5, 0.3, 0.2])}
                      for each in (own, other))
    names = [f'leaf-{place}.jpg' for place in range(40)]
    mistakes = photograph_tables.worst_mistakes(own, 5)
    return {
        'model': 'runs/a', 'against': 'runs/b', 'command': 'python -m dualstream.evaluate',
        'photographs': {'name': 'some/set', 'split': 'test', 'synthetic': True, 'photographs': 40,
                        'groups': 39, 'trained_on': False, 'calibrated_on': True,
                        'near_training': 3},
        **evaluation_results.measure_run(
            run, priors, {'darker': others}, groups=np.r_[0, np.arange(39)], samples=20),
        'refusal': evaluation_results.measure_refusal(run, own),
        'comparison': evaluation_results.compare_runs(
            priors, others, np.arange(40), samples=20),
        'mistakes': photograph_tables.mistake_rows(mistakes, names, own),
        'label_issues': None, 'made_by': evaluation_results.versions()}


def test_results_are_json_and_the_temperature_is_multiplied_back(results):
    assert json.loads(json.dumps(results)) == results
    own = predictions_of(0)
    powers = own.probabilities.astype(float) ** 2  # logits times the temperature of 2
    before = measure(Predictions(CLASSES, own.labels, powers / powers.sum(axis=1, keepdims=True)))
    assert results['calibration_error_before']['value'] == pytest.approx(
        before['calibration_error'], abs=1e-6)
    assert results['by_prior']['data']['measures']['accuracy']['value'] == measure(own)['accuracy']
    assert np.sum(results['by_prior']['uniform']['confusion']) == 40


def test_refusal_counts_those_that_reach_the_threshold(results):
    own = predictions_of(0)
    confident = own.probabilities.max(axis=1) >= 0.6
    assert 0 < results['refusal']['answered'] == confident.mean() < 1
    right = own.probabilities.argmax(axis=1) == own.labels
    assert results['refusal']['right'] == right[confident].mean()


def test_both_pages_say_the_same(results):
    title, blocks = evaluation_page(results)
    markdown, page = as_markdown(title, blocks), as_html(title, blocks)
    seen = []
    parser = html.parser.HTMLParser()
    parser.handle_data = seen.append
    parser.feed(page)
    cells = [cell for block in blocks if isinstance(block, Table) for row in block.rows
             for cell in row]
    accuracy = results['by_prior']['data']['measures']['accuracy']
    assert f'{accuracy["value"]:.1%} ({100 * accuracy["low"]:.1f} to ' in ' '.join(cells)
    for text in [title, *cells, *(block for block in blocks if isinstance(block, str))]:
        assert not text or text in seen
        assert text.replace('|', '\\|') in markdown or text in markdown
    assert '40 synthetic photographs' in markdown and '39 groups' in markdown
    assert 'thresholds of refusal were chosen on these photographs' in markdown
    assert '3 of them are near-duplicates of photographs that the network was trained' in markdown


def test_mistakes_are_the_wrong_ones_the_most_confident_first(results):
    own = predictions_of(0)
    assert len(photograph_tables.worst_mistakes(own, 99)) == (
        own.probabilities.argmax(axis=1) != own.labels).sum()
    confidences = [each['of_predicted'] for each in results['mistakes']]
    assert confidences == sorted(confidences, reverse=True)
    assert all(each['label'] != each['predicted'] for each in results['mistakes'])


def test_all_files_are_written_and_an_older_page_is_replaced(results, tmp_path):
    (tmp_path / 'index.html').write_text('older')
    write_evaluation(results | {'mistakes': []}, {'confusion.png': matplotlib.figure.Figure()},
                     tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        'results.json', 'results.md', 'index.html', 'confusion.png'}
    assert 'There is none.' in (tmp_path / 'index.html').read_text()
    assert json.loads((tmp_path / 'results.json').read_text())['mistakes'] == []

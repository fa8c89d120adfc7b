"""The plans: what is kept of an earlier run, and what the page says."""

import json

import matplotlib.image
import pytest


@pytest.fixture(scope='module')
def plans(load):
    return load('experiments.plans')


def results_of():
    made_by = {'compiler': 'libtpu 1', 'precision': 'mixed_bfloat16', 'image_size': [224, 224]}
    rates = {'none': {'frame': 100.0}, 'tf-array': {'pixels': 50.0, 'glance': 80.0, 'grid': 200.0}}
    fits = {'preset': 'nano', 'batch_size': 32, 'tpu': 'v5e-8', 'chips': 8, 'fits': True,
            'memory_gb': 1.5, 'hbm_gb': 16.0, 'gflops': 5000.0, 'accessed_gb': 8.0,
            'compute_ms': 25.0, 'memory_ms': 10.0, 'step_ms': 25.0, 'bound_by': 'compute',
            'images_per_second': 10240.0}
    too_large = {**fits, **dict.fromkeys(
        ('gflops', 'accessed_gb', 'compute_ms', 'memory_ms', 'step_ms', 'bound_by',
         'images_per_second')), 'preset': 'base', 'fits': False}
    return {'made_by': made_by, 'plans': {'nano 32 v5e-8': fits, 'base 32 v5e-8': too_large},
            'host': {'photographs': '24 photographs', 'cores': 2, 'rates': rates}}


def test_page_says_how_many_cores(plans, tmp_path):
    results = results_of()
    plans._write(results, tmp_path)
    page = (tmp_path / 'results.md').read_text()
    assert ('| `nano` | v5e-8 | 32 | 1.50 of 16 | 5,000 | 8.00 | 25.00 | compute | 10,240 | '
            '103 | 205 | 128 | 52 |') in page
    assert '| `base` | v5e-8 | 32 | does not fit |' in page
    assert page.index('`nano` |') < page.index('`base` |')
    assert 'nothing was run on a TPU' in page
    assert matplotlib.image.imread(tmp_path / 'plan.png').std() > 0.01


def test_what_was_made_by_the_same_means_is_kept(plans, tmp_path):
    path, results = tmp_path / 'results.json', results_of()
    assert plans._kept(path, results['made_by'])['plans'] == {}
    path.write_text(json.dumps(results))
    assert plans._kept(path, results['made_by']) == results
    assert plans._kept(path, {**results['made_by'], 'compiler': 'libtpu 2'})['plans'] == {}

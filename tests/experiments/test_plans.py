"""The plans: what is kept of an earlier run, and what the page says."""

import dataclasses
import json

import matplotlib.image
import pytest


@pytest.fixture(scope='module')
def plans(load):
    return load('experiments.plans')


def plan_of(plans, preset, batch_size=128, *, images_per_second=10_240.0, accessed_gb=8.0,
            **asked):
    """A plan as results.json has it, that fits."""
    asked = plans.Asked(preset, 'v5litepod-8', batch_size, **asked)
    return asked.name, {
        **dataclasses.asdict(asked), 'compile_cpu_seconds': 40.0, 'fits': True,
        'memory_gb': 1.5, 'hbm_gb': 16.0, 'gflops': 5000.0, 'accessed_gb': accessed_gb,
        'compute_ms': 25.0, 'memory_ms': 10.0, 'step_ms': 25.0, 'bound_by': 'compute',
        'images_per_second': images_per_second}


def results_of(plans):
    made_by = {'compiler': 'libtpu 1', 'precision': 'mixed_bfloat16', 'image_size': [224, 224]}
    rates = {'none': {'frame': 100.0}, 'tf-array': {'pixels': 50.0, 'glance': 80.0, 'grid': 200.0}}
    name, too_large = plan_of(plans, 'base')
    too_large |= dict.fromkeys(('gflops', 'accessed_gb', 'compute_ms', 'memory_ms', 'step_ms',
                                'bound_by', 'images_per_second')) | {'fits': False}
    made = dict([
        plan_of(plans, 'nano', images_per_second=100_000.0), (name, too_large),
        plan_of(plans, 'small', images_per_second=500_000.0),
        plan_of(plans, 'nano', pixels='float32', accessed_gb=8.4),
        plan_of(plans, 'nano', 32, images_per_second=30_000.0),
        plan_of(plans, 'nano', 64, images_per_second=55_000.0),
        plan_of(plans, 'nano', 256, images_per_second=110_000.0),
        plan_of(plans, 'nano', effort='full', accessed_gb=10.0)])
    return {'made_by': made_by, 'plans': made,
            'host': {'photographs': '24 photographs', 'photo_bytes': 1e5, 'cores': 2,
                     'rates': rates}}


def test_page_says_what_binds(plans, tmp_path):
    plans._write(results_of(plans), tmp_path)
    page = (tmp_path / 'results.md').read_text()
    # A v5e host's links carry 8 x 15 GB/s, its network 25 GB/s; an image has 150,528 bytes, and
    # 224 vCPUs make 200 images/s each.
    assert ('| `nano` | v5litepod-8 | 128 | 1.50 of 16 | 5,000 | 8.00 | 25.00 | compute | 100,000 '
            '| 797,194 | 166,082 | 44,800 | 44,800 (vCPUs) | 100,000 (chips) |') in page
    assert '| 44,800 (vCPUs) | 166,082 (network) |' in page
    assert '| `base` | v5litepod-8 | 128 | does not fit |' in page
    assert page.index('`nano` |') < page.index('`base` |')
    assert page.count('| `nano` |') == 1, 'other batches, types and efforts have their own tables'
    assert 'nothing was run on a TPU' in page
    assert matplotlib.image.imread(tmp_path / 'plan.png').std() > 0.01


def test_page_compares_batches_types_and_efforts(plans):
    page = plans._page(results_of(plans))
    assert 'From **128 images** a chip on' in page  # 91% of the 110,000 that 256 reach
    assert '| 32 | 8.00 | 250.0 | 25.00 | 30,000 | 27% |' in page
    assert '| images of float32; least effort | 5000.00 | 8.400 | 105.0% |' in page
    assert 'full effort | 5000.00 | 10.000 | 125.0% |' in page


@pytest.mark.parametrize('speeds, batch', [([10, 20, 40], 64), ([36, 39, 40], 16), ([9], 16)])
def test_a_chip_is_well_used_from_the_first_batch_near_the_best(plans, speeds, batch):
    some = [{'batch_size': 16 * 2**index, 'images_per_second': speed}
            for index, speed in enumerate(speeds)]
    assert plans._well_used(some) == batch


def test_what_was_made_by_the_same_means_is_kept(plans, tmp_path):
    path, results = tmp_path / 'results.json', results_of(plans)
    assert plans._kept(path, results['made_by'])['plans'] == {}
    path.write_text(json.dumps(results))
    assert plans._kept(path, results['made_by']) == results
    assert plans._kept(path, {**results['made_by'], 'compiler': 'libtpu 2'})['plans'] == {}

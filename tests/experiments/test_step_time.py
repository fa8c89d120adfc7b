"""The step times: what is timed, and what the page says of it."""

import json
import time

import matplotlib.image
import numpy as np
import pytest

from dualstream.network import multiply_adds


@pytest.fixture(scope='module')
def step_time(load):
    return load('experiments.step_time')


def results_of():
    def row(speed, share):
        return {'parameters': 4_000_000, 'multiply_adds': 300_000_000,
                'training_images_per_second': [speed, 2 * speed],
                'inference_images_per_second': [3 * speed, 3 * speed],
                'training_share_of_peak': share, 'inference_share_of_peak': share,
                'peak_memory_mb': 1000.0}

    return {'batch_size': 16, 'image_size': [224, 224], 'repeats': 2,
            'made_by': {'device': ['CPU:0'], 'machine': 'x', 'cores': 2, 'tensorflow': '2',
                        'keras': '3'},
            'matrix_product_flops': [1e11, 3e11],
            'models': {'small': row(40, 0.5), 'EfficientNetB0': row(10, 0.1)}}


def test_page_tells_ratios_and_shares(step_time, tmp_path):
    results = results_of()
    page = step_time._page(results)
    assert '| `small` | 4.00 M | 300 M | 60.0 | 4.00 | 50% | 120.0 | 4.00 | 50% | 1,000 |' in page
    assert '200 GFLOP/s' in page
    step_time._write(results, page, tmp_path)
    assert json.loads((tmp_path / 'results.json').read_text()) == results
    assert matplotlib.image.imread(tmp_path / 'speed.png').std() > 0.01


def test_a_product_is_timed(step_time, monkeypatch):
    monkeypatch.setattr(step_time, 'MATRIX', 64)
    run = step_time._product_run()
    begun = time.perf_counter()
    flops = run(None)
    assert flops >= 2 * 64**3 / (time.perf_counter() - begun)


def test_networks_of_ours_are_made(step_time):
    nano, deep = (step_time.make_model(name) for name in ('nano', 'nano, deep HSV'))
    assert nano.output_shape == deep.output_shape == (None, step_time.CLASSES)
    assert multiply_adds(nano) < multiply_adds(deep)


def test_other_networks_have_as_many_classes(step_time):
    model = step_time.make_model('MobileNetV3Small')
    assert model.output_shape == (None, step_time.CLASSES)
    probabilities = model(np.zeros([1, *step_time.IMAGE_SIZE, 3], np.float32))
    assert float(np.sum(probabilities)) == pytest.approx(1, abs=1e-4)

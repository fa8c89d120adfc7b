"""The experiment on exports, on one photograph."""

import re

import pytest

from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg


@pytest.mark.slow
def test_windows_are_compared_and_both_networks_are_timed(load, monkeypatch):
    experiment = load('experiments.exports')
    monkeypatch.setattr(experiment, '_ROUNDS', type('Flag', (), {'value': 2}))
    monkeypatch.setattr(experiment, 'IMAGES', 1)
    monkeypatch.setattr(experiment, 'IMAGE_SIZE', (64, 64))
    windows = experiment.compare_windows(
        [encode_jpeg(draw_leaf_photo(3, 0, 0, height=160, width=200))])
    assert windows['every pixel'] == windows['leaf grid'] and windows['photographs'] == 1
    assert windows['leaf grid']['coverage'] >= windows['a glance']['coverage']
    page = experiment.in_words({
        'windows': {'some': windows}, 'folding': {'nano': experiment.time_folding('nano', 64)}})
    assert '| every pixel | 100.0% |' in page
    assert re.search(r'\| nano \| [\d.]+ \| [\d.]+ \| [\d.]+ \([\d.]+ to [\d.]+\) \|', page)

"""The experiment on the speed of prediction, on a few photographs."""

import re

import numpy as np
import pytest

import dualstream
from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg
from dualstream.evaluation.refusal import Refusal
from dualstream.prediction.run_backend import RunBackend


@pytest.mark.slow
def test_each_way_goes_through_all_photographs(load, small_network, tmp_path, monkeypatch):
    experiment = load('experiments.predicting')
    paths = [str(tmp_path / f'{number}.jpg') for number in range(3)]
    for number, path in enumerate(paths):
        with open(path, 'wb') as file:
            file.write(encode_jpeg(draw_leaf_photo(3, 0, number, height=160, width=200)))
    predictor = dualstream.Predictor(RunBackend(
        small_network((64, 64)), dualstream.Routine((64, 64), look='pixels'), tuple('abcde'),
        Refusal(0.0, 0.0)))
    ways = experiment.ways(predictor, paths)
    rates = {name: [experiment.rate_of(run, 3)(0) for _ in range(2)] for name, run in ways.items()}
    assert all(np.isfinite(each).all() and min(each) > 0 for each in rates.values())
    assert [each.name for each in ways['predicting, `Predictor.stream`']()] == paths
    page = experiment.in_words({'photographs': 3, 'rounds': 2, 'rates': rates}, 'the command')
    assert re.search(r'\| reading and decoding \| [\d,]+ \| 1\.00 \(1\.00 to 1\.00\) \|', page)

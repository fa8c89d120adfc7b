"""The comparison with torchstain: without it, with one that cannot run, and its tables."""

import sys

import numpy as np
import pytest
from slides import OTHER_SCANNER, draw_concentrations, stain

from dualstream.runtime.errors import UserError
from experiments.stain_tools import measure, tables
from experiments.stain_tools.torchstain_process import Torchstain

SLIDE, REFERENCE = stain(draw_concentrations(64)), stain(draw_concentrations(64, 1), OTHER_SCANNER)


def test_a_python_without_torchstain_is_named(tmp_path):
    with pytest.raises(UserError, match='cannot run torchstain: .*torchstain'):
        Torchstain(sys.executable, tmp_path)
    with pytest.raises(UserError, match='does not start'):
        Torchstain(str(tmp_path / 'python'), tmp_path)


@pytest.mark.slow
def test_without_torchstain_the_page_says_that_nothing_is_compared(tmp_path):
    results = {**measure.agreement(SLIDE, REFERENCE, None),
               'speed': measure.speed(SLIDE, REFERENCE, None, sizes=(32,), rounds=1),
               'versions': measure.versions(None)}
    tables.write(results, 'python -m experiments.stain_tools', tmp_path, SLIDE, REFERENCE)
    page = (tmp_path / 'results.md').read_text()
    assert 'absent: its rows are missing' in page and '| 32 | macenko, one by one |' in page
    assert (tmp_path / 'slides.png').stat().st_size > 10_000


def test_tables_have_medians_and_ratios_of_rounds():
    speed = {'224': {'macenko, one by one': [30.0, 40.0, 90.0],
                     'torchstain, tensorflow': [10.0, 10.0, 45.0]}}
    levels = {'mean': 0.4, 'percentile_99': 1.0, 'most': 1}
    page = tables.whole_page({
        'changed': levels, 'differences': {'numpy': levels}, 'speed': speed,
        'versions': {'here': {'tensorflow': '2', 'keras': '3'}, 'cores': 2, 'machine': 'x86_64',
                     'torchstain': {'torchstain': '1.4.1'}}}, 'command')
    assert '| 224 | macenko, one by one | 40.0 (30.0 to 90.0) | 3.0 |' in page
    assert '| torchstain, numpy | 0.40 | 1 | 1 |' in page


def test_levels_are_counted_as_whole_numbers():
    dark, light = np.uint8([[[250, 0, 3]]]), np.uint8([[[5, 0, 4]]])
    assert measure._levels(dark, light) == {
        'mean': pytest.approx(82), 'percentile_99': pytest.approx(240.1, abs=0.2), 'most': 245}

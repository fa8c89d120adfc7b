"""The experiment's measure, on channels drawn for the occasion (synthetic)."""

import itertools
import pathlib

import numpy as np
import pytest

REAL = sorted((pathlib.Path(__file__).parents[2] / 'data/microscopy').glob('cp_human_d*.tif'))
"""Three measured channels: CellProfiler's example images of human cells (CC0)."""


@pytest.fixture(scope='module')
def unmixing(command):
    return command('experiments.unmixing')


@pytest.fixture(scope='module')
def channels():
    rows, columns = np.mgrid[:48, :64]
    return np.stack([120 + 80 * np.sin(rows / 5), 120 + 80 * np.cos(columns / 6)],
                    axis=-1).astype(np.uint8)


def test_least_squares_gives_back_what_nothing_spoiled(unmixing, channels):
    error = unmixing.measure(channels, ['magenta', 'green'])['error']
    assert error['least squares'] == 0 < error['hue masks'] < error['all black']


def test_compression_and_clipping_cost_what_the_clipped_pixels_hold(unmixing, channels):
    assert unmixing.measure(channels, ['red', 'green'], jpeg=50)['error']['least squares'] > 0
    clipped = unmixing.measure(channels, ['red', 'green'], gain=2)
    assert 0 < clipped['clipped'] < 1
    assert clipped['error']['least squares'] > 5 and clipped['error'][unmixing.UNCLIPPED] == 0


def test_overlap_is_what_hue_masks_cannot_tell_apart(unmixing, channels):
    apart, mixed = (unmixing.measure(channels, ['red', 'green'], overlap=share)['error']
                    for share in (0, 0.9))
    assert mixed['least squares'] == 0 and mixed['hue masks'] > apart['hue masks']


@pytest.mark.skipif(len(REAL) != 3, reason='data/microscopy does not hold the three channels')
def test_measured_channels_come_back(unmixing):
    from dualstream.slides.reading import open_slide

    channels = []
    for path in REAL:
        with open_slide(path) as slide:
            channels.append(slide.read_rows(0, slide.shape[0])[..., 0])
    for pair in itertools.combinations(channels, 2):
        two = np.stack(pair, axis=-1)
        plain = unmixing.measure(two, unmixing.PALETTES['magenta, green'])['error']
        jpeg = unmixing.measure(two, unmixing.PALETTES['magenta, green'], jpeg=90)['error']
        assert plain[unmixing.UNCLIPPED] < 0.5 and plain['hue masks'] > 5
        assert plain[unmixing.UNCLIPPED] < jpeg['least squares'] < jpeg['hue masks']

"""The figures say and draw what the crops do."""

import math

import matplotlib.figure
import numpy as np
import pytest
import tensorflow as tf

from dualstream.color import HsvRange, tf_color_mask
from dualstream.crop import array_crop, candidate_windows, coverage, loop_crop, max_rand_crop
from dualstream.datasets.cassava_crop.demo import draw_leaf_photo
from dualstream.figures.contact_sheet import contact_sheet, make_print
from dualstream.figures.routine_figure import CHOSEN, routine_figure
from dualstream.figures.windows import view

TARGET = (96, 80)


@pytest.fixture(scope='module')
def photo():
    return draw_leaf_photo(1, 3, 5, height=200, width=260)


@pytest.fixture(scope='module')
def mask(photo):
    return tf_color_mask(photo).numpy()


@pytest.mark.parametrize('crop', ['loop', 'array', 'random'])
def test_a_view_holds_the_windows_of_its_crop(mask, crop):
    seen = view(mask, TARGET, crop, saccades=7, seed=3)
    chosen = {'loop': lambda: loop_crop(mask, TARGET), 'array': lambda: array_crop(mask, TARGET),
              'random': lambda: max_rand_crop(mask, TARGET, [3, 0], saccades=7)}[crop]()
    np.testing.assert_array_equal(seen.chosen, chosen)
    every = candidate_windows(tf.constant(mask.shape), TARGET, 8).numpy()
    if crop == 'random':
        assert len(seen.considered) == 7
        assert {*map(tuple, seen.considered)} <= {*map(tuple, every)}
    else:
        np.testing.assert_array_equal(seen.considered, every)
    assert tuple(seen.chosen) in {*map(tuple, seen.considered)}
    np.testing.assert_allclose(
        seen.coverages, [coverage(mask, window) for window in seen.considered], atol=1e-6)
    assert seen.coverage == pytest.approx(seen.coverages.max(), abs=1e-6)


@pytest.mark.parametrize('zoom, scale', [(1.5, 1.5), (math.inf, 200 / 96), ((1.0, 1.4), None)])
def test_a_view_at_a_zoom_holds_larger_windows(mask, zoom, scale):
    for crop in ('array', 'random'):
        seen = view(mask, TARGET, crop, saccades=7, seed=3, zoom=zoom)
        assert tuple(seen.chosen) in {*map(tuple, seen.considered)}
        sizes = np.unique(seen.considered[:, 2:], axis=0)
        assert len(sizes) == 1
        if scale:
            assert np.abs(sizes[0] - scale * np.array(TARGET)).max() <= 1
        else:
            assert np.all(sizes[0] >= TARGET) and sizes[0, 0] <= 1.4 * TARGET[0] + 1


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_the_figure_tells_each_routines_coverage(photo, mask):
    figure = routine_figure(photo, target_size=TARGET, saccades=5, seed=1, title='a leaf')
    assert isinstance(figure, matplotlib.figure.Figure)
    said = titles(figure)
    windows = [array_crop(mask, TARGET)] * 2 + [max_rand_crop(mask, TARGET, [1, 0], saccades=5)]
    expected = [mask.mean(), *(float(coverage(mask, window)) for window in windows)]
    assert said[-4:] == [f'{share:.1%} leaf' for share in expected]
    for name in ('none', 'cv-loop', 'tf-loop', 'cv-array', 'tf-array', 'cv-random', 'tf-random'):
        assert sum(name in title for title in said) == 1
    for axes in figure.axes[-4:]:
        assert axes.images[0].get_array().shape == (*TARGET, 3)


def test_the_figure_draws_the_chosen_windows(photo, mask):
    figure = routine_figure(photo, target_size=TARGET, zoom=1.5)
    assert figure.axes[-1].images[0].get_array().shape == (*TARGET, 3)
    y, x, height, width = array_crop(mask, TARGET, zoom=1.5).numpy()
    for axes in figure.axes[4:6]:  # loop and array
        bold = [patch for patch in axes.patches
                if matplotlib.colors.to_hex(patch.get_edgecolor()) == CHOSEN]
        assert len(bold) == 1
        assert bold[0].get_bbox().bounds == (x - 0.5, y - 0.5, width, height)


@pytest.mark.parametrize('size', [(1, 1), (5, 300), (97, 81)])
def test_photographs_of_any_size_can_be_drawn(size):
    photo = np.full([*size, 3], (40, 120, 30), np.uint8)
    figure = routine_figure(photo, target_size=TARGET)
    assert titles(figure)[-3:] == ['100.0% leaf'] * 3


def test_a_photograph_without_leaf_can_be_drawn(photo):
    figure = routine_figure(photo, HsvRange(hue=(290, 295), saturation=(0.99, 1)))
    assert titles(figure)[-4:] == ['0.0% leaf'] * 4


@pytest.mark.parametrize('arguments, named', [
    ({'target_size': (0, 8)}, 'target_size'), ({'saccades': 0}, 'saccades')])
def test_bad_arguments_are_refused_by_name(photo, arguments, named):
    with pytest.raises(ValueError, match=named):
        routine_figure(photo, **arguments)


def test_the_contact_sheet_tells_frame_and_window(photo, mask):
    prints = [make_print('leaf.jpg', photo, target_size=TARGET)] * 9
    figure = contact_sheet(prints, 'leaves')
    best = float(coverage(mask, array_crop(mask, TARGET)))
    assert titles(figure)[:9] == [f'leaf.jpg\n{mask.mean():.1%} to {best:.1%}'] * 9
    assert titles(figure)[9:] == [''] * 7

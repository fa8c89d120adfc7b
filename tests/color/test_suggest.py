"""Suggested thresholds: they follow the leaves to other hues, and say so where there are none."""

import matplotlib.colors
import numpy as np
import pytest

from dualstream.color import LEAF, HsvRange, tf_color_mask
from dualstream.color.suggest import PLANT_HUES, share_inside, suggest_range
from dualstream.datasets.cassava_crop.demo import RED_SOIL, draw_leaf_photo


@pytest.fixture(scope='module')
def demo_pixels():
    """The colours of 24 synthetic photographs: uint8 (n, 3)."""
    return np.concatenate([
        draw_leaf_photo(index % 5, 1, index, height=300, width=400)[::3, ::3].reshape(-1, 3)
        for index in range(24)])


def turned(pixels, degrees):
    """The pixels with every hue shifted, as a wrong white balance does roughly."""
    hsv = matplotlib.colors.rgb_to_hsv(pixels / 255)
    hsv[:, 0] = (hsv[:, 0] + degrees / 360) % 1
    return np.round(255 * matplotlib.colors.hsv_to_rgb(hsv)).astype(np.uint8)


def test_on_photographs_in_ordinary_light_it_is_near_the_default(demo_pixels):
    suggestion = suggest_range(demo_pixels)
    leaf, found = (tf_color_mask(demo_pixels, hsv_range).numpy()
                   for hsv_range in (LEAF, suggestion.hsv_range))
    assert PLANT_HUES[0] < suggestion.mode < PLANT_HUES[1]
    assert (leaf & found).sum() > 0.9 * (leaf | found).sum()


@pytest.mark.parametrize('degrees', [-20, 25])
def test_it_moves_with_the_light(demo_pixels, degrees):
    straight, moved = (suggest_range(pixels)
                       for pixels in (demo_pixels, turned(demo_pixels, degrees)))
    assert moved.mode - straight.mode == pytest.approx(degrees, abs=6)
    for was, now in zip(straight.hsv_range.hue, moved.hsv_range.hue):
        assert now - was == pytest.approx(degrees, abs=12)


def test_in_cool_light_it_covers_more_of_the_leaf_than_the_default(demo_pixels):
    leaf = tf_color_mask(demo_pixels, LEAF).numpy()
    cool = np.clip(demo_pixels * (0.7, 1, 1.6), 0, 255).astype(np.uint8)  # von Kries's gains
    found = suggest_range(cool).hsv_range
    assert share_inside(cool[leaf], found) > share_inside(cool[leaf], LEAF) + 0.05
    assert share_inside(cool[leaf], found) > 0.9
    assert share_inside(cool[~leaf], found) < 0.05


def test_it_is_always_a_valid_range_or_none():
    rng = np.random.default_rng(2)
    for _ in range(40):
        middle, spread = rng.uniform(0, 255, 3), rng.uniform(1, 120, 3)
        pixels = np.clip(rng.normal(middle, spread, (2000, 3)), 0, 255).astype(np.uint8)
        suggestion = suggest_range(pixels)
        assert suggestion.hsv_range is None or isinstance(suggestion.hsv_range, HsvRange)
        assert (suggestion.hsv_range is None) == (suggestion.mode is None)
        assert suggestion.hues.sum() in (pytest.approx(1), 0)


def test_it_finds_the_hill_where_it_was_planted():
    rng = np.random.default_rng(3)
    leaf = np.stack([rng.normal(110, 8, 6000), rng.normal(60, 8, 6000), rng.normal(50, 8, 6000)], 1)
    soil = np.stack([rng.normal(25, 5, 9000), rng.normal(60, 8, 9000), rng.normal(50, 8, 9000)], 1)
    hsv = np.clip(np.concatenate([leaf, soil]) / (360, 100, 100), 0, 1)
    pixels = np.round(255 * matplotlib.colors.hsv_to_rgb(hsv)).astype(np.uint8)
    suggestion = suggest_range(pixels)
    lo, hi = suggestion.hsv_range.hue
    assert suggestion.mode == pytest.approx(110, abs=3)
    assert 65 < lo < 100 and 120 < hi < 155
    assert 0.2 < suggestion.hsv_range.saturation[0] < 0.5
    assert 0.1 < suggestion.hsv_range.value[0] < 0.45
    assert share_inside(pixels, suggestion.hsv_range) == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize('pixels', [
    np.full([500, 3], 128, np.uint8),
    np.zeros([500, 3], np.uint8),
    np.random.default_rng(4).integers(0, 256, (20000, 3)).astype(np.uint8),
    np.random.default_rng(4).normal(RED_SOIL[1], 6, (20000, 3)).astype(np.uint8),
], ids=['gray', 'black', 'every colour', 'soil'])
def test_without_leaves_it_suggests_nothing(pixels):
    assert suggest_range(pixels).hsv_range is None


@pytest.mark.parametrize('pixels', [
    np.zeros([0, 3], np.uint8), np.zeros([4, 4, 3], np.uint8), np.zeros([4, 4], np.uint8),
    np.zeros([4, 3], np.float32)])
def test_it_refuses_what_are_no_pixels(pixels):
    with pytest.raises(ValueError, match='pixels must be uint8'):
        suggest_range(pixels)

"""The wheel highlights exactly the colours that the mask covers."""

import matplotlib.figure
import numpy as np
import pytest

from dualstream.color import LEAF, HsvRange, LchRange, lab_to_lch, rgb_to_lab, tf_color_mask
from dualstream.figures.hue_wheel import FADED, hue_wheel_figure, in_words, wheel_image

RANGES = [LEAF, HsvRange(hue=(340, 20)), HsvRange((200, 260), (0.3, 0.6), (0.2, 0.7)),
          HsvRange(hue=(0, 360), saturation=(0, 1)), HsvRange(value=(0.33, 0.33))]

LCH_RANGES = [LchRange(hue=(100, 160)), LchRange((340, 55), (20, 60), (30, 70)),
              LchRange((0, 360), (0, 200))]


@pytest.mark.parametrize('hsv_range', RANGES + LCH_RANGES, ids=in_words)
def test_the_wheel_highlights_what_the_mask_covers(hsv_range):
    wheel = wheel_image(hsv_range, 301)
    on_wheel = wheel[..., 3] > 0
    covered = tf_color_mask(wheel[..., :3], hsv_range).numpy()
    np.testing.assert_array_equal(wheel[..., 3] == 1, covered & on_wheel)
    np.testing.assert_array_equal(wheel[..., 3][on_wheel & ~covered], np.float32(FADED))


@pytest.mark.parametrize('hsv_range', RANGES, ids=in_words)
def test_hue_goes_around_and_saturation_outward(hsv_range):
    wheel = wheel_image(hsv_range, 301)
    y, x = (place / 150 - 1 for place in np.mgrid[0:301, 0:301])
    hue, saturation = np.degrees(np.arctan2(-y, x)) % 360, np.hypot(x, y)
    lo, hi = hsv_range.hue
    s_lo, s_hi = hsv_range.saturation

    def inside(slack):  # of the outline: in degrees and in shares
        above, below = hue >= lo - slack, hue <= hi + slack
        return ((above | below if hsv_range.wraps else above & below)
                & (saturation >= s_lo - slack / 100) & (saturation <= s_hi + slack / 100))

    highlighted, on_wheel = wheel[..., 3] == 1, saturation < 1
    assert highlighted[inside(-1) & on_wheel].all()
    assert not highlighted[~inside(1)].any()


def test_the_figure_says_the_thresholds():
    figure = hue_wheel_figure(HsvRange(hue=(340, 20), value=(0.2, 0.8)))
    assert isinstance(figure, matplotlib.figure.Figure)
    assert figure.get_suptitle() == (
        'hue 340° to 20° through red, saturation from 0.20, value 0.20 to 0.80')


@pytest.mark.parametrize('lch_range', LCH_RANGES, ids=in_words)
def test_in_lch_hue_goes_around_and_chroma_outward_at_the_middle_lightness(lch_range):
    wheel = wheel_image(lch_range, 301)
    y, x = (place / 150 - 1 for place in np.mgrid[0:301, 0:301])
    lightness, chroma, hue = np.moveaxis(np.asarray(lab_to_lch(rgb_to_lab(wheel[..., :3]))), -1, 0)
    on_wheel = wheel[..., 3] > 0
    assert 0.1 < on_wheel.mean() < 0.8  # sRGB ends before the rim
    np.testing.assert_allclose(lightness[on_wheel], np.mean(lch_range.lightness), atol=0.02)
    np.testing.assert_allclose(chroma[on_wheel], 134 * np.hypot(x, y)[on_wheel], atol=0.05)
    apart = np.abs((hue - np.degrees(np.arctan2(-y, x)) + 180) % 360 - 180)
    assert apart[on_wheel & (chroma > 5)].max() < 0.5
    assert isinstance(hue_wheel_figure(lch_range), matplotlib.figure.Figure)


def test_thresholds_of_lch_in_words():
    assert in_words(LchRange((340, 20.5), (10, 60))) == (
        'CIE LCh: hue 340° to 20.5° through 0°, chroma 10 to 60, lightness from 0')

"""Channels merged and recreated: known answers, properties, and what bad input gives."""

import io

import keras
import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf
from PIL import Image

from dualstream import MergeChannels, UnmixChannels, hue_channels, merge, unmix
from dualstream.color.fluorochromes.merging import MODES
from dualstream.color.fluorochromes.palettes import LOOKUP_COLORS, PALETTES, lookup_colors

PAIRS = np.stack(np.meshgrid(*2 * [np.arange(256, dtype=np.uint8)]), axis=-1)
"""All pairs of two 8-bit channels: uint8 (256, 256, 2)."""


def arrays(recreated):
    return [np.asarray(part) for part in recreated]


@pytest.mark.parametrize('colors', [('red', 'green'), ('magenta', 'green'), ('cyan', 'yellow'),
                                    ('okabe_blue', 'okabe_yellow')])
def test_all_pairs_of_8_bit_channels_come_back_where_nothing_clipped(colors):
    channels, clipped, error = arrays(unmix(merge(PAIRS, colors), colors))
    smallest = np.linalg.svd(lookup_colors(colors), compute_uv=False).min()
    # Rounding moves each of three numbers by half a level, and the answer is rounded again.
    bound = np.sqrt(3) / 2 / smallest + 0.5
    assert np.abs(channels.astype(int) - PAIRS)[~clipped].max() <= bound
    assert clipped.dtype == bool and 0 < clipped.sum() < clipped.size
    assert error[~clipped].max() <= 0.5 / 255 + 1e-4  # the picture's own rounding


@pytest.mark.parametrize('palette', PALETTES)
def test_unmix_is_scipys_non_negative_least_squares(palette):
    table = lookup_colors(palette)
    pixels = np.random.default_rng(0).random((1, 1000, 3)).astype(np.float32)
    channels, _, error = arrays(unmix(pixels, palette))
    solved = [scipy.optimize.nnls(table.T, pixel) for pixel in pixels[0].astype(float)]
    reachable = np.array([solution.max() <= 1 for solution, _ in solved])
    assert reachable.mean() > 0.5
    for place in np.flatnonzero(reachable):
        solution, distance = solved[place]
        np.testing.assert_allclose(channels[0, place], solution, atol=2e-6)
        np.testing.assert_allclose(error[0, place], distance / np.sqrt(3), atol=2e-6)


@pytest.mark.parametrize('palette', PALETTES)
def test_a_channel_fades_without_a_jump(palette):
    """Across the bounds between bright and dark, neighbours differ by what rounding makes."""
    table = lookup_colors(palette)
    path = np.linspace(table[0] - table[1] / 4, table[0] + table[2] / 4, 20_000).clip(0, 1)
    channels, _, _ = arrays(unmix(path[None].astype(np.float32), palette))
    step = np.abs(np.diff(path, axis=0)).max()
    assert np.abs(np.diff(channels[0], axis=0)).max() < 5 * step


def test_clipping_is_found_and_makes_the_answer_a_lower_bound():
    channels = np.float32([[[0.9, 0.8], [0.4, 0.3]]])
    recreated, clipped, _ = arrays(unmix(merge(channels, ['magenta', 'cyan']), ['magenta', 'cyan']))
    assert clipped.tolist() == [[True, False]]  # blue is 1.7 in the first
    assert recreated[0, 0].sum() < channels[0, 0].sum()
    np.testing.assert_allclose(recreated[0, 1], channels[0, 1], atol=1e-6)


def test_the_error_is_large_where_a_colour_is_not_of_the_palette():
    _, _, error = arrays(unmix(np.uint8([[[0, 0, 200], [200, 90, 0]]]), ['red', 'green']))
    np.testing.assert_allclose(error, [[200 / 255 / np.sqrt(3), 0]], atol=1e-6)


@pytest.mark.parametrize('mode', MODES)
def test_merges_are_what_their_formulas_say(mode):
    a, b = PAIRS[..., 0] / 255, PAIRS[..., 1] / 255
    picture = np.asarray(merge((PAIRS / 255).astype(np.float32), ['yellow', 'cyan'], mode=mode))
    overlap = {'additive': np.minimum(a + b, 1), 'max': np.maximum(a, b),
               'screen': 1 - (1 - a) * (1 - b)}[mode]
    np.testing.assert_allclose(picture, np.stack([a, overlap, b], axis=-1), atol=1e-6)


@pytest.mark.parametrize('mode', MODES)
def test_the_order_of_the_channels_does_not_matter(mode):
    one = merge(PAIRS, ['magenta', 'orange'], mode=mode)
    other = merge(PAIRS[..., ::-1], ['orange', 'magenta'], mode=mode)
    np.testing.assert_array_equal(one, other)


def test_rgb_is_the_planes_themselves():
    planes = np.random.default_rng(1).integers(0, 256, (2, 8, 9, 3), np.uint8)
    np.testing.assert_array_equal(merge(planes), planes)
    np.testing.assert_array_equal(unmix(planes).channels, planes)


@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float16', 'float32', 'float64'])
@pytest.mark.parametrize('shape', [(4, 5), (1, 1), (2, 4, 5)])
def test_shape_and_dtype_stay(dtype, shape):
    top = {'uint8': 255, 'uint16': 65535}.get(dtype, 1)
    channels = (top * np.random.default_rng(2).random((*shape, 2))).astype(dtype)
    picture = merge(channels, 'mgc')
    recreated, clipped, error = arrays(unmix(picture, ['magenta', 'green']))
    by_hue = hue_channels(picture, ['magenta', 'green'])
    assert np.asarray(picture).shape == (*shape, 3) and recreated.shape == (*shape, 2)
    assert clipped.shape == error.shape == shape and error.dtype == np.float32
    assert np.asarray(picture).dtype == recreated.dtype == by_hue.numpy().dtype == dtype
    step = 1 if top > 1 else 2e-3 if dtype == 'float16' else 1e-6
    np.testing.assert_allclose(recreated, channels, atol=step, rtol=0)


def test_a_batch_is_its_pictures():
    batch = np.random.default_rng(3).integers(0, 256, (3, 6, 7, 3), np.uint8)
    whole = unmix(batch, 'mgc')
    for number, picture in enumerate(batch):
        for part, alone in zip(arrays(whole), arrays(unmix(picture, 'mgc'))):
            np.testing.assert_allclose(part[number], alone, atol=1e-7)


def test_unmix_compiles_and_both_have_finite_gradients():
    colors = ['magenta', 'green']
    special = tf.constant([[[0.0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [0, 0, 1], [1, 0, 0.25]]])

    with tf.GradientTape() as tape:
        tape.watch(special)
        recreated = unmix(special, colors)
        again = merge(recreated.channels, colors, mode='screen')
        loss = tf.reduce_sum(again) + tf.reduce_sum(recreated.channels ** 2) + tf.reduce_sum(
            recreated.error)
    gradient = tape.gradient(loss, special)
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0

    compiled = tf.function(lambda picture: unmix(picture, colors), jit_compile=True)(special)
    for part, eager in zip(arrays(compiled), arrays(recreated)):
        np.testing.assert_allclose(part, eager, atol=1e-6)


def test_a_pixel_gives_its_light_to_the_nearest_hue():
    """Every 8-bit hue circle step: red owns up to 60 degrees, green up to 180, blue up to 300."""
    turns = np.arange(360)
    circle = (255 * np.array(tf.image.hsv_to_rgb(
        np.stack([turns / 360, np.ones(360), np.ones(360)], -1).astype(np.float32)))).round()
    picture = circle.astype(np.uint8)[None]
    hues = 360 * tf.image.rgb_to_hsv(picture[0] / np.float32(255)).numpy()[:, 0]
    channels = hue_channels(picture, 'rgb').numpy()[0]
    assert (np.count_nonzero(channels, axis=-1) == 1).all()
    far = np.abs((hues + 60) % 120 - 60) < 59  # not at a bound between two
    nearest = np.round(hues / 120).astype(int) % 3
    np.testing.assert_array_equal(channels.argmax(-1)[far], nearest[far])


def test_hue_masks_lose_the_dimmer_of_two_and_least_squares_does_not():
    channels = np.uint8([[[200, 120], [0, 90], [80, 0]]])
    picture = merge(channels, ['red', 'green'])
    by_hue = hue_channels(picture, ['red', 'green'])
    assert by_hue.numpy().tolist() == [[[200, 0], [0, 90], [80, 0]]]
    np.testing.assert_array_equal(unmix(picture, ['red', 'green']).channels, channels)


def test_after_jpeg_the_answer_is_near_but_not_the_same():
    rows, columns = np.mgrid[:64, :64]
    channels = np.stack([128 + 100 * np.sin(rows / 9), 128 + 100 * np.cos(columns / 7)],
                        axis=-1).astype(np.uint8)
    sink = io.BytesIO()
    Image.fromarray(np.asarray(merge(channels, ['red', 'green']))).save(sink, 'JPEG', quality=90)
    recreated, _, error = arrays(unmix(np.asarray(Image.open(sink)), ['red', 'green']))
    difference = np.abs(recreated.astype(int) - channels)
    assert 0 < difference.mean() < 5 and error.max() > 0


def test_layers_are_the_functions_and_come_back_from_a_file(tmp_path):
    channels = np.random.default_rng(4).random((2, 8, 8, 2)).astype(np.float32) / 2
    there = keras.Input((8, 8, 2))
    picture = MergeChannels(['magenta', 'green'], mode='screen', dtype='mixed_bfloat16')(there)
    model = keras.Model(there, [picture, UnmixChannels(['magenta', '#00ff00'])(picture)])
    model.save(tmp_path / 'blend.keras')
    loaded = keras.saving.load_model(tmp_path / 'blend.keras')
    merged, recreated = loaded(channels)
    np.testing.assert_allclose(merged, merge(channels, 'mgc', mode='screen'), atol=1e-6)
    np.testing.assert_allclose(recreated, unmix(merged, ['magenta', 'green']).channels,
                               atol=1e-6)
    assert merged.dtype == recreated.dtype == 'float32'


def test_white_black_gray_nan_and_numbers_out_of_range_have_documented_results():
    nan = np.nan
    picture = np.float32([[[1, 1, 1], [0, 0, 0], [0.5, 0.5, 0.5], [nan, 0, 0], [-1, 2, 0]]])
    recreated, clipped, error = arrays(unmix(picture, ['red', 'green']))
    np.testing.assert_allclose(recreated[0], [[1, 1], [0, 0], [0.5, 0.5], [0, 0], [0, 1]])
    assert clipped[0].tolist() == [True, False, False, False, True]
    assert np.isnan(error[0, 3]) and np.isfinite(np.delete(error[0], 3)).all()
    by_hue = hue_channels(picture, ['red', 'green']).numpy()
    np.testing.assert_array_equal(by_hue[0], [[0, 0], [0, 0], [0, 0], [0, 0], [0, 1]])
    merged = np.asarray(merge(np.float32([[[2, -1], [nan, 0]]]), ['red', 'green']))
    np.testing.assert_array_equal(merged[0, 0], [1, 0, 0])
    assert np.isnan(merged[0, 1, 0])


@pytest.mark.parametrize('call, said', [
    (lambda: unmix(np.zeros((4, 4, 4), np.uint8)), r'picture must be \(..., H, W, 3\)'),
    (lambda: unmix(np.zeros((4, 4), np.uint8)), r'picture must be \(..., H, W, 3\)'),
    (lambda: unmix(np.zeros((4, 4, 3), np.int32)), 'uint8, uint16, or floating'),
    (lambda: hue_channels(np.zeros((4, 4, 1), np.uint8)), r'picture must be \(..., H, W, 3\)'),
    (lambda: unmix(np.zeros((4, 4, 3), np.uint8), ['red', 'green', 'blue', 'gray']), 'at most 3'),
    (lambda: unmix(np.zeros((4, 4, 3), np.uint8), ['red', 'green', 'yellow']), 'cannot be told'),
    (lambda: unmix(np.zeros((4, 4, 3), np.uint8), ['red', '#fe0000']), 'cannot be told apart'),
    (lambda: merge(np.zeros((4, 4, 2), np.uint8), ['red']), 'one per channel, 2; got 1'),
    (lambda: merge(np.zeros((4, 4, 4), np.uint8), 'rgb'), 'one per channel, 4; got 3'),
    (lambda: merge(np.zeros((4, 4, 2), bool), 'rgb'), 'channels must be uint8'),
    (lambda: merge(np.zeros((4, 4, 2), np.uint8), 'rgb', mode='sum'), 'mode must be one of'),
    (lambda: MergeChannels(mode='sum'), 'mode must be one of'),
    (lambda: hue_channels(np.zeros((4, 4, 3), np.uint8), ['gray', 'red']), 'none of them gray'),
    (lambda: hue_channels(np.zeros((4, 4, 3), np.uint8), ['red', '#800000']), 'the same hue'),
    (lambda: lookup_colors('rainbow'), 'must be one of rgb'),
    (lambda: lookup_colors(['reddish']), '#rrggbb'),
    (lambda: lookup_colors(['#000000']), 'not all 0'),
    (lambda: lookup_colors([(0, 0, 2)]), r'in \[0, 1\]'),
    (lambda: lookup_colors([]), 'at least 1'),
])
def test_bad_input_is_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()


DEUTERANOPIA = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                         [-0.011820, 0.042940, 0.968881]])
PROTANOPIA = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                       [-0.003882, -0.048116, 1.051998]])
"""Linear sRGB as people without M or L cones see it: Machado, Oliveira and Fernandes 2009 (IEEE
Transactions on Visualization and Computer Graphics 15:1291), severity 1."""


def test_palettes_are_told_apart_without_m_or_l_cones():
    import skimage.color

    def least_distance(names):
        linear = np.array([LOOKUP_COLORS[name] for name in names])
        linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
        labs = [skimage.color.xyz2lab(np.clip(linear @ seen.T, 0, 1)
                                      @ skimage.color.colorconv.xyz_from_rgb.T)
                for seen in (DEUTERANOPIA, PROTANOPIA)]
        return min(skimage.color.deltaE_ciede2000(lab[one], lab[other])
                   for lab in labs for one in range(len(names)) for other in range(one))

    red_green = least_distance(('red', 'green'))
    assert least_distance(PALETTES['mgc'][:2]) > 3 * red_green
    assert least_distance(PALETTES['okabe_ito'][:2]) > 3 * red_green
    assert least_distance(PALETTES['okabe_ito']) > 1.4 * red_green

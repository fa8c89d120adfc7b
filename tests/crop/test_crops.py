"""Windows and crops: what holds for any mask, frame, target and stride."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstream.crop import (
    array_crop,
    candidate_windows,
    center_window,
    coverage,
    leaf_grid,
    loop_crop,
    max_rand_crop,
    window_size,
)
from dualstream.crop.zoom import middle_zoom, random_zoom


@st.composite
def scenes(draw):
    """A mask, a target and a stride; frames smaller than the target included."""
    size = st.integers(1, 50)
    height, width = draw(size), draw(size)
    density = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    mask = rng.random((height, width)) < density
    return mask, (draw(size), draw(size)), draw(st.integers(1, 12))


ZOOMS = st.sampled_from([0.4, 1.0, 1.5, 2.0, 3.7, math.inf])


def size_by_numpy(frame, target, zoom):
    """Zoom times the target where that fits, else the largest of its proportions."""
    (height, width), (h, w) = frame, target
    fits = [height, height * w // h] if height * w <= width * h else [width * h // w, width]
    return np.maximum(np.minimum(np.round(np.multiply(zoom, target)), fits), 1).astype(int).tolist()


def leafiest_by_numpy(leafiness, target, stride, zoom=1.0):
    """The definition, in other words: (covered, -distance from the middle, raster order)."""
    height, width = leafiness.shape
    h, w = size_by_numpy((height, width), target, zoom)

    def offsets(free):
        return sorted({*range(0, free, stride), free})

    best = max(
        (leafiness[y:y + h, x:x + w].sum(),
         -((2 * y + h - height)**2 + (2 * x + w - width)**2), -y, -x)
        for y in offsets(height - h) for x in offsets(width - w))
    return [-best[2], -best[3], h, w]


@settings(max_examples=20)
@given(scene=scenes(), zoom=ZOOMS)
def test_loop_array_and_definition_choose_the_same_window(scene, zoom):
    mask, target, stride = scene
    expected = leafiest_by_numpy(mask.astype(int), target, stride, zoom)
    assert loop_crop(mask, target, stride=stride, zoom=zoom).numpy().tolist() == expected
    assert array_crop(mask, target, stride=stride, zoom=zoom).numpy().tolist() == expected


@settings(max_examples=25)
@given(scene=scenes(), block=st.integers(2, 9), zoom=ZOOMS)
def test_loop_and_array_choose_the_same_window_from_a_grid(scene, block, zoom):
    mask, target, stride = scene
    grid, size = leaf_grid(mask, block), mask.shape
    one, other = (crop(grid, target, size, block=block, stride=stride, zoom=zoom)
                  for crop in (loop_crop, array_crop))
    np.testing.assert_array_equal(one, other)


@settings(max_examples=30)
@given(scene=scenes(), seed=st.integers(0, 2**31 - 1), zoom=ZOOMS)
def test_crops_are_windows_of_the_frame(scene, seed, zoom):
    mask, target, stride = scene
    frame = tf.constant(mask.shape)
    considered = {tuple(window)
                  for window in candidate_windows(frame, target, stride, zoom=zoom).numpy()}
    for window in (array_crop(mask, target, stride=stride, zoom=zoom),
                   max_rand_crop(mask, target, [seed, 0], saccades=3, stride=stride, zoom=zoom)):
        y, x, height, width = window.numpy()
        assert tuple(window.numpy()) in considered
        assert 0 <= y and y + height <= mask.shape[0] and height >= 1
        assert 0 <= x and x + width <= mask.shape[1] and width >= 1
        assert [height, width] == size_by_numpy(mask.shape, target, zoom)


@settings(max_examples=25)
@given(frame=st.tuples(*2 * [st.integers(1, 3000)]), target=st.tuples(*2 * [st.integers(1, 400)]),
       low=st.floats(0.2, 5), times=st.floats(1.1, math.inf), seed=st.integers(0, 2**31 - 1))
def test_a_drawn_zoom_is_in_its_range_and_its_window_in_the_frame(frame, target, low, times, seed):
    bounds = (low, low * times)
    drawn = float(random_zoom(bounds, frame, target, seed=[seed, 0]))
    middle = float(middle_zoom(bounds, frame, target))
    largest = min(np.divide(frame, target))
    bottom, top = (min(each, largest) for each in bounds)
    for zoom in (drawn, middle):
        assert bottom * (1 - 1e-9) <= zoom <= top * (1 + 1e-9)
        assert np.all(window_size(frame, target, zoom) <= frame)
    assert middle == pytest.approx((bottom * top)**0.5)


def test_drawn_zooms_are_uniform_in_their_logarithm():
    drawn = [float(random_zoom((1, 16), (2000, 1800), (100, 100), seed=[seed, 0]))
             for seed in range(200)]
    assert drawn[3] == float(random_zoom((1, 16), (2000, 1800), (100, 100), seed=[3, 0]))
    halves = np.histogram(drawn, [1, 2, 4, 8, 16])[0]
    assert halves.sum() == 200 and halves.min() > 30  # 50 expected, with a deviation of 6
    # What does not fit is not drawn, instead of being cut down to the largest.
    small = [float(random_zoom((1, 16), (400, 900), (100, 100), seed=[seed, 0]))
             for seed in range(200)]
    assert np.histogram(small, [1, 2, 4])[0].min() > 70


@settings(max_examples=40)
@given(scene=scenes())
def test_windows_reach_every_edge(scene):
    mask, target, stride = scene
    windows = candidate_windows(tf.constant(mask.shape), target, stride).numpy()
    assert windows[:, :2].min(axis=0).tolist() == [0, 0]
    assert (windows[:, :2] + windows[:, 2:]).max(axis=0).tolist() == list(mask.shape)
    assert len({tuple(window) for window in windows}) == len(windows)


@pytest.mark.parametrize('frame, target, window', [
    ((600, 800), (224, 224), (224, 224)),
    ((600, 800), (600, 800), (600, 800)),
    ((300, 400), (600, 600), (300, 300)),  # the target's proportions, as large as fits
    ((100, 400), (200, 400), (100, 200)),
    ((1, 1), (224, 224), (1, 1)),
    ((299, 299), (300, 300), (299, 299)),
])
def test_window_has_the_targets_proportions(frame, target, window):
    assert window_size(tf.constant(frame), target).numpy().tolist() == list(window)


def test_without_a_leaf_the_middle_is_chosen():
    for mask in (np.zeros([601, 803], bool), np.ones([601, 803], bool)):
        y, x, *_ = array_crop(mask, (224, 224)).numpy()
        middle_y, middle_x, *_ = center_window(tf.constant(mask.shape), (224, 224)).numpy()
        assert abs(y - middle_y) <= 4 and abs(x - middle_x) <= 4  # half a stride


def test_saccades_reach_the_leafiest_window():
    rng = np.random.default_rng(3)
    mask = rng.random((96, 128)) < 0.3
    frame = tf.constant(mask.shape)
    windows = len(candidate_windows(frame, (32, 32), 8))
    best = array_crop(mask, (32, 32)).numpy().tolist()
    assert max_rand_crop(mask, (32, 32), [1, 2], saccades=30 * windows).numpy().tolist() == best


def test_more_saccades_cover_more():
    rng = np.random.default_rng(4)
    mask = np.zeros([96, 128], bool)
    mask[20:60, 70:120] = rng.random((40, 50)) < 0.9
    means = [np.mean([coverage(mask, max_rand_crop(mask, (32, 32), [seed, 0], saccades=saccades))
                      for seed in range(60)]) for saccades in (1, 4, 16)]
    assert means[0] + 0.05 < means[1] and means[1] + 0.05 < means[2]


def test_same_seed_same_window_in_and_out_of_a_graph():
    mask = np.random.default_rng(5).random((96, 128)) < 0.5

    @tf.function
    def in_graph(seed):
        return max_rand_crop(mask, (32, 32), seed, saccades=4)

    windows = {seed: max_rand_crop(mask, (32, 32), [seed, 7], saccades=4).numpy().tolist()
               for seed in range(8)}
    assert len({tuple(window) for window in windows.values()}) > 1
    for seed, window in windows.items():
        assert in_graph(tf.constant([seed, 7])).numpy().tolist() == window


@settings(max_examples=40)
@given(scene=scenes(), block=st.integers(1, 9))
def test_grid_counts_each_blocks_pixels(scene, block):
    mask, _, _ = scene
    grid = leaf_grid(mask, block).numpy()
    height, width = mask.shape
    assert grid.shape == (-(-height // block), -(-width // block))
    for (row, column), cell in np.ndenumerate(grid):
        pixels = mask[row * block:(row + 1) * block, column * block:(column + 1) * block]
        assert abs(int(cell) - 255 * pixels.mean()) <= 0.5


@settings(max_examples=40)
@given(scene=scenes(), block=st.integers(2, 9))
def test_coverage_is_exact_of_a_mask_and_close_of_a_grid_on_whole_blocks(scene, block):
    mask, _, _ = scene
    y, x, height, width = window = [0, 0, *mask.shape]
    exact = coverage(mask, tf.constant(window))
    assert float(exact) == pytest.approx(mask[y:y + height, x:x + width].mean(), abs=1e-6)
    from_grid = coverage(leaf_grid(mask, block), tf.constant(window), mask.shape, block=block)
    assert float(from_grid) == pytest.approx(float(exact), abs=1 / 510 + 1e-6)


def test_large_windows_are_counted_exactly():
    # Two windows of 77 million that differ by one: float32 cannot tell them apart.
    leafiness = np.full([640, 640], 255, np.uint8)
    leafiness[320, 0] = 254
    unknown = tf.constant(8.0, tf.float64)  # to a graph
    for target, zoom in (((480, 632), 1.0), ((60, 79), 8.0), ((60, 79), unknown)):
        window = array_crop(leafiness, target, leafiness.shape, zoom=zoom).numpy().tolist()
        assert window == leafiest_by_numpy(leafiness.astype(int), (480, 632), 8)
        assert window[1] == 8  # both are equally near the middle, and x = 0 comes first


def test_matrix_products_take_numbers_that_eight_bits_hold():
    """So a TPU, which multiplies in bfloat16 and adds in float32, finds the same window."""
    # Counts up to 1200 * 255 in each column of a band of rows.
    leafiness = np.random.default_rng(6).integers(0, 256, (160, 170)).astype(np.float32)

    @tf.function
    def crop():
        return array_crop(leafiness, (1200, 600), (1280, 1360), block=8)

    graph = crop.get_concrete_function().graph
    products = [op for op in graph.get_operations() if 'MatMul' in op.type]
    with tf.compat.v1.Session(graph=graph) as session:
        factors = session.run([list(op.inputs) for op in products])
    assert len(products) == 2
    for factor in (factor for pair in factors for factor in pair):
        np.testing.assert_array_equal(factor, tf.cast(tf.cast(factor, tf.bfloat16), tf.float32))


@pytest.mark.parametrize('crop, named', [
    (lambda mask: array_crop(mask, (0, 8)), 'target_size'),
    (lambda mask: loop_crop(mask, (8, -1)), 'target_size'),
    (lambda mask: array_crop(mask, (8, 8), stride=0), 'stride'),
    (lambda mask: array_crop(mask, (8, 8), zoom=0.0), 'zoom'),
    (lambda mask: array_crop(mask, (8, 8), block=0), 'block'),
    (lambda mask: array_crop(mask, (8, 8), block=8), 'frame_size'),
    (lambda mask: max_rand_crop(mask, (8, 8), [0, 0], saccades=0), 'saccades'),
])
def test_errors_name_the_argument(crop, named):
    with pytest.raises(ValueError, match=named):
        crop(np.zeros([16, 16], bool))

"""The synthetic photographs are reproducible, imbalanced like Kaggle's, and off the centre."""

import colorsys
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from dualstream.datasets.cassava_crop import demo, demo_leaf

LABELS = range(5)
SEED = 11


@pytest.fixture(scope='module')
def photos():
    """Four pictures of each class: uint8 (20, 600, 800, 3)."""
    return np.stack([demo.draw_leaf_photo(index % 5, SEED, index) for index in range(20)])


def plant_mask(pixels):
    """Hue in [35, 170] degrees, saturation >= 0.2, value >= 0.12, without dualstream.color."""
    hue, saturation, value = np.moveaxis(
        np.asarray(Image.fromarray(pixels).convert('HSV')).astype(float), -1, 0)
    hue = hue * 360 / 255
    return (hue >= 35) & (hue <= 170) & (saturation >= 0.2 * 255) & (value >= 0.12 * 255)


def window_coverages(mask, step=8):
    """Coverage of every 224x224 window on a stride of `step`, (rows, columns)."""
    sums = np.pad(mask.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[224:, 224:] - sums[:-224, 224:] - sums[224:, :-224] + sums[:-224, :-224]
    return inside[::step, ::step] / 224 ** 2


def test_shape_and_type(photos):
    assert photos.shape == (20, 600, 800, 3)
    assert photos.dtype == np.uint8
    small = demo.draw_leaf_photo(3, SEED, 0, height=480, width=500)
    assert small.shape == (480, 500, 3)


def test_same_arguments_give_the_same_bytes_in_threads_too(photos):
    def jpeg(index):
        return demo.encode_jpeg(demo.draw_leaf_photo(index % 5, SEED, index))

    with ThreadPoolExecutor(4) as pool:
        in_threads = list(pool.map(jpeg, range(10)))
    assert in_threads == [demo.encode_jpeg(pixels) for pixels in photos[:10]]


def test_global_random_state_is_neither_read_nor_changed(photos):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    again = demo.draw_leaf_photo(0, SEED, 0)
    np.testing.assert_array_equal(again, photos[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize('label, seed, index', [(0, SEED, 5), (0, SEED + 1, 0), (1, SEED, 0)])
def test_each_argument_matters(photos, label, seed, index):
    assert (demo.draw_leaf_photo(label, seed, index) != photos[0]).any()


def test_only_marks_depend_on_the_class(photos):
    """Blight and health share the scene, so they differ on the leaf and nowhere else."""
    healthy = demo.draw_leaf_photo(4, SEED, 0)
    differs = (healthy != photos[0]).any(axis=-1)
    leaf = np.asarray(Image.fromarray(plant_mask(healthy)).convert('L').resize((200, 150)))
    near_leaf = np.asarray(Image.fromarray(leaf).resize((800, 600), Image.Resampling.BOX)) > 0
    assert differs.any()
    assert (differs & near_leaf).sum() > 0.9 * differs.sum()


@pytest.mark.parametrize('pictures, expected', [
    (21397, (1087, 2189, 2386, 13158, 2577)),
    (1600, (81, 164, 178, 984, 193)),
    (7, (0, 1, 1, 4, 1)),
    (0, (0, 0, 0, 0, 0)),
])
def test_label_counts_are_kaggles_by_largest_remainder(pictures, expected):
    labels = demo.demo_labels(pictures, SEED)
    np.testing.assert_array_equal(np.bincount(labels, minlength=5), expected)


def test_labels_are_shuffled_by_the_seed():
    labels = demo.demo_labels(300, SEED)
    np.testing.assert_array_equal(labels, demo.demo_labels(300, SEED))
    assert (labels != demo.demo_labels(300, SEED + 1)).any()
    assert len(set(labels[:60])) == 5


def test_the_leafiest_window_lies_on_the_leaf_and_the_middle_one_does_not(photos):
    coverages = [window_coverages(plant_mask(pixels)) for pixels in photos]
    leafiest = np.array([coverage.max() for coverage in coverages])
    middle = np.array([coverage[188 // 8, 288 // 8] for coverage in coverages])
    assert (leafiest > 0.5).mean() >= 0.9
    assert leafiest.mean() > middle.mean() + 0.3


@pytest.mark.parametrize('colours', [
    demo.BROWN_SOIL, demo.RED_SOIL, demo.CONCRETE, demo.STRAW, demo.SKY])
def test_grounds_lie_outside_of_the_plant_mask(colours):
    for colour in colours:
        hue, saturation, _ = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
        assert not 35 <= 360 * hue <= 170 or saturation < 0.2


def test_the_mean_colour_of_a_leaf_does_not_depend_on_its_class():
    green = (70, 130, 50)
    for label in LABELS:
        blade, opacity = demo_leaf.draw_leaf(
            label, 170, green, scene=np.random.default_rng(1), marks=np.random.default_rng(2))
        mean = np.asarray(blade)[np.asarray(opacity) > 127].mean(axis=0)
        np.testing.assert_allclose(mean, green, atol=6)


def test_jpeg_decodes_to_the_same_size_and_nearly_the_same_pixels(photos):
    data = demo.encode_jpeg(photos[0])
    assert 40_000 < len(data) < 180_000
    with Image.open(io.BytesIO(data)) as decoded:
        assert (decoded.format, decoded.mode, decoded.size) == ('JPEG', 'RGB', (800, 600))
        error = np.asarray(decoded).astype(float) - photos[0]
    assert np.abs(error).mean() < 8

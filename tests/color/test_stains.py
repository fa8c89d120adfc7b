"""Stains: known answers on drawn slides, other implementations of each step, and bad input."""

import dataclasses
import functools
import pathlib

import keras
import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf
from keras import ops
from slides import OTHER_SCANNER, degrees_between, draw_concentrations, stain

from dualstream.color import StainNormalizer, Validity, estimate_stains
from dualstream.color.conventions import QUPATH, TORCHSTAIN
from dualstream.color.stains.eigenvectors import principal_axes
from dualstream.color.stains.estimate import ESTIMATORS
from dualstream.color.stains.normalizer import METHODS
from dualstream.color.stains.percentiles import percentiles
from dualstream.color.stains.pixels import Pixels
from dualstream.color.stains.restain import concentrations_of
from dualstream.color.stains.unmixing import mix, separate, separate_sparsely

AMOUNTS = draw_concentrations(64)
SLIDE, REFERENCE = stain(AMOUNTS), stain(draw_concentrations(64, seed=1), OTHER_SCANNER)


@functools.cache
def adapted(method, **options):
    """A normaliser that learnt the reference."""
    normalizer = StainNormalizer(method, **options)
    normalizer.adapt(REFERENCE)
    return normalizer


@functools.cache
def graph_of(method):
    """The normaliser as a graph: op by op, Vahadane's turns take long."""
    return tf.function(adapted(method).normalize)


@functools.cache
def estimate(method):
    return tf.function(functools.partial(estimate_stains, method=method))


@pytest.mark.parametrize('method', ESTIMATORS)
def test_known_stains_are_found_within_a_degree_haematoxylin_first(method):
    stains, validity = estimate(method)(SLIDE)
    assert Validity(int(validity)) == Validity.OK
    assert degrees_between(stains).max() < 1


@pytest.mark.parametrize('method', ESTIMATORS)
def test_known_concentrations_are_found_within_a_hundredth(method):
    pixels = Pixels.of(SLIDE, TORCHSTAIN)
    stains, _ = estimate(method)(SLIDE)
    found = np.stack(concentrations_of(pixels, stains, method), axis=-1)
    assert found.mean((0, 1)) == pytest.approx(AMOUNTS.mean((0, 1)), rel=0.01)
    assert np.percentile(found, 99, (0, 1)) == pytest.approx(
        np.percentile(AMOUNTS, 99, (0, 1)), rel=0.01)


@pytest.mark.parametrize('method', ESTIMATORS)
def test_the_order_of_the_pixels_does_not_matter(method):
    mixed = np.random.default_rng(2).permutation(SLIDE.reshape(-1, 3)).reshape(SLIDE.shape)
    np.testing.assert_allclose(estimate(method)(mixed)[0], estimate(method)(SLIDE)[0], atol=1e-5)


SLOWLY = [pytest.param(method, marks=() if method == 'macenko' else pytest.mark.slow)
          for method in METHODS]


@pytest.mark.parametrize('method, compiled', [
    ('macenko', True), ('reinhard', False), *(
        pytest.param(*other, marks=pytest.mark.slow) for other in (
            ('macenko', False), ('reinhard', True), ('vahadane', True), ('vahadane', False)))])
def test_a_picture_in_a_batch_comes_out_as_alone(method, compiled):
    white = np.full_like(SLIDE, 255)
    normalize = tf.function(adapted(method).normalize, jit_compile=compiled)
    batch, validity = normalize(np.stack([white, SLIDE, REFERENCE]))
    assert validity.numpy().tolist() == [Validity.NO_TISSUE, Validity.OK, Validity.OK]
    for together, picture in zip(batch.numpy(), (white, SLIDE, REFERENCE)):
        alone = graph_of(method)(picture)[0].numpy()
        assert np.abs(together.astype(int) - alone).max() <= 1


@pytest.mark.parametrize('method, off', [('macenko', 3), ('vahadane', 8)])
def test_a_slide_looks_as_its_concentrations_in_the_reference_stains(method, off):
    normalizer = adapted(method)
    stains, strengths = normalizer.target
    expected = stain(AMOUNTS * strengths / np.percentile(AMOUNTS, 99, (0, 1)), stains)
    found = graph_of(method)(SLIDE)[0].numpy().astype(int)
    assert np.abs(found - expected).max() <= off < np.abs(SLIDE.astype(int) - expected).mean()


def test_reinhard_gives_the_tissue_the_reference_colors():
    normalizer = adapted('reinhard')
    found = normalizer.measure(normalizer(SLIDE))
    np.testing.assert_allclose(found[0], normalizer.target[0], atol=0.7)
    np.testing.assert_allclose(found[1], normalizer.target[1], atol=0.7)


@pytest.mark.parametrize('method', METHODS)
def test_a_reference_is_hardly_changed_by_itself(method):
    found = graph_of(method)(REFERENCE)[0].numpy().astype(int)
    assert np.abs(found - REFERENCE).mean() < 1.5


def independent_macenko(image):
    """Macenko's method as a textbook has it, in float64: boolean masks, eigh, arctan2."""
    density = -np.log((image.reshape(-1, 3) + 1.0) / 240)
    tissue = density[(density >= 0.15).all(1)]
    _, axes = np.linalg.eigh(np.cov(tissue.T))
    plane = tissue @ axes[:, 1:]
    angles = np.percentile(np.arctan2(plane[:, 1], plane[:, 0]), [1, 99])
    stains = np.stack([np.cos(angles), np.sin(angles)], 1) @ axes[:, 1:].T
    stains = stains[np.argsort(-stains[:, 0])]
    amounts = np.linalg.lstsq(stains.T, density.T, rcond=None)[0]
    return stains, np.percentile(amounts, 99, 1)


PHOTOGRAPHS = pathlib.Path(__file__).parents[3] / 'shared/data/microscopy'


@pytest.mark.parametrize('name', ['drawn', 'torchstain_he_source', 'torchstain_he_target'])
def test_macenko_agrees_with_eigh_and_sorted_angles(name):
    image = SLIDE
    if name != 'drawn':
        file = PHOTOGRAPHS / f'{name}.png'
        if not file.exists():
            pytest.skip(f'{file} is not here')
        image = tf.io.decode_png(file.read_bytes(), channels=3).numpy()
    stains, strengths = independent_macenko(image)
    found = StainNormalizer('macenko').measure(image)
    np.testing.assert_allclose(found[0], stains, atol=2e-3)
    np.testing.assert_allclose(found[1], strengths, rtol=5e-3)


def matrices() -> np.ndarray:
    """Symmetric positive semidefinite matrices (N, 3, 3): of all ranks, with equal eigenvalues."""
    draw = np.random.default_rng(7)
    turns = np.linalg.qr(draw.normal(size=[400, 3, 3]))[0]
    values = np.concatenate([draw.uniform(0, 1, [300, 3])**4, np.array(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1 - 1e-6, 1e-6]]).repeat(20, axis=0)])
    turned = np.einsum('nij,nj,nkj->nik', turns, values, turns)
    straight = values[..., None] * np.eye(3)
    every = np.concatenate([turned, straight]).astype(np.float32)
    return np.concatenate([every, 1e-6 * every, 1e6 * every])


def test_principal_axes_are_those_of_eigh():
    every = matrices()
    found = principal_axes(ops, [ops.convert_to_tensor(every[:, i, j])
                                 for i in range(3) for j in range(i, 3)])
    values, axes = np.stack(found[0], -1), np.moveaxis(np.asarray(found[1]), -1, 0)
    largest = np.maximum(np.abs(every).max((1, 2)), 1e-30)[:, None]
    expected = np.linalg.eigvalsh(every.astype(np.float64))[:, ::-1]
    assert np.abs((values - expected) / largest).max() < 1e-5
    assert np.abs(axes @ axes.transpose(0, 2, 1) - np.eye(3)).max() < 1e-5
    again = np.einsum('nki,nk,nkj->nij', axes, values, axes)
    assert np.abs((again - every) / largest[..., None]).max() < 2e-5


@pytest.mark.parametrize('percent', [0, 1, 50, 99, 100])
def test_percentiles_are_those_of_sorting(percent):
    draw = np.random.default_rng(8)
    values = (draw.normal(size=[60, 5, 7]) * 10.0**draw.integers(-3, 4, [60, 1, 1])).astype(
        np.float32)
    values[:20] = values[:20].round()  # many are equal
    mask = draw.uniform(size=values.shape) < draw.uniform(size=[60, 1, 1])
    mask[-2], mask[-1] = False, True
    found = percentiles(ops, ops.convert_to_tensor(values), ops.convert_to_tensor(mask),
                        (percent, 50))[0].numpy()
    assert np.isfinite(found).all()
    for value, under in zip(found, (np.sort(each[of]) for each, of in zip(values, mask))):
        if len(under):
            rank = round(float(np.float32(len(under) - 1) * np.float32(percent / 100)))
            assert abs(value - under[rank]) <= 3e-6 * np.ptp(under) + 1e-6 * abs(value)


@pytest.mark.parametrize('penalty', [0.0, 0.05, 0.3])
def test_sparse_concentrations_are_those_that_quadratic_programming_chooses(penalty):
    draw = np.random.default_rng(3)
    vectors = draw.uniform(0.05, 1, [2, 3])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pixels = draw.normal(0, 1, [200, 3])
    planes = [ops.convert_to_tensor(each[None], 'float32') for each in pixels.T]
    found = np.stack(separate_sparsely(
        ops, planes, ops.convert_to_tensor(vectors, 'float32'), penalty), -1)[0]
    lower = np.linalg.cholesky(vectors @ vectors.T)
    for pixel, amounts in zip(pixels, found):
        chosen, _ = scipy.optimize.nnls(
            lower.T, np.linalg.solve(lower, vectors @ pixel - penalty))
        held, expected = chosen > 0, np.zeros(2)
        expected[held] = np.linalg.lstsq(vectors[held].T, pixel, rcond=None)[0]
        np.testing.assert_allclose(amounts, expected, atol=1e-4)


def test_concentrations_are_those_of_least_squares_and_mix_back():
    draw = np.random.default_rng(4)
    vectors = ops.convert_to_tensor(draw.uniform(0, 1, [2, 3]), 'float32')
    planes = [ops.convert_to_tensor(draw.normal(0, 1, [5, 6]), 'float32') for _ in range(3)]
    found = separate(ops, planes, vectors)
    expected, *_ = np.linalg.lstsq(
        np.asarray(vectors).T, np.reshape(planes, [3, -1]), rcond=None)
    np.testing.assert_allclose(np.reshape(found, [2, -1]), expected, atol=1e-4)
    again = separate(ops, mix(found, vectors), vectors)
    np.testing.assert_allclose(again, found, atol=1e-4)


EOSIN_ALONE = stain(AMOUNTS * [0, 1] + [0, 0.3])
GRAY = np.repeat(np.random.default_rng(5).integers(20, 200, [64, 64, 1]), 3, -1).astype(np.uint8)
HOPELESS = {
    'white': (np.full([64, 64, 3], 255, np.uint8), Validity.NO_TISSUE),
    'black': (np.zeros([64, 64, 3], np.uint8), Validity.SINGULAR),
    'one color': (np.full([64, 64, 3], (120, 60, 130), np.uint8), Validity.SINGULAR),
    'eosin alone': (EOSIN_ALONE, Validity.ONE_STAIN),
    'noisy eosin': (np.clip(EOSIN_ALONE + np.random.default_rng(6).integers(
        -2, 3, EOSIN_ALONE.shape), 0, 255).astype(np.uint8), Validity.ONE_STAIN),
    'gray': (GRAY, Validity.ONE_STAIN),
    'nothing but NaN': (np.full([64, 64, 3], np.nan, np.float32), Validity.NO_TISSUE),
}


@pytest.mark.parametrize('name', HOPELESS)
@pytest.mark.parametrize('method', METHODS)
def test_what_has_no_two_stains_comes_back_as_it_was(method, name):
    image, expected = HOPELESS[name]
    found, validity = graph_of(method)(image)
    if method == 'reinhard' and expected == Validity.ONE_STAIN:
        assert Validity(int(validity)) == Validity.OK  # it needs no two stains
        return
    assert Validity(int(validity)).words == expected.words
    np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize('method', SLOWLY)
@pytest.mark.parametrize('dtype', [
    'uint8', 'float32', pytest.param('float16', marks=pytest.mark.slow), 'bfloat16'])
def test_shape_and_dtype_are_kept_and_floats_are_those_of_bytes(method, dtype):
    image = SLIDE if dtype == 'uint8' else tf.cast(SLIDE / np.float32(255), dtype)
    found = graph_of(method)(image)[0]
    assert found.dtype == dtype and found.shape == SLIDE.shape
    found = tf.cast(found, tf.float32) * (1 if dtype == 'uint8' else 255)
    expected = graph_of(method)(SLIDE)[0].numpy().astype(np.float32)
    off = {'uint8': 0, 'float32': 0.6, 'float16': 0.8, 'bfloat16': 3}[dtype]
    assert np.abs(found - expected).mean() <= off


@pytest.mark.parametrize('method', METHODS)
def test_pixels_that_are_no_numbers_stay_and_change_no_others(method):
    image = (SLIDE / 255).astype(np.float32)
    spoilt = image.copy()
    spoilt[0, :5] = [np.nan, 0.5, 0.5]
    found = graph_of(method)(spoilt)[0].numpy()
    np.testing.assert_array_equal(found[0, :5], spoilt[0, :5])
    assert np.isfinite(found[1:]).all()
    np.testing.assert_allclose(found[1:], graph_of(method)(image)[0][1:], atol=0.02)


def test_floats_out_of_range_are_clipped():
    image = 3 * (SLIDE / 255).astype(np.float32) - 1
    normalize = adapted('macenko').normalize
    np.testing.assert_array_equal(normalize(image)[0], normalize(np.clip(image, 0, 1))[0])


@pytest.mark.parametrize('image, message', [
    (np.zeros([8, 8, 4], np.uint8), 'drop the alpha channel'),
    (np.zeros([8, 8, 1], np.uint8), 'repeat the gray channel'),
    (np.zeros([8, 8, 3], np.uint16), 'uint16'),
    (np.zeros([8, 3], np.uint8), r'\(\.\.\., H, W, 3\)'),
])
def test_what_is_no_picture_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        adapted('macenko').normalize(image)
    with pytest.raises(ValueError, match=message):
        estimate_stains(image)


def test_wrong_use_is_refused():
    with pytest.raises(ValueError, match='adapt it to a reference'):
        StainNormalizer('macenko').normalize(SLIDE)
    with pytest.raises(ValueError, match='reference 2 cannot be learnt from: no tissue'):
        StainNormalizer('macenko').adapt([SLIDE, np.full([20, 30, 3], 255, np.uint8)])
    with pytest.raises(ValueError, match='method must be one of macenko, reinhard, vahadane'):
        StainNormalizer('khan')
    with pytest.raises(ValueError, match='max_gain must be above 0'):
        StainNormalizer(max_gain=0)
    with pytest.raises(ValueError, match='method must be one of macenko, vahadane'):
        estimate_stains(SLIDE, method='reinhard')
    with pytest.raises(ValueError, match='convention must be one of'):
        StainNormalizer(convention='staintools')


def test_a_pale_slide_is_strengthened_no_more_than_allowed():
    pale = stain(0.3 * AMOUNTS)
    sensitive = dataclasses.replace(TORCHSTAIN, beta=0.03)
    strengths = {}
    for max_gain in (2.0, None):
        normalizer = adapted('macenko', max_gain=max_gain, convention=sensitive)
        before = normalizer.measure(pale)
        assert Validity(int(before[2])) == Validity.OK
        strengths[max_gain] = np.asarray(normalizer.measure(normalizer(pale))[1])
    limited, free = strengths[2.0], strengths[None]
    np.testing.assert_allclose(limited, 2 * np.asarray(before[1]), rtol=0.1)
    assert (free > 1.3 * limited).all()


def test_several_references_are_averaged():
    both, one, other = (StainNormalizer('macenko') for _ in range(3))
    both.adapt([SLIDE, REFERENCE[:30]])
    one.adapt(SLIDE)
    other.adapt(REFERENCE[None, :30])
    np.testing.assert_allclose(both.target[1], (one.target[1] + other.target[1]) / 2, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(both.target[0], axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize('method', METHODS)
def test_tiles_of_a_slide_are_normalised_alike_with_its_own_measure(method):
    normalizer = adapted(method)
    source = normalizer.measure(SLIDE)
    whole = graph_of(method)(SLIDE)[0].numpy()
    tile, validity = normalizer.normalize(SLIDE[:16, :32], source)
    assert np.abs(tile.numpy().astype(int) - whole[:16, :32]).max() <= 1
    assert int(validity) == Validity.OK


@pytest.mark.parametrize('method', METHODS)
def test_gradients_are_finite(method):
    normalizer = adapted(method)
    hopeless = [tf.constant(image / 255, tf.float32) for image, _ in (
        HOPELESS['white'], HOPELESS['black'], HOPELESS['gray'])]
    images = tf.stack([tf.constant(SLIDE / 255, tf.float32), *hopeless])[:, :32, :32]

    with tf.GradientTape() as tape:
        tape.watch(images)
        outcome = tf.reduce_sum(normalizer(images))
    found = tape.gradient(outcome, images).numpy()
    assert np.isfinite(found).all()
    assert np.abs(found[0]).mean() > 0.1  # it passes to pixels that are normalised


@pytest.mark.parametrize('convention', ['torchstain', QUPATH])
def test_a_saved_model_normalises_as_before(convention, tmp_path):
    layer = StainNormalizer('macenko', convention=convention, max_gain=None)
    layer.adapt(REFERENCE)
    image = keras.Input([None, None, 3], dtype='uint8')
    model = keras.Model(image, layer(image))
    assert model.output.dtype == 'uint8'
    model.save(tmp_path / 'model.keras')
    again = keras.saving.load_model(tmp_path / 'model.keras')
    np.testing.assert_array_equal(again(SLIDE[None]), model(SLIDE[None]))
    assert again.layers[-1].max_gain is None


def test_a_convention_of_ones_own_is_saved():
    mine = dataclasses.replace(TORCHSTAIN, white=(230, 235, 240))
    again = StainNormalizer.from_config(StainNormalizer(convention=mine).get_config())
    assert again.convention == mine

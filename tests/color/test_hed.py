"""Stains by colour deconvolution: signed, lossless, with vectors of one's own."""

import dataclasses

import numpy as np
import pytest
import skimage.color
from colors import dense_grid, every_color

from dualstream.color import TORCHSTAIN, hed_to_rgb, rgb_to_hed, rgb_to_od
from dualstream.color.conventions import CONVENTIONS, RUIFROK_JOHNSTON
from dualstream.color.stain_matrix import stain_matrix

HAND_E = ((0.65, 0.70, 0.29), (0.2159, 0.8012, 0.5581))


def test_clipped_it_is_that_of_scikit_image():
    np.testing.assert_allclose(
        rgb_to_hed(dense_grid(), clip=True), skimage.color.rgb2hed(dense_grid()), atol=1e-6)


@pytest.mark.slow
def test_clipped_it_is_that_of_scikit_image_on_every_color():
    for image in every_color():
        np.testing.assert_allclose(
            rgb_to_hed(image, clip=True), skimage.color.rgb2hed(image), atol=1e-6)


def test_scikit_image_makes_the_same_image_of_it():
    hed = rgb_to_hed(dense_grid()).numpy()
    np.testing.assert_allclose(skimage.color.hed2rgb(hed), dense_grid() / 255, atol=1e-5)
    np.testing.assert_allclose(
        hed_to_rgb(np.maximum(hed, 0)), skimage.color.hed2rgb(np.maximum(hed, 0)), atol=1e-5)


def test_negative_amounts_are_what_clipping_loses():
    green = np.uint8([[40, 200, 60]])  # no mix of the three stains
    hed = rgb_to_hed(green)
    assert float(hed[0, 1]) < 0
    np.testing.assert_array_equal(hed_to_rgb(hed, dtype='uint8'), green)
    clipped = rgb_to_hed(green, clip=True)
    assert (clipped.numpy() >= 0).all()
    assert (hed_to_rgb(clipped, dtype='uint8').numpy() != green).any()


@pytest.mark.parametrize('name', CONVENTIONS)
@pytest.mark.parametrize('vectors', [None, HAND_E, RUIFROK_JOHNSTON])
def test_amounts_times_vectors_are_the_density(name, vectors):
    """By another way: the equations solved by NumPy in float64."""
    convention = CONVENTIONS[name]
    image = dense_grid()[::7, ::11]
    rows = stain_matrix(convention.vectors if vectors is None else vectors,
                        unit_length=convention.unit_length)
    density = rgb_to_od(image, convention=name).numpy().astype(np.float64)
    expected = np.linalg.solve(rows.T, density.reshape(-1, 3).T).T.reshape(image.shape)
    amounts = rgb_to_hed(image, convention=name, vectors=vectors)
    np.testing.assert_allclose(amounts, expected, atol=2e-6 * np.abs(expected).max())
    again = hed_to_rgb(amounts, convention=name, vectors=vectors, dtype='uint8')
    np.testing.assert_array_equal(
        again, np.maximum(image, 1) if name == 'qupath' else image)


@pytest.mark.parametrize('name', CONVENTIONS)
def test_a_single_stain_is_found_alone(name):
    amounts = np.zeros([3, 3], np.float32)
    np.fill_diagonal(amounts, 0.4 * CONVENTIONS[name].natural)
    image = hed_to_rgb(amounts, convention=name, vectors=RUIFROK_JOHNSTON, clip=False)
    np.testing.assert_allclose(
        rgb_to_hed(image, convention=name, vectors=RUIFROK_JOHNSTON), amounts,
        atol=1e-5 * CONVENTIONS[name].natural)


def test_white_holds_no_stain():
    assert not rgb_to_hed(np.full([2, 2, 3], 255, np.uint8)).numpy().any()
    assert not rgb_to_hed(np.ones([2, 2, 3], np.float32), convention='qupath').numpy().any()


def test_to_two_stains_the_residual_is_added():
    rows = stain_matrix(HAND_E)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    np.testing.assert_allclose(rows[2] @ rows[:2].T, 0, atol=1e-12)
    # As QuPath shows it for its default stains of H&E.
    np.testing.assert_allclose(rows[2], [0.316, -0.598, 0.737], atol=6e-4)
    with_zeros = stain_matrix([*HAND_E, (0, 0, 0)])  # as HistomicsTK writes a missing stain
    np.testing.assert_array_equal(with_zeros, rows)


def test_vectors_are_scaled_to_length_one_but_for_scikit_images():
    np.testing.assert_allclose(np.linalg.norm(stain_matrix(RUIFROK_JOHNSTON), axis=1), 1)
    np.testing.assert_array_equal(
        stain_matrix(RUIFROK_JOHNSTON, unit_length=False), RUIFROK_JOHNSTON)
    image = dense_grid()[:3]
    doubled = tuple(tuple(2 * x for x in vector) for vector in HAND_E)
    np.testing.assert_allclose(
        rgb_to_hed(image, convention='qupath', vectors=doubled),
        rgb_to_hed(image, convention='qupath', vectors=HAND_E), atol=1e-5)


@pytest.mark.parametrize('vectors, message', [
    ([(1, 0, 0)], 'two or three rows'), (np.eye(4), 'two or three rows'),
    ([(1, 0, 0), (0, np.nan, 1)], 'two or three rows'),
    ([(1, 2, 3), (2, 4, 6)], 'stains that differ in colour'),
    ([(0, 0, 0), (1, 0, 0)], 'stains that differ in colour'),
    ([(1, 0, 0), (0, 1, 0), (1, 1, 0)], 'stains that differ in colour'),
])
def test_stains_that_cannot_be_told_apart_are_refused(vectors, message):
    for use in (rgb_to_hed, hed_to_rgb):
        with pytest.raises(ValueError, match=f'^vectors must be .*{message}'):
            use(np.zeros([2, 2, 3], np.float32), vectors=vectors)


def test_a_background_of_ones_own_is_white():
    measured = dataclasses.replace(TORCHSTAIN, white=(231, 221, 241))
    image = np.uint8([[230, 220, 240]])  # torchstain adds one
    np.testing.assert_allclose(rgb_to_hed(image, convention=measured), np.zeros([1, 3]), atol=1e-5)

"""IHC on pictures drawn from known stains (synthetic), and on the one that scikit-image ships."""

import dataclasses

import numpy as np
import pytest

from dualstream.runtime.errors import UserError
from dualstream.slides.ihc import (
    H_DAB,
    IhcConfig,
    estimate_background,
    measure_ihc,
    otsu,
    split_angles,
)
from dualstream.slides.nuclei import estimate_radius, find_nuclei

WHITE = (238, 236, 241)


def slide(positive, negative, *, radius=5, side=220, dab=0.6, hematoxylin=0.5, overstained=0.0,
          white=WHITE):
    """A synthetic field: discs of DAB and of haematoxylin on a grid, in a light background."""
    rng = np.random.default_rng(0)
    step = 4 * radius
    places = [(y, x) for y in range(step // 2, side - radius, step)
              for x in range(step // 2, side - radius, step)]
    places = [places[number] for number in rng.permutation(len(places))[:positive + negative]]
    assert len(places) == positive + negative
    rows, columns = np.mgrid[:side, :side]
    amounts = np.zeros((side, side, 2))
    amounts[..., 1] = overstained
    for number, (y, x) in enumerate(places):
        disc = (rows - y) ** 2 + (columns - x) ** 2 <= radius ** 2
        amounts[disc] = (0.1, dab) if number < positive else (hematoxylin, overstained)
    light = np.array(white) * 10 ** -(amounts @ np.array(H_DAB.vectors))
    return (light + rng.normal(0, 1, light.shape)).round().clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize('positive, negative', [(20, 60), (40, 40), (70, 5)])
def test_known_shares_are_found_by_area_and_by_count(positive, negative):
    ihc = measure_ihc(slide(positive, negative))
    share = positive / (positive + negative)
    assert abs(ihc.by_area.value - share) < 0.02
    assert (len(ihc.positive_nuclei), len(ihc.negative_nuclei)) == (positive, negative)
    for found in (ihc.by_area, ihc.by_count):
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < share < found.high
    assert abs(ihc.radius - 5) <= 1 and ihc.warnings == ()
    np.testing.assert_allclose(ihc.background, WHITE, atol=1)


def test_the_amounts_are_the_optical_densities_that_were_drawn():
    ihc = measure_ihc(slide(30, 30))
    np.testing.assert_allclose(np.median(ihc.amounts[ihc.positive], axis=0)[:2], [0.1, 0.6],
                               atol=0.02)
    np.testing.assert_allclose(np.median(ihc.amounts[ihc.negative], axis=0)[:2], [0.5, 0],
                               atol=0.02)
    assert 0.15 <= ihc.dab_threshold < 0.6 and 0.15 <= ihc.hematoxylin_threshold < 0.5


def test_pale_tissue_is_no_nucleus_where_two_hills_show_it():
    field = slide(30, 30)
    haze = np.array(WHITE) * 10 ** -(0.2 * np.array(H_DAB.vectors[0]))
    pale = (field.min(axis=-1) > 215)
    pale[:, 110:] = False
    field[pale] = haze.round()
    ihc = measure_ihc(field)
    assert 0.2 < ihc.hematoxylin_threshold < 0.5 and abs(ihc.by_area.value - 0.5) < 0.03


def test_another_light_does_not_change_the_share():
    plain, warm = measure_ihc(slide(30, 30)), measure_ihc(slide(30, 30, white=(245, 225, 200)))
    np.testing.assert_allclose(warm.background, (245, 225, 200), atol=1)
    assert abs(plain.by_area.value - warm.by_area.value) < 0.01


def test_overstained_background_is_not_positive():
    ihc = measure_ihc(slide(30, 30, overstained=0.12, white=(255, 255, 255)),
                      stains=dataclasses.replace(H_DAB, white=255))
    assert abs(ihc.by_area.value - 0.5) < 0.02


def test_thresholds_that_are_given_are_used():
    field = slide(30, 30)
    assert measure_ihc(field, IhcConfig(dab_threshold=0.9)).by_area.value < 0.01
    ihc = measure_ihc(field, IhcConfig(hematoxylin_threshold=0.9, nucleus_radius=7.0))
    assert ihc.by_area.value > 0.99 and ihc.radius == 7


def test_one_stain_alone_is_said():
    blue, brown = measure_ihc(slide(0, 60)), measure_ihc(slide(60, 0))
    assert blue.by_area.value < 0.01 and brown.by_area.value > 0.99
    assert all('one stain alone' in ihc.warnings[0] for ihc in (blue, brown))


def test_saturated_dab_is_warned_of():
    assert 'DAB is saturated: 100' in measure_ihc(slide(30, 30, dab=2.5)).warnings[-1]


@pytest.mark.parametrize('color', [(255, 255, 255), (0, 0, 0), (128, 128, 128)])
def test_pictures_of_one_colour_have_a_result(color):
    ihc = measure_ihc(np.full((70, 90, 3), color, np.uint8))
    if color == (255, 255, 255):
        assert ihc.by_area.value is None and ihc.by_count.value is None
    else:
        assert any('no background' in warning for warning in ihc.warnings)
    assert np.isfinite(ihc.amounts).all()


def test_the_seed_alone_draws_the_intervals():
    field = slide(30, 30)
    one, same, other = (measure_ihc(field, IhcConfig(seed=seed)) for seed in (0, 0, 1))
    assert one.by_area == same.by_area != other.by_area
    assert one.by_area.value == other.by_area.value


@pytest.mark.parametrize('picture, said', [
    (np.zeros((8, 8, 4), np.uint8), 'uint8'), (np.zeros((8, 8, 3), np.uint16), 'uint8'),
    (np.broadcast_to(np.uint8(0), (8000, 8000, 3)), 'at most 25,000,000 pixels')])
def test_bad_pictures_are_named(picture, said):
    with pytest.raises(UserError, match=said):
        measure_ihc(picture)


@pytest.mark.parametrize('name, value', [
    ('dab_threshold', 0), ('hematoxylin_threshold', -1), ('nucleus_radius', 1.0),
    ('nucleus_radius', float('nan')), ('resamples', 5)])
def test_bad_configurations_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        IhcConfig(**{name: value})


def test_otsu_is_scikit_images():
    import skimage.filters

    rng = np.random.default_rng(0)
    for _ in range(20):
        counts = np.bincount(np.concatenate([
            rng.normal(rng.uniform(10, 40), 5, 500), rng.normal(rng.uniform(50, 80), 5, 300)
        ]).clip(0, 89).astype(int), minlength=90)
        theirs = skimage.filters.threshold_otsu(hist=(counts, np.arange(90))) + 1
        # Where no count lies between the hills, many places are equally good.
        mine = otsu(counts)
        assert not counts[min(mine, theirs):max(mine, theirs)].sum()


def test_a_histogram_of_one_hill_is_not_divided():
    angles = np.bincount(np.random.default_rng(0).normal(30, 4, 1000).astype(int), minlength=90)
    assert split_angles(angles) == (45.0, False)


def test_a_picture_without_background_is_said_to_be_so():
    assert estimate_background(np.full((40, 40, 3), 90, np.uint8)) == ((255.0, 255.0, 255.0), False)


@pytest.mark.parametrize('radius', [4, 7, 12, 18])
def test_radii_and_centres_of_discs(radius):
    rows, columns = np.mgrid[:300, :300]
    centres = [(y, x) for y in range(40, 300, 75) for x in range(40, 300, 75)]
    discs = sum(((rows - y) ** 2 + (columns - x) ** 2 <= radius ** 2) * 0.7 for y, x in centres)
    assert abs(estimate_radius(discs) / radius - 1) < 0.2
    found = find_nuclei(discs, radius)
    np.testing.assert_array_equal(found, centres)


def test_a_nucleus_that_the_border_cuts_counts_once():
    rows, columns = np.mgrid[:120, :120]
    centres = [(0, 40), (60, 0), (61, 119), (119, 90)]
    discs = sum(((rows - y) ** 2 + (columns - x) ** 2 <= 8 ** 2) * 0.7 for y, x in centres)
    found = find_nuclei(discs, 8)
    assert len(found) == 4 and np.abs(found - np.array(centres)).max() <= 1


def test_stain_that_is_the_same_everywhere_is_no_nucleus():
    assert not len(find_nuclei(np.full((90, 70), 0.5), 8))


def test_the_picture_that_scikit_image_ships():
    data = pytest.importorskip('skimage.data')
    ihc = measure_ihc(data.immunohistochemistry())
    assert 0.85 < ihc.by_area.value < 0.99  # brown glands in a pale stroma
    rows, columns = np.mgrid[:512, :512]
    gland, stroma = (slice(60, 110), slice(60, 110)), (slice(390, 430), slice(200, 240))
    assert ihc.positive[gland].mean() > 0.7 and ihc.positive[stroma].mean() < 0.05
    assert 30 < ihc.split < 70

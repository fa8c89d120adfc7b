"""The conventions of four tools, against formulas and numbers written down from their own pages."""

import dataclasses
import math
import pathlib

import numpy as np
import pytest

from dualstream.color import HISTOMICSTK, QUPATH, SKIMAGE, TORCHSTAIN, od_to_rgb, rgb_to_od
from dualstream.color.conventions import CONVENTIONS, find_convention

LEVELS = np.arange(256.0)

DENSITIES = {
    # scikit-image: log(max(I / 255, 1e-6)) over log(1e-6)
    'skimage': np.log(np.maximum(LEVELS / 255, 1e-6)) / np.log(1e-6),
    # QuPath: -log10(max(I, 1) / 255), at least 0
    'qupath': np.maximum(-np.log10(np.maximum(LEVELS, 1) / 255), 0),
    # torchstain: -ln((I + 1) / 240)
    'torchstain': -np.log((LEVELS + 1) / 240),
    # HistomicsTK: -ln((I + 1) / 256) * 255 / ln(256)
    'histomicstk': -np.log((LEVELS + 1) / 256) * 255 / np.log(256),
}
every_convention = pytest.mark.parametrize('name', CONVENTIONS)


@every_convention
def test_the_density_of_each_level_is_that_of_the_tool(name):
    grays = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    density = rgb_to_od(grays, convention=name)
    np.testing.assert_allclose(density, DENSITIES[name][:, None].repeat(3, 1), rtol=2e-6, atol=5e-5)


@pytest.mark.parametrize('name, level, density', [
    ('skimage', 0, 1), ('skimage', 255, 0), ('qupath', 0, 2.4065), ('qupath', 255, 0),
    ('qupath', 128, 0.2993), ('torchstain', 239, 0), ('torchstain', 255, -0.0645),
    ('torchstain', 0, 5.4806), ('histomicstk', 0, 255), ('histomicstk', 255, 0),
    ('histomicstk', 15, 127.5)])
def test_known_answers(name, level, density):
    assert float(rgb_to_od(np.full(3, level, np.uint8), convention=name)[0]) == pytest.approx(
        density, abs=1e-4)


@every_convention
def test_density_comes_back_as_the_image(name):
    convention = CONVENTIONS[name]
    levels = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
    again = od_to_rgb(rgb_to_od(levels, convention=name), convention=name, dtype='uint8').numpy()
    # QuPath counts 0 as 1: the one level that no inverse can give back.
    expected = np.maximum(levels, 1) if convention is QUPATH else levels
    np.testing.assert_array_equal(again, expected)


def test_one_unit_is_as_many_natural_ones_as_it_says():
    """The scale alone: for a floor and an offset of nothing all conventions are multiples."""
    image = np.random.default_rng(0).uniform(0.1, 1, (50, 3)).astype(np.float32)
    natural = -np.log(image)
    for convention in CONVENTIONS.values():
        bare = dataclasses.replace(
            convention, white=255, offset=0, floor=1e-9, nonnegative=False)
        np.testing.assert_allclose(
            rgb_to_od(image, convention=bare), natural * convention.natural, rtol=1e-4, atol=1e-5)


def test_each_channel_has_its_own_white():
    measured = dataclasses.replace(QUPATH, white=(243, 246, 251))
    assert not rgb_to_od(np.uint8([243, 246, 251]), convention=measured).numpy().any()
    density = rgb_to_od(np.uint8([24, 24, 24]), convention=measured)
    np.testing.assert_allclose(density, np.log10(np.array([243, 246, 251]) / 24), rtol=1e-5)
    assert not rgb_to_od(np.uint8([255, 255, 255]), convention=measured).numpy().any()  # clipped
    torch = dataclasses.replace(TORCHSTAIN, white=(200, 210, 220))
    assert (rgb_to_od(np.uint8([255, 255, 255]), convention=torch).numpy() < 0).all()


def test_presets_are_found_by_name():
    for name, preset in CONVENTIONS.items():
        assert find_convention(name) is preset and find_convention(preset) is preset
    with pytest.raises(ValueError, match="^convention must be one of skimage, .*, got 'imagej'"):
        find_convention('imagej')


@pytest.mark.parametrize('changes, message', [
    ({'base': 1}, 'base must be above 1'), ({'white': 0}, 'white must be one or three numbers'),
    ({'white': (255, 255)}, 'white must be'), ({'white': (255, 255, math.nan)}, 'white must be'),
    ({'offset': -1}, 'offset must be at least 0'), ({'floor': 0}, 'floor must be above 0'),
    ({'scale': 0}, 'scale must be above 0'), ({'tissue': 'most'}, 'tissue must be'),
    ({'beta': None}, 'beta and tissue must be given together'),
    ({'vectors': ((1, 0, 0),)}, 'vectors must be two or three'),
    ({'vectors': ((1, 0), (0, 1))}, 'vectors must be two or three triples'),
    ({'stains': ('hematoxylin',)}, 'stains must name each'),
    ({'stains_in': 'planes'}, 'stains_in must be'),
])
def test_what_is_no_convention_is_refused(changes, message):
    with pytest.raises(ValueError, match=f'^{message}'):
        dataclasses.replace(TORCHSTAIN, **changes)


def test_lists_become_tuples_so_that_a_convention_can_be_a_key():
    listed = dataclasses.replace(
        SKIMAGE, white=[255, 255, 255], vectors=[list(vector) for vector in SKIMAGE.vectors])
    assert listed == SKIMAGE and hash(listed) == hash(SKIMAGE)
    assert HISTOMICSTK != SKIMAGE


def table_of_the_page():
    """The conventions in docs/microscopy.md: each row's label, and its cell for each preset."""
    page = pathlib.Path(__file__).parents[2] / 'docs' / 'microscopy.md'
    table = page.read_text().split('| | `skimage`')[1].split('\n\n')[0]
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in f'| | `skimage`{table}'.splitlines()]
    names = [cell.strip('`') for cell in rows[0][1:]]
    assert names == list(CONVENTIONS)
    return {label: dict(zip(names, cells)) for label, *cells in rows[2:]}


@every_convention
def test_the_table_in_the_documentation_is_the_presets(name):
    convention = CONVENTIONS[name]
    cells = {label: row[name] for label, row in table_of_the_page().items()}

    def number(label):
        return float(cells[label].replace(',', '').replace('e', str(math.e)))

    def numbers(label):
        return tuple(map(float, cells[label].split(': ')[-1].split(', ')))

    assert number('logarithm to the base') == pytest.approx(convention.base)
    assert 3 * (number('I0, the white'),) == convention.white
    assert number('added to each intensity') == convention.offset
    assert number('least intensity') == convention.floor
    assert number('times') == convention.scale
    assert (cells['negative, where brighter than white'] == 'no') == convention.nonnegative
    for level in (0, 128):
        density = rgb_to_od(np.full(3, level, np.uint8), convention=name)[0]
        assert number(f'density of I = {level}') == pytest.approx(float(density), abs=6e-5)
    tissue = cells['a pixel is tissue if']
    words = {None: '(no test)', 'all': 'all channels reach {}',
             'norm': 'the three have a length of {}'}
    assert tissue == words[convention.tissue].format(convention.beta)
    assert (numbers('haematoxylin'), numbers('eosin')) == convention.vectors[:2]
    if len(convention.vectors) == 3:
        assert numbers('third') == convention.vectors[2]
    else:
        assert cells['third'] == 'residual'
    assert (cells['vectors scaled to length 1'] == 'yes') == convention.unit_length
    assert cells["the tool's matrix holds stains as"] == convention.stains_in

"""What the anatomy claims, proved on the graph and on what flows through it."""

import keras
import numpy as np
import pytest

from dualstream.network import build, features
from dualstream.network.dual_stream import GRAY_AREAS, HSV_AREAS

BEFORE_THE_MERGE = {'gray': ('v1_magno', 'v2_thick'), 'hsv': ('v1_parvo_stem', 'v1_parvo')}


def convolutions_between(model: keras.Model, start: str, end: str) -> int:
    """Convolutions on the longest way from one layer to another; far below zero if there is none.
    """
    known = {}

    def longest(layer):
        if layer.name == start:
            return 0
        if layer.name not in known:
            parents = [node.operation for node in layer._inbound_nodes[0].parent_nodes]
            own = isinstance(layer, keras.layers.Conv2D)
            known[layer.name] = own + max(map(longest, parents), default=-10_000)
        return known[layer.name]

    return longest(model.get_layer(end))


def step_of(layer: keras.layers.Layer) -> int:
    """Pixels of the image between neighbouring cells of a map."""
    parents = [node.operation for node in layer._inbound_nodes[0].parent_nodes]
    own = layer.strides[0] if isinstance(
        layer, (keras.layers.Conv2D, keras.layers.AveragePooling2D)) else 1
    return own * max(map(step_of, parents), default=1)


def said(model: keras.Model, *inputs) -> dict:
    return keras.tree.map_structure(keras.ops.convert_to_numpy, features(model)(*inputs))


def said_by_what_the_lgn_passes_on(model: keras.Model, gray, hsv) -> dict:
    passed_on = [model.get_layer(name).output for name in ('lgn_magno', 'lgn_parvo')]
    after_the_lgn = keras.Model(passed_on, features(model).output)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, after_the_lgn([gray, hsv]))


def same(one: dict, other: dict, stream: str, area: str) -> bool:
    return np.array_equal(one[stream][area], other[stream][area])


@pytest.mark.parametrize('areas', [1, 2, 4])
@pytest.mark.parametrize('delay', [0, 1, 2, 3])
def test_the_hsv_stream_comes_later_by_the_delay_and_meets_gray_where_cells_are_as_large(
        nano, delay, areas):
    model = nano(delay=delay, hsv_areas=areas)
    meetings = list(zip(GRAY_AREAS[delay:], HSV_AREAS[:areas]))
    assert {layer.name for layer in model.layers if layer.name.endswith('_merged')} == {
        f'{gray_area}_merged' for gray_area, _ in meetings}
    for gray_area, hsv_area in meetings:
        merged = model.get_layer(f'{gray_area}_merged_concat').input
        assert {tensor._keras_history.operation.name for tensor in merged} == {
            gray_area, hsv_area, f'skip_to_{gray_area}'}
        assert step_of(model.get_layer(gray_area)) == step_of(model.get_layer(hsv_area))


@pytest.mark.parametrize('preset', [
    'nano', *(pytest.param(each, marks=pytest.mark.slow) for each in ('tiny', 'small', 'base'))])
def test_a_deeper_hsv_stream_has_the_longer_way_to_every_merge(preset):
    model = build(preset, image_size=(64, 64), hsv_areas=4, depth_ratio=2)
    for gray_area, hsv_area in zip(GRAY_AREAS[1:], HSV_AREAS):
        assert 0 < convolutions_between(model, 'lgn_magno', gray_area) < convolutions_between(
            model, 'lgn_parvo', hsv_area) + 2 * (hsv_area != 'v1_parvo')


def test_cutting_the_skips_changes_only_merges(nano, images):
    whole, cut = nano(), nano(skips=False)
    left_out = {layer.name for layer in whole.layers} - {layer.name for layer in cut.layers}
    assert left_out == {'skip_to_v2_thick'}
    changed = {
        layer.name for layer in cut.layers
        if not all(one.shape == other.shape and np.array_equal(one, other) for one, other in zip(
            layer.get_weights(), whole.get_layer(layer.name).get_weights(), strict=True))}
    assert changed == {'v2_thick_merged_conv'}

    with_skips, without = said(whole, images), said(cut, images)
    for stream, areas in BEFORE_THE_MERGE.items():
        assert all(same(with_skips, without, stream, area) for area in areas)
    assert not same(with_skips, without, 'merged', 'v2_thick_merged')


@pytest.mark.parametrize('silent, untouched', [('hsv', 'gray'), ('gray', 'hsv')])
def test_silencing_a_stream_leaves_the_other_alone_up_to_the_merge(
        nano, silent, untouched):
    model = nano()
    draw = np.random.default_rng(1)
    seen = {'gray': draw.random((2, 64, 64, 1), np.float32),
            'hsv': draw.random((2, 16, 16, 2), np.float32)}
    heard = said_by_what_the_lgn_passes_on(model, **seen)
    seen[silent] = np.zeros_like(seen[silent])
    silenced = said_by_what_the_lgn_passes_on(model, **seen)
    for area in BEFORE_THE_MERGE[untouched]:
        assert same(heard, silenced, untouched, area)
    for area in BEFORE_THE_MERGE[silent]:
        assert not same(heard, silenced, silent, area)
    assert not same(heard, silenced, 'merged', 'v2_thick_merged')
    assert not same(heard, silenced, 'merged', 'pfc')


def test_the_gray_stream_is_blind_to_colour(nano, images):
    in_gray = np.repeat(images @ np.float32([0.299, 0.587, 0.114])[:, None], 3, axis=-1)
    colour, gray = said(nano(), images), said(nano(), in_gray)
    np.testing.assert_allclose(
        colour['gray']['v2_thick'], gray['gray']['v2_thick'], atol=1e-4)


def test_each_stream_adapts_to_the_light(nano, images):
    """What it sees has no mean and a spread of about 1, in bright light and in dim and flat light.
    """
    model = nano()
    lgn = keras.Model(model.input, [model.get_layer(f'lgn_{stream}').output
                                    for stream in ('magno', 'parvo')])
    for seen, dim in zip(lgn(images), lgn(0.2 + 0.6 * images)):
        np.testing.assert_allclose(np.mean(seen, axis=(1, 2)), 0, atol=1e-4)
        assert (0.7 < np.std(seen, axis=(1, 2))).all() and (np.std(seen, axis=(1, 2)) <= 1).all()
        np.testing.assert_allclose(dim, seen, atol=0.25 * np.abs(seen).max())
    blank = lgn(np.full([1, 64, 64, 3], 0.4, np.float32))
    assert all(np.abs(each).max() < 1e-3 for each in blank)


@pytest.mark.parametrize('lateral, merged', [
    ('hsv_to_gray', {'v2_thick_merged', 'mt_merged', 'sts_merged', 'pfc'}),
    ('gray_to_hsv', {'v1_parvo_merged', 'v2_thin_merged', 'v4_merged', 'pfc'}),
    ('none', {'pfc'}),
])
def test_lateral_connections_merge_into_the_streams_that_they_name(nano, lateral, merged):
    assert set(features(nano(lateral=lateral, hsv_areas=4)).output['merged']) == merged


@pytest.mark.parametrize('merge', ['add', 'gate'])
def test_every_kind_of_merge_depends_on_its_inputs(nano, merge, images):
    model = nano(merge=merge, lateral='both', hsv_areas=4)
    silent = said_by_what_the_lgn_passes_on(
        model, images[..., :1], np.zeros((2, 16, 16, 2), np.float32))
    heard = said_by_what_the_lgn_passes_on(
        model, images[..., :1], np.ones((2, 16, 16, 2), np.float32))
    assert set(heard['merged']) > {'v2_thick_merged', 'v1_parvo_merged'}
    assert not same(heard, silent, 'merged', 'v2_thick_merged')


@pytest.mark.parametrize('delay', [0, 1, 2, 3])
@pytest.mark.parametrize('size', [(64, 64), (65, 97), (130, 67)])
def test_streams_meet_at_one_size_whatever_the_image(nano, delay, size):
    model = nano(image_size=size, delay=delay, include_top=False)
    maps = features(model).output
    for area, scale in zip(GRAY_AREAS, (4, 8, 16, 32)):
        assert maps['gray'][area].shape[1:3] == tuple(-(-side // scale) for side in size)
    assert list(maps['hsv']) == ['v1_parvo_stem', 'v1_parvo']
    met = GRAY_AREAS[delay]
    assert maps['hsv']['v1_parvo'].shape[1:3] == maps['merged'][f'{met}_merged'].shape[1:3]
    assert model.output.shape == maps['merged']['pfc'].shape


@pytest.mark.parametrize('delay', [0, 1, 2, 3])
def test_a_whole_hsv_stream_ends_in_the_read_out(nano, delay):
    model = nano(image_size=(65, 97), delay=delay, hsv_areas=4, include_top=False)
    last = HSV_AREAS[min(3, 4 - delay)]
    assert len(features(model).output['hsv']) == 1 + min(4, 5 - delay)
    assert model.output.shape == (None, 3, 4, 48 + model.get_layer(last).output.shape[-1])


@pytest.mark.parametrize('fast, slow', [
    ('luminance', 'none'), ('hsv', 'none'), ('rgb', 'none'), ('rgb', 'rgb'), ('lightness', 'ab'),
    ('luminance', 'luminance')])
def test_streams_can_be_fed_otherwise_to_compare(nano, fast, slow, images):
    model = nano(fast=fast, slow=slow)
    np.testing.assert_allclose(np.sum(model(images), axis=-1), 1, atol=1e-5)
    present = set(features(model).output['hsv'])
    assert present == (set() if slow == 'none' else {'v1_parvo_stem', 'v1_parvo'})
    again = keras.Model.from_config(model.get_config())
    assert again.count_params() == model.count_params()

"""Configurations: what they refuse, and that they survive being written down."""

import dataclasses
import json

import numpy as np
import pytest

from dualstream.network import PRESETS, DualStreamConfig, build


@pytest.mark.parametrize('field, value', [
    ('image_size', (63, 224)), ('image_size', (224,)), ('image_size', (224.0, 224)),
    ('image_size', 224), ('classes', 0), ('widths', (16, 32, 64)), ('widths', (16, 32, 64, 0)),
    ('depth', 0), ('depth_ratio', 1.5), ('channel_ratio', 0), ('channel_ratio', 1.1),
    ('channel_ratio', '1/2'), ('delay', 4), ('delay', -1), ('hue', 'cubic'),
    ('fast', 'none'), ('slow', 'gray'), ('lateral', 'up'),
    ('merge', 'max'), ('hsv_areas', 5), ('shortcut', 'none'), ('shrink', 3), ('shrink', 8),
    ('lateral', 'none'), ('lateral', 'both'),  # a part of the HSV stream would not count
    ('dropout', 1.0), ('dropout', None), ('seed', -1),
    ('depth', True), ('seed', np.True_), ('classes', np.float64(5)), ('widths', (16, 32, True, 64)),
    ('channel_ratio', True), ('dropout', float('nan')), ('skips', 'no'), ('include_top', 1),
])
def test_a_bad_field_is_named(field, value):
    with pytest.raises(ValueError, match=f'^{field} must be .+, got '):
        DualStreamConfig(**{field: value})


def test_an_unknown_preset_is_named():
    with pytest.raises(ValueError, match="preset must be one of .*'nano'.*, got 'huge'"):
        build('huge')


def test_an_unknown_field_is_named():
    with pytest.raises(TypeError, match='colour'):
        build('nano', colour=True)


@pytest.mark.parametrize('config', PRESETS.values(), ids=PRESETS)
def test_a_config_survives_json(config):
    assert DualStreamConfig(**json.loads(json.dumps(dataclasses.asdict(config)))) == config


def test_numbers_of_numpy_become_pythons_own():
    config = DualStreamConfig(
        image_size=[np.int64(64), np.uint8(96)], classes=np.int64(5), seed=np.uint32(7),
        channel_ratio=np.float32(0.5), dropout=0)
    assert config == DualStreamConfig(image_size=(64, 96), seed=7, dropout=0.0)
    for value in (*config.image_size, config.classes, config.seed):
        assert type(value) is int
    assert type(config.channel_ratio) is type(config.dropout) is float
    json.dumps(dataclasses.asdict(config))


@pytest.mark.parametrize('ratio', [0.07, 0.25, 1 / 3, 0.5, 0.7, 1.0])
def test_the_hsv_stream_has_at_least_the_promised_share_of_channels(ratio):
    for width in range(1, 1700):
        config = DualStreamConfig(widths=(width,) * 4, channel_ratio=ratio)
        for hsv_width in config.hsv_widths:
            assert ratio * width - 1e-6 <= hsv_width <= width
            assert hsv_width - ratio * width < 16
            assert hsv_width % 16 == 0 or hsv_width == width


def test_channels_of_the_hsv_stream_stop_at_the_read_out():
    widths = (16, 48, 80, 200)
    assert DualStreamConfig(widths=widths).hsv_widths == (16,)
    assert DualStreamConfig(widths=widths, hsv_areas=4).hsv_widths == (16, 32, 48, 112)
    assert len(DualStreamConfig(delay=3, hsv_areas=4).hsv_widths) == 2
    assert DualStreamConfig(slow='none').hsv_widths == ()

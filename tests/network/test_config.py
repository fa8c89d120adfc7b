"""Configurations: what they refuse, and that they survive being written down."""

import dataclasses
import json

import pytest

from dualstream.network import PRESETS, DualStreamConfig, build


@pytest.mark.parametrize('field, value', [
    ('image_size', (63, 224)), ('image_size', (224,)), ('image_size', (224.0, 224)),
    ('image_size', 224), ('classes', 0), ('widths', (16, 32, 64)), ('widths', (16, 32, 64, 0)),
    ('depth', 0), ('depth_ratio', 1.5), ('channel_ratio', 0), ('channel_ratio', 1.1),
    ('channel_ratio', '1/2'), ('delay', 4), ('delay', -1), ('hue', 'cubic'),
    ('fast', 'none'), ('slow', 'gray'), ('lateral', 'up'),
    ('merge', 'max'), ('dropout', 1.0), ('dropout', None), ('seed', -1),
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


def test_channels_of_the_hsv_stream_fill_vectors_and_stop_where_the_decision_is_made():
    assert DualStreamConfig(widths=(16, 48, 96, 200)).hsv_widths == (16, 32, 48, 96)
    assert len(DualStreamConfig(delay=3).hsv_widths) == 2

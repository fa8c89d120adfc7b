"""How a configuration looks at photographs, in training and afterwards."""

import dataclasses
import json
import math

import pytest

from dualstream.runtime.configflags import ZOOM
from dualstream.training.config import Recipe, TrainConfig
from dualstream.training.looking import routine_of, training_routine_of, view_names, views_of


@pytest.mark.parametrize('flag, zoom, numbers', [
    ('1', 1.0, 1.0), ('2.5', 2.5, 2.5), ('frame', 'frame', math.inf),
    ('1,3', (1.0, 3.0), (1.0, 3.0)), ('0.5,frame', (0.5, 'frame'), (0.5, math.inf))])
def test_a_zoom_goes_from_the_flag_through_json_to_the_routine(flag, zoom, numbers):
    config = TrainConfig(crop='random', zoom=ZOOM.parse(flag))
    assert config.zoom == zoom and ZOOM.serialize(zoom) == flag
    text = json.dumps(dataclasses.asdict(config), allow_nan=False)
    stored = json.loads(text)
    again = TrainConfig(**stored | {'recipe': Recipe(**stored['recipe'])})
    assert again == config and training_routine_of(again).zoom == numbers


def test_the_network_is_used_without_chance():
    config = TrainConfig(crop='random', zoom=(1.0, 4.0))
    assert training_routine_of(config).crop == 'random'
    assert routine_of(config) == dataclasses.replace(training_routine_of(config), crop='array')
    plain = TrainConfig(crop='none', mask='none')
    assert routine_of(plain) == training_routine_of(plain)


def test_views_are_windows_of_their_zooms_and_the_frame():
    config = TrainConfig(recipe=Recipe(views=['whole', 1.5, 'frame']))
    whole, larger, largest = views_of(config).routines
    assert (whole.mask, whole.crop) == ('none', 'none')
    assert (larger.zoom, largest.zoom) == (1.5, math.inf)
    assert larger.crop == largest.crop == 'array'
    full_scale = TrainConfig(crop='array')
    assert views_of(full_scale) == routine_of(full_scale)


def test_random_windows_are_of_all_sizes_unless_a_zoom_is_named():
    config = TrainConfig()
    assert training_routine_of(config).zoom == (1.0, math.inf)
    assert view_names(config) == ('window',) and views_of(config) == routine_of(config)
    own, largest = views_of(TrainConfig(recipe=Recipe(views=('window', 'frame')))).routines
    assert own == routine_of(config)
    assert (largest.crop, largest.zoom) == ('array', math.inf)
    assert training_routine_of(TrainConfig(zoom=2.0)).zoom == 2.0
    for config in (TrainConfig(crop='array'), TrainConfig(mask='none', crop='none')):
        assert training_routine_of(config).zoom == 1.0


@pytest.mark.parametrize('faulty', ['far', '1,', '1;3', ''])
def test_a_flag_that_is_no_zoom_is_refused(faulty):
    with pytest.raises(ValueError, match='LOW,HIGH'):
        ZOOM.parse(faulty)


@pytest.mark.parametrize('faulty, named', [
    ({'zoom': 0}, 'zoom'), ({'zoom': math.inf}, 'zoom'), ({'zoom': 'far'}, 'zoom'),
    ({'zoom': (3, 1), 'crop': 'random'}, 'zoom'),
    ({'zoom': ('frame', 1), 'crop': 'random'}, 'zoom'),
    ({'zoom': (1, 3), 'crop': 'array'}, 'zoom'),
    ({'zoom': (1, 2, 3), 'crop': 'random'}, 'zoom'),
    ({'zoom': 2, 'mask': 'none', 'crop': 'none'}, 'zoom'),
    ({'recipe': Recipe(views=(1.0,)), 'mask': 'none', 'crop': 'none'}, 'views')])
def test_what_cannot_be_looked_at_is_refused_by_name(faulty, named):
    with pytest.raises(ValueError, match=f'^{named}'):
        TrainConfig(**faulty)
    with pytest.raises(ValueError, match='^views'):
        Recipe(views=('far',))

"""What may be exported, and where to."""

import dataclasses

import numpy as np
import pytest

from dualstream.export.config import FORMATS, ExportConfig
from dualstream.export.source import exported_routine
from dualstream.pipeline import Routine
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.looking import routine_of


@pytest.mark.parametrize('changes, said', [
    ({'out': ''}, 'out must name'), ({'format': ()}, 'format must be some of'),
    ({'format': ('onnx', 'onnx')}, 'each once'), ({'format': ('pickle',)}, "got 'pickle'")])
def test_what_cannot_be_is_refused_by_its_name(changes, said):
    with pytest.raises(ValueError, match=said):
        ExportConfig(**{'out': 'here', 'format': FORMATS} | changes)


def test_the_routine_draws_nothing_and_needs_no_grid():
    config = TrainConfig(image_size=(64, 96), zoom=1.0)
    for changes in ({}, {'crop': 'random', 'look': 'glance'}, {'look': 'grid'}, {'crop': 'loop'}):
        assert exported_routine(dataclasses.replace(config, **changes)) == Routine(
            (64, 96), look='pixels', mask_step=1)
    assert exported_routine(dataclasses.replace(config, look='pixels')).mask_step == 4
    whole = dataclasses.replace(config, mask='none', crop='none')
    assert exported_routine(whole).crop == 'none'


def test_the_window_is_the_one_that_the_grid_gives(photos):
    """So a photograph from anywhere is seen as those that the network was trained on.

    Of windows that are not made of whole blocks the grid only knows about how much leaf they show.
    """
    config = TrainConfig(image_size=(64, 96), zoom=1.0)
    grid, pixels = routine_of(config), exported_routine(config)
    for example in photos.read('test').take(4):
        window = grid.window_of_example(example, (0, 0))
        np.testing.assert_array_equal(pixels.window_of_example(example, (0, 0)), window)


def test_opencv_is_refused_with_the_reason():
    with pytest.raises(UserError, match='--mask=cv, which is OpenCV behind Python'):
        exported_routine(TrainConfig(mask='cv'))

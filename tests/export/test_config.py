"""What may be exported, and where to."""

import dataclasses

import pytest

from dualstream.export.config import FORMATS, ExportConfig
from dualstream.export.source import exported_routine
from dualstream.pipeline import Routine
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig


@pytest.mark.parametrize('changes, said', [
    ({'out': ''}, 'out must name'), ({'format': ()}, 'format must be some of'),
    ({'format': ('onnx', 'onnx')}, 'each once'), ({'format': ('pickle',)}, "got 'pickle'")])
def test_what_cannot_be_is_refused_by_its_name(changes, said):
    with pytest.raises(ValueError, match=said):
        ExportConfig(**{'out': 'here', 'format': FORMATS} | changes)


def test_the_routine_draws_nothing_and_needs_no_grid():
    config = TrainConfig(image_size=(64, 96))
    assert exported_routine(config) == Routine((64, 96), look='pixels')
    for changes in ({'crop': 'random', 'look': 'glance'}, {'look': 'grid'}, {'crop': 'loop'}):
        assert exported_routine(dataclasses.replace(config, **changes)) == Routine(
            (64, 96), look='pixels')
    whole = dataclasses.replace(config, mask='none', crop='none')
    assert exported_routine(whole).crop == 'none'


def test_opencv_is_refused_with_the_reason():
    with pytest.raises(UserError, match='--mask=cv, which is OpenCV behind Python'):
        exported_routine(TrainConfig(mask='cv'))

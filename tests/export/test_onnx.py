"""ONNX: one file gives what Python gives, for frames of any size."""

import dataclasses
import json

import numpy as np
import pytest

from dualstream.export import onnx
from dualstream.export.parity import Parity
from dualstream.export.source import answer_in_python, load_source, upright_frame
from dualstream.pipeline import Routine

pytestmark = pytest.mark.slow


def test_it_answers_as_python_does_with_windows_and_verdicts(
        run_folder, photographs, tmp_path):
    source = load_source(str(run_folder))
    path = onnx.write(source, tmp_path, ())
    row = Parity.of('onnx', onnx.answer(source, path, photographs)['onnx'],
                    answer_in_python(str(run_folder), photographs), limits=onnx.LIMITS['onnx'])
    assert row.holds, row
    session = onnx.open_session(path)
    names = session.get_modelmeta().custom_metadata_map['label_names']
    assert json.loads(names) == [*source.label_names]
    soil = np.full((90, 70, 3), (90, 60, 40), np.uint8)
    for frame in (upright_frame(photographs[0]), soil):
        coverage, verdict, probabilities = session.run(
            ['coverage', 'verdict', 'probabilities'], {'frame': frame})
        assert coverage == pytest.approx(float(source.look(frame)[1]), abs=1e-6)
        expected = 'diagnosis' if probabilities.max() >= 0.4 else 'unsure'
        assert verdict == ('not a leaf' if frame is soil else expected)


def test_whole_frames_are_resized_as_python_resizes_them(run_folder, photographs, tmp_path):
    source = dataclasses.replace(
        load_source(str(run_folder)), routine=Routine((64, 64), mask='none', crop='none'))
    answers = onnx.answer(None, onnx.write(source, tmp_path, ()), photographs)['onnx']
    for contents, *answer in zip(photographs, answers.windows, answers.probabilities):
        window, _, image = source.look(upright_frame(contents))
        np.testing.assert_array_equal(answer[0], window)
        np.testing.assert_allclose(answer[1], source.network(image[None])[0], atol=1e-4, rtol=0)

"""ONNX: one file gives what Python gives, for frames of any size."""

import json

import numpy as np
import pytest

from dualstream.export import onnx
from dualstream.export.parity import Parity
from dualstream.export.source import answer_in_python, load_source, upright_frame

pytestmark = pytest.mark.slow


def test_it_answers_as_python_does_with_windows_and_verdicts(
        run_folder, photographs, tmp_path):
    import onnxruntime

    source = load_source(str(run_folder))
    path = onnx.write(source, tmp_path, ())
    row = Parity.of('onnx', onnx.answer(source, path, photographs)['onnx'],
                    answer_in_python(str(run_folder), photographs), limits=onnx.LIMITS['onnx'])
    assert row.holds, row
    session = onnxruntime.InferenceSession(path)
    names = session.get_modelmeta().custom_metadata_map['label_names']
    assert json.loads(names) == [*source.label_names]
    soil = np.full((90, 70, 3), (90, 60, 40), np.uint8)
    for frame in (upright_frame(photographs[0]), soil):
        coverage, verdict, probabilities = session.run(
            ['coverage', 'verdict', 'probabilities'], {'frame': frame})
        assert coverage == pytest.approx(float(source.look(frame)[1]), abs=1e-6)
        expected = 'diagnosis' if probabilities.max() >= 0.4 else 'unsure'
        assert verdict == ('not a leaf' if frame is soil else expected)

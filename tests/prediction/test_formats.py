"""One network in all formats: the same classes, windows and verdicts from each."""

import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image

import dualstream
from dualstream import network
from dualstream.export import litert, onnx, saved_model
from dualstream.export.source import load_source
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig

LABELS = ['ill', 'pale', 'well']


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp('run')
    network.build('nano', image_size=(64, 64), classes=3).save(folder / 'model.keras')
    (folder / 'summary.json').write_text(json.dumps({
        'config': dataclasses.asdict(TrainConfig(image_size=(64, 64))), 'label_names': LABELS,
        'refusal': {'min_coverage': 0.5, 'min_confidence': 0.0}}))
    return folder


@pytest.fixture(scope='module')
def photographs():
    """A leaf, a leaf to be turned, one smaller than the network's image, and a gray wall."""
    frames = [np.random.default_rng(seed).integers(0, 256, size, np.uint8)
              for seed, size in enumerate([(90, 140, 3), (120, 72, 3), (48, 48, 3)])]
    for frame in frames:
        frame[-70:, -70:] = (40, 150, 50)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = []
    for number, frame in enumerate([*frames, np.full([80, 80, 3], 128, np.uint8)]):
        file = io.BytesIO()
        Image.fromarray(frame).save(file, 'JPEG', **({'exif': exif} if number == 1 else {}))
        files.append(file.getvalue())
    return files


@pytest.mark.slow
@pytest.mark.parametrize('format', [saved_model, litert, onnx], ids=lambda each: each.__name__)
def test_each_format_predicts_as_the_run_does(run, photographs, tmp_path, format):
    if format is litert:
        pytest.importorskip('ai_edge_quantizer')
    if format is onnx:
        pytest.importorskip('tf2onnx')
    path = format.write(load_source(str(run)), tmp_path, photographs)
    path = path / 'litert_float32.tflite' if format is litert else path
    expected = dualstream.load(run).predict(photographs)
    predictor = dualstream.load(path)
    assert list(predictor.label_names) == LABELS
    assert [each.verdict for each in expected] == 3 * ['diagnosis'] + ['not a leaf']
    for prediction, same in zip(predictor.predict(photographs), expected):
        assert prediction.window == same.window and prediction.verdict == same.verdict
        assert prediction.probabilities == pytest.approx(same.probabilities, abs=1e-4)
        assert prediction.coverage == pytest.approx(same.coverage, abs=1e-3)


@pytest.mark.parametrize('name', ['a.tflite', 'a.onnx', 'missing.tflite'])
def test_files_of_others_are_refused(tmp_path, name):
    pytest.importorskip('ai_edge_quantizer' if name.endswith('tflite') else 'onnxruntime')
    (tmp_path / 'a.tflite').write_bytes(b'no model')
    (tmp_path / 'a.onnx').write_bytes(b'no model')
    with pytest.raises(UserError, match='dualstream (wrote|exported)|does not exist'):
        dualstream.load(tmp_path / name)

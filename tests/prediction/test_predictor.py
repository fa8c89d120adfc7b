"""A predictor says the same of a photograph however it is given, and names what is wrong."""

import dataclasses
import io
import json
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

import dualstream
from dualstream import network
from dualstream.evaluation.refusal import VERDICTS
from dualstream.pipeline import decode_frame
from dualstream.prediction.run_backend import RunBackend
from dualstream.runtime.errors import UserError
from dualstream.training.config import TrainConfig
from dualstream.training.looking import prediction_routine, routine_of

CONFIG = {'image_size': [64, 64], 'crop': 'random', 'look': 'grid', 'recipe': {}}
LABELS = ['ill', 'well', 'dead']


def encode(pixels, kind='JPEG', orientation=1):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(file, kind, quality=95, exif=exif)
    return file.getvalue()


def leafy(height, width, seed):
    """A green frame that is leafier in one place than in others."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    pixels[height // 3:, width // 2:] = (40, 160, 50)
    return pixels


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """What a run leaves: a network, untrained, and its summary."""
    folder = tmp_path_factory.mktemp('run')
    network.build('nano', image_size=(64, 64), classes=3).save(folder / 'model.keras')
    (folder / 'summary.json').write_text(json.dumps({
        'config': CONFIG, 'label_names': LABELS,
        'refusal': {'min_coverage': 0.2, 'min_confidence': 0.1}}))
    return folder


@pytest.fixture(scope='module')
def predictor(run):
    return dualstream.load(run)


def test_paths_bytes_and_arrays_give_what_routine_and_network_give(predictor, tmp_path):
    frames = [leafy(*size, seed) for seed, size in enumerate([(96, 128), (70, 65), (40, 50)])]
    files = [encode(frames[0]), encode(frames[1], 'PNG'), encode(frames[2])]
    paths = [tmp_path / str(number) for number in range(len(files))]
    for path, contents in zip(paths, files):
        path.write_bytes(contents)
    decoded = [decode_frame(contents).numpy() for contents in files]
    of_paths, of_bytes, of_arrays = (predictor.predict(each) for each in (paths, files, decoded))
    routine = prediction_routine(TrainConfig(image_size=(64, 64), crop='random'))
    images = np.stack([routine({'image': contents}, (0, 0)) for contents in files])
    expected = predictor.backend.network.predict(images, verbose=0)
    for predictions in (of_paths, of_bytes, of_arrays):
        for number, prediction in enumerate(predictions):
            assert prediction.probabilities == pytest.approx(
                dict(zip(LABELS, expected[number])), abs=1e-6)
            shares = list(prediction.probabilities.values())
            assert shares == sorted(shares, reverse=True)
            np.testing.assert_array_equal(
                prediction.window, routine.window_of_example({'image': files[number]}, (0, 0)))
            assert prediction.coverage == pytest.approx(float(routine.coverage(images[number])))
    assert [each.name for each in of_paths] == [str(path) for path in paths]
    alone = predictor.predict(paths[0])
    assert alone.window == of_paths[0].window and alone.name == of_paths[0].name
    assert alone.probabilities == pytest.approx(of_paths[0].probabilities, abs=1e-6)
    assert [each.probabilities for each in predictor.predict([files[0], paths[1]])] == [
        pytest.approx(each.probabilities, abs=1e-6) for each in of_bytes[:2]]


def test_photographs_are_turned_upright(predictor):
    """Pillow, which turns the same files, says what is upright."""
    files = [encode(leafy(80, 120, 0), 'PNG', orientation) for orientation in range(1, 9)]
    upright = [np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(contents))))
               for contents in files]
    assert {frame.shape for frame in upright} == {(80, 120, 3), (120, 80, 3)}
    for turned, expected in zip(predictor.predict(files), predictor.predict(upright)):
        assert turned.window == expected.window
        assert turned.probabilities == pytest.approx(expected.probabilities, abs=1e-6)


def test_each_fault_is_named_and_the_others_are_predicted(predictor, tmp_path):
    good = encode(leafy(80, 96, 0))
    huge = good.index(b'\xff\xc0') + 5
    faults = {
        'torn': (good[:len(good) // 2], 'cannot be decoded'),
        'empty': (b'', 'empty'),
        'text': (b'no photograph', 'not a JPEG or PNG'),
        'gif': (encode(leafy(80, 96, 0), 'GIF'), 'not a JPEG or PNG'),
        'huge': (good[:huge] + b'\x80\0\x80\0' + good[huge + 4:], 'above 50 megapixels')}
    for name, (contents, _) in faults.items():
        (tmp_path / name).write_bytes(contents)
    (tmp_path / 'good').write_bytes(good)
    (tmp_path / os.fsdecode(b'not utf-8 \xff')).write_bytes(good[:100])
    with open(tmp_path / 'large', 'wb') as file:
        file.truncate(30_000_001)
    os.mkfifo(tmp_path / 'pipe')  # which would be waited for forever
    faults |= {'large': (None, 'above 30 MB'), 'pipe': (None, 'not a file'), '.': (
        None, 'not a file'), 'missing': (None, 'no such file or directory'),
        os.fsdecode(b'not utf-8 \xff'): (None, 'cannot be decoded')}
    names = [each for name in faults for each in (name, 'good')]
    predictions = predictor.predict([tmp_path / name for name in names])
    for name, prediction in zip(names, predictions):
        assert prediction.error == ('' if name == 'good' else faults[name][1]), name
        assert prediction.verdict in (VERDICTS if name == 'good' else ('',))
    with pytest.raises(UserError, match='torn: cannot be decoded'):
        predictor.predict(tmp_path / 'torn')
    with pytest.raises(UserError, match='1: not a JPEG or PNG'):
        predictor.predict(b'GIF89a')
    with pytest.raises(ValueError, match='photo must be'):
        predictor.predict(np.zeros([4, 4]))
    assert predictor.predict([]) == []


def test_verdicts_are_those_of_the_thresholds(run, predictor):
    """Of frames without and with leaf, at thresholds on both sides of the confidence."""
    bare, leaf = np.full([64, 64, 3], 128, np.uint8), leafy(64, 64, 0)
    confidence = predictor.predict(leaf).top(1)[0][1]
    for least, said in ((confidence - 0.01, 'diagnosis'), (confidence + 0.01, 'unsure')):
        backend = predictor.backend
        strict = dualstream.Predictor(RunBackend(
            backend.network, backend.routine, backend.label_names,
            type(backend.refusal)(0.2, least)))
        assert [each.verdict for each in strict.predict([bare, leaf])] == ['not a leaf', said]


def test_what_cannot_be_loaded_is_refused(run, tmp_path):
    (tmp_path / 'model.keras').write_bytes((run / 'model.keras').read_bytes())
    summary = json.loads((run / 'summary.json').read_text())
    (tmp_path / 'summary.json').write_text(json.dumps(
        {key: value for key, value in summary.items() if key != 'refusal'}))
    (tmp_path / 'saved_model').mkdir()
    (tmp_path / 'saved_model' / 'saved_model.pb').write_bytes(b'no graph')
    (tmp_path / 'old.h5').write_bytes(b'\x89HDF')
    for name, message in (('', 'older than refusal'), ('missing', 'does not exist'),
                          ('saved_model', 'is not a whole SavedModel'), ('old.h5', 'HDF5')):
        with pytest.raises(UserError, match=message):
            dualstream.load(tmp_path / name)


@pytest.mark.parametrize('changes', [{'mask': 'cv'}, {'crop': 'loop'}, {'look': 'glance'}])
def test_the_window_is_the_leafiest_whatever_found_it_in_training(changes):
    config = TrainConfig(image_size=(64, 64), crop='array')
    assert prediction_routine(dataclasses.replace(config, **changes)) == prediction_routine(config)
    whole = TrainConfig(image_size=(64, 64), mask='none', crop='none')
    assert prediction_routine(whole) == routine_of(whole)


def test_a_jpeg_of_a_network_of_whole_frames_is_decoded_as_in_training(predictor):
    """At a reduced scale; which is another image than that of its decoded frame."""
    backend = predictor.backend
    whole = RunBackend(backend.network, dualstream.Routine((64, 64), 'none', 'none'),
                       backend.label_names, backend.refusal)
    contents = encode(leafy(300, 400, 0))
    frame = tf.io.decode_jpeg(contents).numpy()
    image = whole.routine({'image': contents}, (0, 0)).numpy()
    expected = backend.network.predict(image[None], verbose=0)[0]
    of_bytes, of_frame = dualstream.Predictor(whole).predict([contents, frame])
    assert of_bytes.probabilities == pytest.approx(dict(zip(LABELS, expected)), abs=1e-6)
    assert np.abs(image - whole.routine.image_of_frame(frame, [0, 0, 300, 400])).max() > 0.02
    assert of_bytes.window == of_frame.window == (0, 0, 300, 400)

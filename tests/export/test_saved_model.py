"""The SavedModel: TensorFlow alone gives what Python gives, and a bad photograph harms no other."""

import struct
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from dualstream.export import saved_model
from dualstream.export.parity import Parity
from dualstream.export.source import answer_in_python, load_source, upright_frame

pytestmark = pytest.mark.slow

FRESH = '''
import sys
from importlib.machinery import ModuleSpec

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ('dualstream', 'keras'):
            # TensorFlow asks where Keras would be, without importing it.
            return ModuleSpec(name, self, origin='nowhere/__init__.py')

    def create_module(self, spec):
        raise ImportError(f'{spec.name} is not there')

sys.meta_path.insert(0, Forbidden())
import numpy as np
import tensorflow as tf

serve = tf.saved_model.load(sys.argv[1]).signatures['serving_default']
batch = np.load(sys.argv[2], allow_pickle=True)
np.savez(sys.argv[3], **serve(photographs=tf.constant(list(batch))))
assert not {'dualstream', 'keras'} & {name.split('.')[0] for name in sys.modules}
'''


@pytest.fixture(scope='module')
def source(run_folder):
    return load_source(str(run_folder))


@pytest.fixture(scope='module')
def path(source, tmp_path_factory):
    return saved_model.write(source, tmp_path_factory.mktemp('export'), ())


def test_it_answers_as_python_does(source, path, photographs, run_folder):
    expected = answer_in_python(str(run_folder), photographs)
    answers = saved_model.answer(source, path, photographs)['saved_model']
    row = Parity.of('saved_model', answers, expected, limits=saved_model.LIMITS['saved_model'])
    assert row.holds, row
    assert len({tuple(window) for window in expected.windows}) == len(photographs)


def test_tensorflow_alone_answers_and_flags_each_bad_photograph(path, photographs, tmp_path):
    good = photographs[:3]
    png = photographs[2]
    bad = {
        good[0][:len(good[0]) // 2]: 'cannot be decoded', b'\xff\xd8\xff': 'cannot be decoded',
        png[:60]: 'cannot be decoded', png[:-30] + bytes(30): 'cannot be decoded',
        b'': 'not a JPEG or PNG', b'GIF89a' + bytes(20): 'not a JPEG or PNG',
        png[:16] + struct.pack('>II', 60_000, 60_000) + png[24:]: 'above 50 megapixels'}
    batch = np.array([*bad, *good][::-1], object)
    np.save(tmp_path / 'batch.npy', batch, allow_pickle=True)
    done = subprocess.run(
        [sys.executable, '-c', FRESH, path, tmp_path / 'batch.npy', tmp_path / 'answers.npz'],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    answers = {name: each[::-1] for name, each in np.load(
        tmp_path / 'answers.npz', allow_pickle=True).items()}
    errors = [error.decode() for error in answers['error']]
    assert errors == [*bad.values(), '', '', '']
    assert not answers['probabilities'][:len(bad)].any() and not answers['window'][:len(bad)].any()
    assert {*answers['verdict'][:len(bad)]} == {b''}
    alone = saved_model.answer(None, path, good)['saved_model']
    np.testing.assert_allclose(answers['probabilities'][len(bad):], alone.probabilities, atol=1e-6)
    np.testing.assert_array_equal(answers['window'][len(bad):], alone.windows)


def test_a_batch_of_none_but_bad_ones_and_an_empty_batch(path):
    serve = tf.saved_model.load(str(path)).signatures['serving_default']
    for batch in ([b'', b'\xff\xd8\xff'], []):
        answers = serve(photographs=tf.constant(batch, tf.string))
        assert {len(each) for each in answers.values()} == {len(batch)}


def test_frames_are_answered_as_photographs_are(path, source, photographs):
    signatures = tf.saved_model.load(str(path)).signatures
    for contents in photographs[:2]:
        of_bytes = signatures['serving_default'](photographs=tf.constant([contents]))
        of_frames = signatures['frames'](frames=upright_frame(contents)[None])
        assert of_frames.keys() == of_bytes.keys() - {'error'}
        for name, value in of_frames.items():
            if name == 'probabilities':
                np.testing.assert_allclose(value, of_bytes[name], atol=1e-6, rtol=0)
            else:
                np.testing.assert_array_equal(value, of_bytes[name], err_msg=name)
        assert [name.decode() for name in of_frames['label_names'][0].numpy()] == [
            *source.label_names]


def test_verdicts_go_by_coverage_then_by_confidence(path):
    frames = np.uint8([np.full((64, 64, 3), level) for level in ((40, 150, 50), (90, 60, 40))])
    answers = tf.saved_model.load(str(path)).signatures['frames'](frames=tf.constant(frames))
    confidence = answers['probabilities'].numpy().max(axis=1)
    np.testing.assert_array_equal(answers['coverage'], [1, 0])
    assert answers['verdict'].numpy().tolist() == [
        b'diagnosis' if confidence[0] >= 0.4 else b'unsure', b'not a leaf']


def test_no_python_is_inside(path):
    saved = saved_model_pb2.SavedModel.FromString((path / 'saved_model.pb').read_bytes())
    graph = saved.meta_graphs[0].graph_def
    ops = {node.op for nodes in (graph.node, *(each.node_def for each in graph.library.function))
           for node in nodes}
    assert {'DecodeJpeg', 'Conv2D'} <= ops
    assert not [op for op in ops if 'PyFunc' in op]

"""LiteRT: the files of a run answer as the run does, by LiteRT's own ops alone."""

import dataclasses

import numpy as np
import pytest

from dualstream.evaluation.refusal import VERDICTS, verdicts_of
from dualstream.export import litert
from dualstream.export.parity import Parity
from dualstream.export.source import answer_in_python, load_source, upright_frame
from dualstream.runtime.errors import UserError

ai_edge_litert = pytest.importorskip('ai_edge_litert.interpreter')
pytest.importorskip('ai_edge_quantizer')


@pytest.fixture(scope='module')
def files(run_folder, photographs, tmp_path_factory):
    """The folder of a run's three files."""
    out = tmp_path_factory.mktemp('litert')
    return litert.write(load_source(str(run_folder)), out, photographs)


@pytest.mark.slow
def test_each_file_answers_as_python_does(files, run_folder, photographs):
    expected = answer_in_python(str(run_folder), photographs)
    answers = litert.answer(None, files, photographs)
    assert answers.keys() == litert.LIMITS.keys()
    for name, each in answers.items():
        np.testing.assert_array_equal(each.windows, expected.windows)
        assert Parity.of(name, each, expected, limits=litert.LIMITS[name]).holds
    sizes = [(files / f'litert_{precision}.tflite').stat().st_size
             for precision in litert.PRECISIONS]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0] / 2


@pytest.mark.slow
def test_verdict_coverage_and_mask_follow_from_the_answer(files, run_folder, photographs):
    source = load_source(str(run_folder))
    judge = litert.open_litert(files / 'litert_float32.tflite')
    for contents in photographs:
        frame = upright_frame(contents)
        answer = judge(frame)
        _, coverage, _ = source.look(frame)
        assert answer['coverage'] == pytest.approx(float(coverage), abs=1e-3)
        verdict = verdicts_of(
            answer['coverage'], answer['probabilities'].max(), source.refusal)
        assert VERDICTS[answer['verdict']] == verdict
        assert answer['mask'].sum() == answer['mask'][:frame.shape[0], :frame.shape[1]].sum() > 0


@pytest.mark.slow
def test_larger_photographs_are_shrunk_and_their_windows_found_again(files):
    judge = litert.open_litert(files / 'litert_float32.tflite')
    small = np.zeros([240, 160, 3], np.uint8)
    small[120:200, 40:120] = (40, 150, 50)
    large = small.repeat(4, axis=0).repeat(4, axis=1)
    np.testing.assert_array_equal(judge(large)['window'], 4 * judge(small)['window'])


@pytest.mark.slow
def test_there_are_no_ops_of_tensorflow_in_it(files):
    content = (files / 'litert_float32.tflite').read_bytes()
    assert b'Flex' not in content


@pytest.mark.slow
def test_a_run_without_a_crop_is_converted_too(run_folder, photographs, tmp_path):
    source = load_source(str(run_folder))
    whole = dataclasses.replace(
        source, routine=dataclasses.replace(source.routine, mask='none', crop='none'))
    path = tmp_path / 'whole.tflite'
    path.write_bytes(litert.convert(whole, (240, 240)))
    judge = litert.open_litert(path)
    for contents in photographs:
        frame = upright_frame(contents)
        window, _, image = whole.look(frame)
        expected = whole.network(image[None], training=False)[0]
        np.testing.assert_array_equal(judge(frame)['window'], window)
        np.testing.assert_allclose(judge(frame)['probabilities'], expected, atol=1e-4)


def test_what_does_not_fit_is_refused():
    assert litert.canvas_size([(600, 800), (10, 401)]) == (800, 800)
    with pytest.raises(UserError, match='up to 4000 pixels'):
        litert.canvas_size([(3000, 4000)])


def test_another_file_is_refused(tmp_path):
    other = tmp_path / 'other.tflite'
    other.write_bytes(b'no flatbuffer')
    with pytest.raises(UserError, match='is not a LiteRT file'):
        litert.open_litert(other)

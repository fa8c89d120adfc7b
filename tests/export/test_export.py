"""The command dualstream.export: all of an export appears, or nothing."""

import hashlib
import pathlib
import re

import commands
import numpy as np
import pytest
import yaml
from absl import flags

from dualstream.export.parity import Answers, Limits
from dualstream.runtime.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture
def photo_folder(photographs, tmp_path):
    folder = tmp_path / 'photos'
    folder.mkdir()
    for number, contents in enumerate(photographs[:2]):
        (folder / f'{number}.jpg').write_bytes(contents)
    return folder


def front_matter(card: pathlib.Path) -> dict:
    return yaml.safe_load(re.match(r'---\n(.*?)\n---\n', card.read_text(), re.DOTALL)[1])


def test_a_trained_run_goes_through_all_formats(finished, tmp_path):
    """Its windows come from leaf grids in training, and are the same from photographs alone.

    Its test split is found where the training found it.
    """
    out = tmp_path / 'out'
    process = commands.run(
        'dualstream.export', f'--workdir={finished}', f'--out={out}',
        '--format=saved_model,litert,onnx')
    assert process.returncode == 0, process.stderr
    rows = re.findall(r'^\| ([\w ]+) \| (\d+) \| .* \| (\w+) \|$', process.stdout, re.MULTILINE)
    assert [name for name, *_ in rows] == [
        'saved_model', 'litert float32', 'litert float16', 'litert int8', 'onnx']
    assert {said for *_, said in rows} == {'yes'}
    facts = front_matter(out / 'MODEL_CARD.md')
    listed = {file['path']: file['sha256'] for file in facts['files']}
    assert listed == {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob('*') if path.is_file() and path.name != 'MODEL_CARD.md'}
    assert {'model.onnx', 'saved_model/saved_model.pb', 'litert_int8.tflite'} <= listed.keys()
    assert facts['data']['synthetic'] is True and 'synthetic' in (
        out / 'MODEL_CARD.md').read_text().split('---')[2]
    for measured in (*facts['metrics'].values(), *facts['recalls'].values()):
        low, high = measured['interval']
        assert 0 <= low <= high
    assert facts['metrics']['balanced_accuracy']['trivial'] == pytest.approx(
        1 / len(facts['recalls']), abs=1e-4)


def test_what_does_not_answer_as_python_does_is_not_kept(
        run_folder, photo_folder, tmp_path, command, monkeypatch):
    module = command('dualstream.export.__main__')
    out = tmp_path / 'out'

    def write_what_is_wrong(name, workdir, folder, *, photographs):
        (folder / 'model.onnx').write_text('wrong')
        return {name: (Answers(np.full([2, 3], 1 / 3), np.zeros([2, 4])), Limits(1e-4))}

    monkeypatch.setattr('dualstream.export.formats.export_format', write_what_is_wrong)
    monkeypatch.setenv('KERAS_BACKEND', 'tensorflow')
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    flags.FLAGS(['export', f'--workdir={run_folder}', f'--out={out}', '--format=onnx',
                 f'--photos={photo_folder}'])
    with pytest.raises(UserError, match='^onnx does not answer as Python does'):
        module.main([])
    assert [path.name for path in tmp_path.iterdir()] == ['photos']


def test_a_user_s_mistake_is_one_line_and_a_status(run_folder, photo_folder, tmp_path):
    for folder in ('empty', 'torn'):
        (tmp_path / folder).mkdir()
    (tmp_path / 'torn' / 'leaf.jpg').write_bytes(b'\xff\xd8\xff\xe0 no more')
    for given, named in (
            ((f'--workdir={run_folder}',), '--out must name'),
            ((f'--out={photo_folder}', f'--workdir={run_folder}'), 'is there already'),
            ((f'--out={tmp_path}/out', f'--workdir={tmp_path}'), 'does not exist'),
            ((f'--out={tmp_path}/out', f'--workdir={run_folder}', f'--photos={tmp_path}/empty'),
             'holds no picture'),
            ((f'--out={tmp_path}/out', f'--workdir={run_folder}', f'--photos={tmp_path}/torn'),
             'leaf.jpg: '),
            ((f'--out={tmp_path}/out', '--format=pickle'), '--format must be some of')):
        process = commands.run('dualstream.export', *given)
        assert process.returncode == 1
        last = process.stderr.strip().splitlines()[-1]
        assert last.startswith('error: ') and named in last
    assert not (tmp_path / 'out').exists()

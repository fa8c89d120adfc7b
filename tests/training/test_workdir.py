"""A run's folder: never half-written, never another run's."""

import json
import os

import numpy as np
import pytest

from dualstream.training.workdir import Workdir

CONFIG = {'seed': 0, 'mask': 'tf'}


@pytest.fixture
def workdir(tmp_path):
    workdir = Workdir(tmp_path / 'run', CONFIG, resume=False)
    workdir.claim()
    return workdir


def test_claims_a_new_folder(workdir):
    assert json.loads((workdir.path / 'config.json').read_text()) == CONFIG
    assert not workdir.finished and workdir.load_checkpoint() is None


def test_writing_leaves_the_old_file_when_it_fails(workdir):
    with workdir.writing('report.md') as path:
        path.write_text('whole')
    with pytest.raises(RuntimeError):
        with workdir.writing('report.md') as path:
            path.write_text('ha')
            raise RuntimeError('the power went out')
    assert (workdir.path / 'report.md').read_text() == 'whole'
    assert {path.name for path in workdir.path.iterdir()} == {'config.json', 'report.md'}


def test_checkpoints_come_back_as_they_were(workdir):
    arrays = {'a': np.arange(6, dtype=np.float32).reshape(2, 3), 'b': np.uint32(7)}
    workdir.save_checkpoint(3, arrays, {'rows': [1.25]})
    step, loaded, story = workdir.load_checkpoint()
    assert step == 3 and story == {'rows': [1.25]}
    np.testing.assert_array_equal(loaded['a'], arrays['a'])
    assert loaded['b'] == 7 and loaded['b'].dtype == np.uint32


def test_the_newest_whole_checkpoint_counts_and_old_ones_go(workdir):
    for step in (5, 9, 10, 200):
        workdir.save_checkpoint(step, {'a': np.array(step)}, None)
    half_written = workdir.path / 'checkpoints' / '.4242'
    half_written.mkdir()
    (half_written / 'variables.npz').write_bytes(b'half')
    assert workdir.load_checkpoint()[0] == 200
    assert {path.name for path in (workdir.path / 'checkpoints').glob('0*')} == {
        '0000000010', '0000000200'}


def test_another_run_is_not_overwritten(workdir):
    workdir.save_checkpoint(1, {}, None)
    with pytest.raises(ValueError, match='--resume'):
        Workdir(workdir.path, CONFIG, resume=False)
    Workdir(workdir.path, CONFIG, resume=True)
    with pytest.raises(ValueError, match='--seed was 0 and is 1'):
        Workdir(workdir.path, {**CONFIG, 'seed': 1}, resume=True)


def test_a_finished_run_is_known(workdir):
    with workdir.writing('summary.json') as path:
        path.write_text('{}')
    with pytest.raises(ValueError, match='--resume'):
        Workdir(workdir.path, CONFIG, resume=False)
    assert Workdir(workdir.path, CONFIG, resume=True).finished


def test_a_run_that_failed_at_once_gives_its_folder_up(workdir):
    (workdir.path / 'tensorboard').mkdir()
    other = Workdir(workdir.path, {**CONFIG, 'seed': 1}, resume=False)
    other.claim()
    assert json.loads((workdir.path / 'config.json').read_text())['seed'] == 1
    assert not (workdir.path / 'tensorboard').exists()


def test_strange_folders_are_refused(tmp_path):
    (tmp_path / 'letter.txt').write_text('Dear')
    with pytest.raises(ValueError, match='no run of ours'):
        Workdir(tmp_path, CONFIG, resume=True)
    with pytest.raises(ValueError, match='is a file'):
        Workdir(tmp_path / 'letter.txt', CONFIG, resume=False)


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        Workdir(tmp_path, CONFIG, resume=False)

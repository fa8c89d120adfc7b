"""A run's folder: never half-written, never another run's, never two runs' at once."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from dualstream.runtime.errors import UserError
from dualstream.training.workdir import Workdir

CONFIG = {'seed': 0, 'mask': 'tf'}


@pytest.fixture
def workdir(tmp_path):
    """A run's folder, claimed and open."""
    with Workdir(tmp_path / 'run', CONFIG, resume=False) as workdir:
        workdir.claim()
        yield workdir


def reopen(workdir, config=CONFIG, *, resume=True):
    """The same folder, opened by a later process."""
    workdir.close()
    return contextlib.closing(Workdir(workdir.path, config, resume=resume))


def test_claims_a_new_folder(workdir):
    assert json.loads((workdir.path / 'config.json').read_text()) == CONFIG
    assert not workdir.finished and workdir.checkpoints.load() is None


def test_writing_leaves_the_old_file_when_it_fails(workdir):
    with workdir.writing('report.md') as path:
        path.write_text('whole')

    def fail():
        with workdir.writing('report.md') as path:
            path.write_text('ha')
            raise RuntimeError('the power failed')

    with pytest.raises(RuntimeError):
        fail()
    assert (workdir.path / 'report.md').read_text() == 'whole'
    assert {path.name for path in workdir.path.iterdir()} == {
        '.lock', 'config.json', 'report.md'}


def test_another_run_is_not_overwritten(workdir):
    workdir.checkpoints.save(1, {}, None)
    with pytest.raises(UserError, match='--resume'):
        reopen(workdir, resume=False)
    with reopen(workdir):
        pass
    with pytest.raises(UserError, match='seed was 0 and is 1'):
        reopen(workdir, {**CONFIG, 'seed': 1})


def test_a_finished_run_is_recognised(workdir):
    with workdir.writing('summary.json') as path:
        path.write_text('{}')
    with pytest.raises(UserError, match='--resume'):
        reopen(workdir, resume=False)
    with reopen(workdir) as again:
        assert again.finished


def test_a_run_that_failed_at_once_does_not_keep_its_folder(workdir):
    (workdir.path / 'tensorboard').mkdir()
    with reopen(workdir, {**CONFIG, 'seed': 1}, resume=False) as other:
        other.claim()
    assert json.loads((workdir.path / 'config.json').read_text())['seed'] == 1
    assert not (workdir.path / 'tensorboard').exists()


def test_folders_of_something_else_are_refused_and_left_alone(tmp_path):
    (tmp_path / 'letter.txt').write_text('Dear')
    with pytest.raises(UserError, match='no run of ours'):
        Workdir(tmp_path, CONFIG, resume=True)
    with pytest.raises(UserError, match='is a file'):
        Workdir(tmp_path / 'letter.txt', CONFIG, resume=False)
    assert [path.name for path in tmp_path.iterdir()] == ['letter.txt']


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        Workdir(tmp_path, CONFIG, resume=False)


OTHER_RUN = """
import sys
from dualstream.training.workdir import Workdir
workdir = Workdir(sys.argv[1], {}, resume=False)
print('locked', flush=True)
sys.stdin.readline()
"""


def test_two_runs_do_not_share_a_folder_though_one_may_follow_a_killed_one(tmp_path):
    with subprocess.Popen([sys.executable, '-c', OTHER_RUN, tmp_path / 'run'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b'locked\n'
        with pytest.raises(UserError, match='is in use by another run'):
            Workdir(tmp_path / 'run', {}, resume=True)
        other.send_signal(signal.SIGKILL)
        other.wait()
    Workdir(tmp_path / 'run', {}, resume=False).close()


def test_a_refused_run_does_not_keep_the_lock(workdir):
    workdir.checkpoints.save(1, {}, None)
    for _ in range(2):
        with pytest.raises(UserError, match='--resume'):
            reopen(workdir, resume=False)

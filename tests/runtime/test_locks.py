"""Locks: one holder at a time, and none after the holder's death."""

import signal
import subprocess
import sys

import pytest

from dualstream.runtime.errors import UserError
from dualstream.runtime.locks import lock_or_fail, wait_for_lock

HOLDER = """
import sys
from dualstream.runtime.locks import wait_for_lock
with wait_for_lock(sys.argv[1], message='waiting'):
    print('held', flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock until it gets a line, or is killed."""
    with subprocess.Popen([sys.executable, '-c', HOLDER, tmp_path / 'lock'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b'held\n'
        yield process
        process.kill()


def test_a_second_holder_is_refused_until_the_first_is_killed(holder, tmp_path):
    with pytest.raises(UserError, match='in use'):
        lock_or_fail(tmp_path / 'lock', message='in use')
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    lock_or_fail(tmp_path / 'lock', message='in use').release()


def test_a_second_process_waits_and_says_so(holder, tmp_path):
    with subprocess.Popen([sys.executable, '-c', HOLDER, tmp_path / 'lock'], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as second:
        assert second.stderr.readline() == 'waiting\n'
        assert second.poll() is None
        holder.communicate(b'\n')
        assert second.stdout.readline() == 'held\n'
        second.communicate('\n')
    assert holder.returncode == second.returncode == 0


def test_an_error_releases_the_lock(tmp_path):
    path = tmp_path / 'new folder' / 'lock'
    with pytest.raises(RuntimeError), wait_for_lock(path, message='waiting'):
        raise RuntimeError
    lock_or_fail(path, message='in use').release()

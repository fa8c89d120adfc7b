"""How commands fail: errors of the user are one line, faults of the program keep a traceback."""

import subprocess
import sys

import pytest

PROGRAM = '''
import signal
from dualstream.runtime import command
from dualstream.runtime.errors import UserError
def main(argv):
    {body}
command.run(main)
'''


def run(body, *flags):
    return subprocess.run([sys.executable, '-c', PROGRAM.format(body=body), *flags],
                          capture_output=True, text=True)


@pytest.mark.parametrize('body', [
    "raise UserError('no such leaf')", "raise OSError('no such leaf')",
    "raise FloatingPointError('no such leaf')"])
def test_an_error_that_the_user_can_mend_is_one_line(body):
    process = run(body)
    assert process.returncode == 1
    assert process.stderr == 'error: no such leaf\n'


def test_a_fault_of_the_program_keeps_its_traceback():
    process = run("raise ValueError('unforeseen')")
    assert process.returncode == 1
    assert 'Traceback' in process.stderr and 'ValueError: unforeseen' in process.stderr


@pytest.mark.parametrize('flags, shown', [((), False), (('--verbosity=1',), True)])
def test_warnings_of_libraries_are_shown_where_they_are_asked_for(flags, shown):
    process = run("from absl import logging; logging.warning('`dtype` is deprecated')", *flags)
    assert process.returncode == 0
    assert ('deprecated' in process.stderr) == shown


def test_ctrl_c_ends_with_the_status_of_the_signal():
    process = run('signal.raise_signal(signal.SIGINT)')
    assert process.returncode == 130
    assert process.stderr == 'interrupted\n'

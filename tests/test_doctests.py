"""The examples in docstrings run, and say what they print."""

import doctest
import importlib
import pathlib

import pytest

import dualstream

FOLDERS = {'dualstream': pathlib.Path(dualstream.__file__).parent,
           'experiments': pathlib.Path(__file__).parents[1] / 'experiments'}


def modules_with_examples() -> list[str]:
    return sorted(
        '.'.join((package, *path.relative_to(folder).with_suffix('').parts))
        for package, folder in FOLDERS.items()
        for path in folder.rglob('*.py') if '>>> ' in path.read_text())


@pytest.mark.parametrize('name', modules_with_examples())
def test_examples_run(name, request):
    # As in pytest's own doctests, getfixture('tmp_path') is a folder to write to.
    result = doctest.testmod(
        importlib.import_module(name), extraglobs={'getfixture': request.getfixturevalue})
    assert result.attempted and not result.failed, f'{name}: the output above says what differs'

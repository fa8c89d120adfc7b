"""Files are on the disk before they get their name, and whole or not there at all."""

import os
import pathlib

import pytest

from dualstream.runtime.atomic import writing, writing_folder
from dualstream.runtime.errors import UserError


@pytest.fixture
def disk(monkeypatch):
    """What is written to the disk, and renamed: ('sync', path) and ('rename', path)."""
    events = []
    sync, rename, replace = os.fsync, os.rename, os.replace

    def path_of(descriptor):
        return pathlib.Path(f'/proc/self/fd/{descriptor}').resolve().name

    monkeypatch.setattr(
        os, 'fsync', lambda file: (events.append(('sync', path_of(file))), sync(file)))
    for name, original in (('rename', rename), ('replace', replace)):
        monkeypatch.setattr(os, name, lambda old, new, original=original: (
            events.append(('rename', pathlib.Path(new).name)), original(old, new)))
    return events


def test_the_content_is_on_the_disk_before_the_rename_and_the_name_after_it(tmp_path, disk):
    with writing(tmp_path / 'report.md') as scratch:
        scratch.write_text('whole')
    assert disk == [('sync', scratch.name), ('rename', 'report.md'), ('sync', tmp_path.name)]
    assert scratch.suffix == '.md'


def test_a_failure_leaves_the_old_file(tmp_path):
    (tmp_path / 'report.md').write_text('old')

    def fail():
        with writing(tmp_path / 'report.md') as scratch:
            scratch.write_text('ne')
            raise RuntimeError('the power failed')

    with pytest.raises(RuntimeError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ['report.md']
    assert (tmp_path / 'report.md').read_text() == 'old'


def test_a_folder_appears_whole_and_on_the_disk(tmp_path, disk):
    with writing_folder(tmp_path / 'new' / 'export') as scratch:
        (scratch / 'inner').mkdir()
        (scratch / 'inner' / 'file').write_text('whole')
    renamed = disk.index(('rename', 'export'))
    assert {('sync', name) for name in ('file', 'inner', scratch.name)} == {*disk[:renamed]}
    assert disk[renamed + 1:] == [('sync', 'new')]
    assert (tmp_path / 'new' / 'export' / 'inner' / 'file').read_text() == 'whole'


def test_a_folder_that_fails_or_is_taken_changes_nothing(tmp_path):
    (tmp_path / 'taken').mkdir()
    (tmp_path / 'taken' / 'mine').touch()
    with pytest.raises(UserError, match='is there already'), writing_folder(tmp_path / 'taken'):
        pass

    def fail():
        with writing_folder(tmp_path / 'other') as scratch:
            (scratch / 'half').touch()
            raise RuntimeError('the power failed')

    with pytest.raises(RuntimeError):
        fail()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*')] == [
        'taken', 'taken/mine']

"""Files are on the disk before they get their name, and whole or not there at all."""

import os
import pathlib

import pytest

from dualstream.runtime.atomic import writing


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

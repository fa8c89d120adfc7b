"""Checkpoints: whole after every accident, and the one before a damaged one is used."""

import os

import numpy as np
import pytest

from dualstream.runtime.errors import UserError
from dualstream.training.checkpoints import Checkpoints


def numbered(step):
    return {'a': np.full([50, 4], step, np.float32), 'b': np.uint32(step)}


@pytest.fixture
def checkpoints(tmp_path):
    """Two checkpoints, of the steps 3 and 6."""
    checkpoints = Checkpoints(tmp_path / 'checkpoints')
    for step in (3, 6):
        checkpoints.save(step, numbered(step), {'rows': [step + 0.25]})
    return checkpoints


@pytest.fixture
def newest(checkpoints, tmp_path):
    """The folder of the newest checkpoint."""
    return tmp_path / 'checkpoints' / '0000000006'


def test_a_checkpoint_is_loaded_as_it_was_saved(checkpoints):
    step, arrays, metadata = checkpoints.load()
    assert step == 6 and metadata == {'rows': [6.25]}
    for name, array in numbered(6).items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_without_a_checkpoint_there_is_nothing_to_load(tmp_path):
    assert Checkpoints(tmp_path / 'checkpoints').load() is None


def test_the_two_newest_are_kept_and_scratch_is_ignored(checkpoints, tmp_path):
    (tmp_path / 'checkpoints' / '.new').mkdir()  # of a run that was killed while it saved
    for step in (7, 200):
        checkpoints.save(step, numbered(step), None)
    assert checkpoints.steps == [7, 200]
    assert checkpoints.load()[0] == 200
    assert {path.name for path in (tmp_path / 'checkpoints').iterdir()} == {
        '0000000007', '0000000200'}
    checkpoints.delete()
    assert checkpoints.steps == []


def truncate(path):
    content = (path / 'variables.npz').read_bytes()
    (path / 'variables.npz').write_bytes(content[:len(content) // 2])


def zero(path):
    size = (path / 'variables.npz').stat().st_size
    (path / 'variables.npz').write_bytes(bytes(size))


def flip_a_bit(path):
    content = bytearray((path / 'variables.npz').read_bytes())
    content[300] ^= 1  # among the values of the first array
    (path / 'variables.npz').write_bytes(content)


DAMAGES = [
    truncate, zero, flip_a_bit,
    lambda path: (path / 'variables.npz').unlink(),
    lambda path: (path / 'metadata.json').unlink(),
    lambda path: (path / 'metadata.json').write_text('{"rows": [6.'),
]


@pytest.mark.parametrize('damage', DAMAGES)
def test_a_damaged_checkpoint_falls_back_to_the_one_before(checkpoints, newest, damage, capsys):
    damage(newest)
    step, arrays, metadata = checkpoints.load()
    assert step == 3 and metadata == {'rows': [3.25]}
    np.testing.assert_array_equal(arrays['a'], numbered(3)['a'])
    assert f'warning: {newest} cannot be read' in capsys.readouterr().err


@pytest.mark.parametrize('step', [5, 6, 7])
def test_training_on_replaces_a_damaged_checkpoint(checkpoints, newest, step):
    truncate(newest)
    assert checkpoints.load()[0] == 3
    checkpoints.save(step, numbered(step), None)
    assert checkpoints.load()[0] == step
    if step <= 6:
        assert checkpoints.steps == [3, step]


def test_when_none_can_be_read_nothing_is_trained_anew_in_silence(checkpoints, tmp_path):
    for path in (tmp_path / 'checkpoints').iterdir():
        truncate(path)
    with pytest.raises(UserError, match='no checkpoint in .* can be read'):
        checkpoints.load()


def test_all_is_on_the_disk_before_a_checkpoint_gets_its_name(tmp_path, monkeypatch):
    synced, at_rename = [], []
    fsync, rename = os.fsync, os.rename
    monkeypatch.setattr(
        os, 'fsync', lambda file: (synced.append(os.fstat(file).st_ino), fsync(file)))
    monkeypatch.setattr(os, 'rename', lambda old, new: (
        at_rename.append(({path.stat().st_ino for path in (old, *old.iterdir())}, set(synced))),
        rename(old, new)))
    Checkpoints(tmp_path / 'checkpoints').save(1, numbered(1), None)
    (needed, done), = at_rename
    assert len(needed) == 3 and needed <= done
    assert synced[-1] == (tmp_path / 'checkpoints').stat().st_ino

"""The page of a run: written anew where it is old, and never lost."""

import os

import pytest

from dualstream.export.run_page import find_page
from dualstream.runtime.errors import UserError


@pytest.fixture
def exports():
    """The runs that were exported."""
    return []


@pytest.fixture
def export(exports):
    def export(run, out):
        exports.append(run)
        (out / 'page').mkdir(parents=True)
        (out / 'page/files.js').write_text((run / 'model.keras').read_text())
        (out / 'MODEL_CARD.md').write_text('card')

    return export


@pytest.fixture
def run(tmp_path):
    (tmp_path / 'model.keras').write_text('first')
    return tmp_path


def retrain(run):
    (run / 'model.keras').write_text('second')
    later = (run / 'phone/page/files.js').stat().st_mtime + 10
    os.utime(run / 'model.keras', (later, later))


def test_a_page_is_written_once_and_anew_for_a_newer_run(run, export, exports):
    for _ in range(2):
        assert (find_page(run, export) / 'files.js').read_text() == 'first'
    assert exports == [run]
    (run / 'phone/page/removed.js').write_text('of the older page')
    retrain(run)
    page = find_page(run, export)
    assert [file.name for file in page.iterdir()] == ['files.js']
    assert (page / 'files.js').read_text() == 'second'
    assert sorted(path.name for path in run.iterdir()) == ['model.keras', 'phone']


def test_other_files_stay(run, export):
    (run / 'phone').mkdir()
    (run / 'phone/holiday.jpg').write_text('mine')
    find_page(run, export)
    retrain(run)
    find_page(run, export)
    assert (run / 'phone/holiday.jpg').read_text() == 'mine'


def test_the_old_page_stays_where_the_run_cannot_be_exported(run, export):
    page = find_page(run, export)
    retrain(run)

    def fail(run, out):
        out.mkdir()
        raise UserError('no network')

    with pytest.raises(UserError, match='no network'):
        find_page(run, fail)
    assert (page / 'files.js').read_text() == 'first'
    assert sorted(path.name for path in run.iterdir()) == ['model.keras', 'phone']


def test_a_file_in_the_place_of_the_page_is_refused_and_stays(run, export, exports):
    (run / 'phone').write_text('mine')
    with pytest.raises(UserError, match='phone is a file'):
        find_page(run, export)
    assert (run / 'phone').read_text() == 'mine' and not exports


def test_what_an_export_wrote_is_found_and_other_folders_are_refused(run, export, tmp_path):
    page = find_page(run, export)
    assert find_page(page, export) == find_page(page.parent, export) == page
    with pytest.raises(UserError, match='neither a finished run nor'):
        find_page(tmp_path / 'none', export)

"""The command: what it prints, draws and writes, and how it fails."""

import csv
import re

import commands
import numpy as np
import pytest
import tifffile
from PIL import Image


def ihc(*arguments):
    return commands.run('dualstream.ihc', *arguments)


@pytest.fixture(scope='module')
def fields(tmp_path_factory):
    """A synthetic field, a quarter brown and a quarter blue, beside a gray and a broken file."""
    folder = tmp_path_factory.mktemp('fields')
    field = np.full((128, 128, 3), (240, 240, 240), np.uint8)
    field[:64, :64], field[64:, 64:] = (120, 80, 50), (110, 100, 170)
    Image.fromarray(field).save(folder / 'field.png')
    Image.fromarray(field[..., 0]).save(folder / 'gray.png')
    (folder / 'broken.png').write_bytes(b'no picture')
    return folder


def test_a_folder_becomes_figures_and_a_table(fields, tmp_path):
    run = ihc(fields, f'--out={tmp_path}/out', '--resamples=100')
    assert re.search(r'field.png: positive by area 50.0% \(95% interval [\d.]+% to [\d.]+%\)',
                     run.stdout)
    assert re.search(r'--dab_threshold=[\d.]+ --hematoxylin_threshold=[\d.]+ --nucleus_radius=',
                     run.stdout)
    lines = run.stderr.splitlines()
    assert run.returncode == 1 and len(lines) == 3
    assert 'broken.png' in lines[0] and 'gray.png' in lines[1]
    assert lines[2] == 'error: 2 of 3 pictures could not be read'
    with open(tmp_path / 'out/ihc.csv', newline='') as file:
        row, = csv.DictReader(file)
    assert float(row['by_area_value']) == 0.5 and row['background'] == '240 240 240'
    with Image.open(tmp_path / 'out/field-ihc.png') as figure:
        assert figure.format == 'PNG' and np.asarray(figure.convert('RGB')).std() > 20
    assert len(list((tmp_path / 'out').iterdir())) == 2


def test_a_picture_is_never_written_over(fields, tmp_path):
    for name in ('case.png', 'case-ihc.png'):
        (tmp_path / name).write_bytes((fields / 'field.png').read_bytes())
    run = ihc(tmp_path, f'--out={tmp_path}')
    assert run.returncode == 1
    assert re.match('error: .*case-ihc.png is a picture to read; name another --out', run.stderr)
    assert {path.name for path in tmp_path.iterdir()} == {'case.png', 'case-ihc.png'}
    assert (tmp_path / 'case-ihc.png').read_bytes() == (fields / 'field.png').read_bytes()


def test_a_slide_is_refused_before_its_pixels_are_read(tmp_path):
    tifffile.imwrite(tmp_path / 'slide.tif', shape=(6000, 6000, 3), dtype=np.uint8)
    with open(tmp_path / 'slide.tif', 'r+b') as file:
        file.truncate(100_000)
    run = ihc(tmp_path / 'slide.tif', f'--out={tmp_path}/out')
    assert run.returncode == 1 and 'slide.tif: a field has at most 25,000,000 pixels' in run.stderr


@pytest.mark.parametrize('arguments, said', [
    ([], 'name a picture'), (['field.png', '--dab_threshold=-1'], '--dab_threshold must be above'),
    (['field.png', '--resamples=3'], '--resamples must be at least 100'),
    (['missing.png'], 'missing.png')])
def test_bad_input_is_named(arguments, said, tmp_path):
    run = ihc(f'--out={tmp_path}', *arguments)
    assert run.returncode == 1 and re.match(f'error: .*{said}', run.stderr)
    assert not list(tmp_path.glob('*.csv'))

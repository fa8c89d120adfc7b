"""The command dualstream.predict: a row for each photograph, and a status that says the truth."""

import csv
import json
import pathlib

import commands
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import dualstream
from dualstream import network
from dualstream.datasets.cassava_crop.demo import draw_leaf_photo, encode_jpeg

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A run, untrained; two plants with photographs; and a torn one."""
    folder = tmp_path_factory.mktemp('predict')
    (folder / 'run').mkdir()
    network.build('nano', image_size=(64, 64), classes=2).save(folder / 'run' / 'model.keras')
    (folder / 'run' / 'summary.json').write_text(json.dumps({
        'config': {'image_size': [64, 64], 'recipe': {}}, 'label_names': ['ill', 'well'],
        'refusal': {'min_coverage': 0.3, 'min_confidence': 0.0}}))
    for plant in (1, 2):
        (folder / f'plant{plant}').mkdir()
        for leaf in range(13):
            (folder / f'plant{plant}' / f'{leaf}.jpg').write_bytes(
                encode_jpeg(draw_leaf_photo(plant, leaf, 0, height=120, width=160)))
    gray = tf.io.encode_jpeg(np.full([90, 90, 3], 128, np.uint8)).numpy()
    (folder / 'plant2' / 'gray.jpg').write_bytes(gray)
    (folder / 'torn.jpg').write_bytes(gray[:-200])
    return folder


def predict(folder, *arguments):
    return commands.run('dualstream.predict', f'--model={folder / "run"}', *arguments)


def test_a_torn_file_is_a_row_and_the_status_says_so(folder, tmp_path):
    sheet = tmp_path / 'sheet.png'
    done = predict(folder, folder / 'plant1', folder / 'torn.jpg', folder / 'plant2', '--csv',
                   f'--sheet={sheet}', f'--out={tmp_path}/rows.csv')
    assert done.returncode == 1 and done.stdout == ''
    assert done.stderr.splitlines()[-1] == 'error: 1 of 28 photographs could not be read'
    rows = list(csv.DictReader((tmp_path / 'rows.csv').open()))
    assert [pathlib.Path(row['photograph']).name for row in rows if row['error']] == ['torn.jpg']
    paths = [row['photograph'] for row in rows if not row['error']]
    for row, prediction in zip([row for row in rows if not row['error']],
                               dualstream.load(folder / 'run').predict(paths)):
        assert row['verdict'] == prediction.verdict
        assert float(row['probability_1']) == pytest.approx(prediction.top(1)[0][1], abs=1e-5)
    assert {row['verdict'] for row in rows} == {'diagnosis', 'not a leaf', ''}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'rows.csv', 'sheet-2.png', 'sheet.png']  # 24 on the first
    assert all(np.asarray(Image.open(path)).std() > 10 for path in tmp_path.glob('*.png'))


def test_plants_are_predicted_together(folder):
    done = predict(folder, f'{folder}/plant*/*.jpg', r'--group_by=plant(\d)', '--json')
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first['group'], first['photographs'], first['counted']) == ('1', 13, 13)
    assert (second['group'], second['photographs'], second['counted']) == ('2', 14, 13)


def test_mistakes_are_one_line(folder, tmp_path):
    for arguments, said in (
            ((), 'name at least one photograph'), ((tmp_path / 'no*.jpg',), 'no file matches'),
            ((folder / 'plant1', '--json', '--csv'), 'exclude each other'),
            ((folder / 'plant1', '--group_by=('), 'neither folder nor'),
            ((folder / 'plant1', f'--sheet={tmp_path}/sheet.bmp'), 'must end in .png'),
            ((folder / 'plant1', f'--model={tmp_path}'), 'does not exist'),
            ((folder / 'torn.jpg', f'--out={tmp_path}/none/rows'), 'none')):
        done = predict(folder, *arguments)
        assert done.returncode == 1
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith('error: ') and said in last

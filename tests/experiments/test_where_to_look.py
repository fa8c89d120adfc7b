"""The experiment's own parts; its trainings are those of dualstream.train."""

import json

import commands
import matplotlib.image


def run(code, *arguments):
    process = commands.run('-c', code, *arguments)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_writes_numbers_a_table_and_a_picture(tmp_path):
    said = run('''
import pathlib, sys
from absl import flags
from experiments import where_to_look
flags.FLAGS(['where_to_look', '--seeds=2'])
where_to_look._write({'dataset': 'some_set', 'preset': 'nano', 'epochs': 3, 'balanced_accuracy': {
    'leafiest window': [0.9, 0.8], 'window in the middle': [0.5, 0.5]}}, pathlib.Path(sys.argv[1]))
''', tmp_path)
    table = (tmp_path / 'results.md').read_text()
    assert table.strip() == said.strip()
    assert '| leafiest window | 85.0% |' in table and '-35.0 points' in table
    assert 'mean of 2 seeds' in table
    scores = json.loads((tmp_path / 'results.json').read_text())['balanced_accuracy']
    assert scores['leafiest window'] == [0.9, 0.8]
    picture = matplotlib.image.imread(tmp_path / 'balanced_accuracy.png')
    assert picture.shape[0] > 200 and picture.std() > 0.01
    assert len(list(tmp_path.iterdir())) == 3


def test_the_middle_is_the_middle():
    assert run('''
import numpy, tensorflow as tf
from experiments.where_to_look import _center
frame = numpy.zeros([600, 800, 3], numpy.uint8)
frame[188:412, 288:512] = 255
image = _center({'image': tf.io.encode_png(frame)}, None)
print(image.shape, float(tf.reduce_min(image)))
''').split() == ['(224,', '224,', '3)', '1.0']

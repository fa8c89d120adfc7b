"""The command dualstream.explain: a picture for each photograph, or one line that says why not."""

import json

import commands
import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf

from dualstream import network


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A folder with what a run leaves: a model, untrained, and its summary."""
    folder = tmp_path_factory.mktemp('run')
    network.build('nano', image_size=(64, 64), classes=2).save(folder / 'model.keras')
    (folder / 'summary.json').write_text(json.dumps({
        'config': {'mask': 'tf', 'crop': 'array', 'saccades': 16},
        'per_class_recall': {'ill': 0.5, 'well': 0.5}}))
    return folder


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / 'leaf.jpg'
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    path.write_bytes(tf.io.encode_jpeg(pixels).numpy())
    return path


def explain(*arguments):
    return commands.run('dualstream.explain', *arguments)


def test_draws_and_says_what_each_stream_added(run, photograph, tmp_path):
    out = tmp_path / 'out'
    process = explain(f'--model={run}', f'--out={out}', '--label=well', photograph)
    assert process.returncode == 0, process.stderr
    assert 'well' in process.stdout and 'gray stream' in process.stdout
    assert [path.name for path in out.iterdir()] == ['leaf.png']
    assert matplotlib.image.imread(out / 'leaf.png').std() > 0.05


def test_what_cannot_be_is_one_line_and_a_status(run, photograph, tmp_path):
    torn = tmp_path / 'torn.jpg'
    torn.write_bytes(photograph.read_bytes()[:200])
    for arguments, named in (
            ((f'--model={run}',), 'photograph'),
            ((f'--model={tmp_path}/none', photograph), 'none'),
            ((f'--model={run}', '--label=dead', photograph), '--label'),
            ((f'--model={run}', torn), 'torn.jpg'),
            ((f'--model={run}', tmp_path / 'missing.jpg'), 'missing.jpg')):
        process = explain(f'--out={tmp_path}/out', *arguments)
        assert process.returncode == 1
        last = process.stderr.strip().splitlines()[-1]
        assert last.startswith('error: ') and named in last
    assert not list((tmp_path / 'out').glob('*'))

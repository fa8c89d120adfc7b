"""The command dualstream.explain: a figure for each photograph, or one line that says why not."""

import json
import shutil

import commands
import keras
import matplotlib.image
import numpy as np
import pytest
import tensorflow as tf

from dualstream import network
from dualstream.training.finished import load_run
from dualstream.training.looking import routine_of

LABELS = ['absent', 'ill', 'well']
"""Of which one is in no photograph of the test split, so it has no recall."""

CONFIG = {'mask': 'tf', 'crop': 'array', 'saccades': 16, 'image_size': [64, 64], 'replicas': 1,
          'recipe': {'ema': 0.5}}


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A folder with what a run leaves: a model, untrained, and its summary."""
    folder = tmp_path_factory.mktemp('run')
    network.build('nano', image_size=(64, 64), classes=3).save(folder / 'model.keras')
    (folder / 'summary.json').write_text(json.dumps({
        'config': CONFIG, 'label_names': LABELS,
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


@pytest.mark.parametrize('changes', [
    {'mask': 'none', 'crop': 'none'},
    pytest.param({'normalize': 'reinhard', 'reference': 'slide.png',
                  'stains': [[60, 20, -10], [10, 8, 8]]}, marks=pytest.mark.slow)])
def test_explains_the_image_that_the_run_would_have_made(run, photograph, tmp_path, changes):
    shutil.copy(run / 'model.keras', tmp_path)
    (tmp_path / 'summary.json').write_text(
        json.dumps({'config': CONFIG | changes, 'label_names': LABELS}))
    finished = load_run(str(tmp_path))
    image = routine_of(finished.config)({'image': photograph.read_bytes()}, [0, 0])
    probabilities = finished.network.predict(image[None], verbose=0)[0]
    process = explain(f'--model={tmp_path}', f'--out={tmp_path}', '--label=ill', photograph)
    assert f'ill {probabilities[1]:.1%}' in process.stdout, process.stderr


def test_a_class_without_recall_keeps_its_name(run, photograph, tmp_path):
    """The probability printed is that of the class that was asked for."""
    model = keras.saving.load_model(run / 'model.keras')
    kernel, bias = model.get_layer('logits').get_weights()
    model.get_layer('logits').set_weights([0 * kernel, bias + [5, 0, -5]])
    model.save(tmp_path / 'model.keras')
    shutil.copy(run / 'summary.json', tmp_path)
    process = explain(f'--model={tmp_path}', f'--out={tmp_path}', '--label=ill', photograph)
    assert 'ill 0.7%' in process.stdout


def test_a_user_s_mistake_is_one_line_and_a_status(run, photograph, tmp_path):
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


def test_a_network_without_two_streams_is_refused(run, photograph, tmp_path):
    other = keras.Sequential([keras.layers.Input((64, 64, 3)), keras.layers.Flatten(),
                              keras.layers.Dense(3)])
    other.save(tmp_path / 'model.keras')
    shutil.copy(run / 'summary.json', tmp_path)
    process = explain(f'--model={tmp_path}', photograph)
    assert process.returncode == 1
    assert 'is not a network of two streams' in process.stderr.splitlines()[-1]

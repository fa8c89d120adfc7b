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
from dualstream.runtime.errors import UserError

LABELS = ['absent', 'ill', 'well']
"""Of which one is in no photograph of the test split, so it has no recall."""


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A folder with what a run leaves: a model, untrained, and its summary."""
    folder = tmp_path_factory.mktemp('run')
    network.build('nano', image_size=(64, 64), classes=3).save(folder / 'model.keras')
    (folder / 'summary.json').write_text(json.dumps({
        'config': {'mask': 'tf', 'crop': 'array', 'saccades': 16}, 'label_names': LABELS,
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


def test_a_model_that_cannot_be_explained_is_the_user_s_mistake(run, tmp_path, command):
    module = command('dualstream.explain')
    summary = json.loads((run / 'summary.json').read_text())
    other = keras.Sequential([keras.layers.Input((64, 64, 3)), keras.layers.Flatten(),
                              keras.layers.Dense(3)])
    (tmp_path / 'model.keras').write_bytes((run / 'model.keras').read_bytes()[:100])
    with pytest.raises(UserError, match='model.keras cannot be loaded'):
        module._load(tmp_path / 'model.keras', 3)
    other.save(tmp_path / 'model.keras')
    with pytest.raises(UserError, match='not a network of two streams'):
        module._load(tmp_path / 'model.keras', 3)
    with pytest.raises(UserError, match='3 classes .* names 2'):
        module._load(run / 'model.keras', 2)
    for content in ('{', '[]', json.dumps({**summary, 'config': {}}),
                    json.dumps({'config': summary['config']})):
        (tmp_path / 'summary.json').write_text(content)
        with pytest.raises(UserError, match='summary.json is not the summary of a run'):
            module._summary_of(tmp_path / 'model.keras')
    (tmp_path / 'summary.json').unlink()
    with pytest.raises(UserError, match='has no summary.json'):
        module._summary_of(tmp_path / 'model.keras')

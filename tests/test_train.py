"""The train command: what it leaves, what it refuses, and kill -9."""

import csv
import json
import pathlib
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import sklearn.metrics
from absl import flags
from absl.testing import flagsaver
from PIL import Image
from xprof.convert import raw_to_tool_data

from dualstream.pipeline import Routine, make_evaluation_batches
from dualstream.runtime.errors import UserError
from dualstream.traces import read_trace, review
from dualstream.training.config import Recipe, TrainConfig


def test_leaves_what_it_promises(finished):
    names = {path.name for path in finished.iterdir() if not path.name.startswith('.')}
    assert names == {
        'config.json', 'metrics.csv', 'model.keras', 'summary.json', 'report.md', 'curves.png',
        'confusion.png', 'crops.png', 'tensorboard'}
    with (finished / 'metrics.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['epoch'] for row in rows] == ['1', '2']
    assert {'loss', 'accuracy', 'val_loss', 'val_accuracy', 'val_balanced_accuracy',
            'images_per_second'} <= set(rows[0])
    for figure in finished.glob('*.png'):
        with Image.open(figure) as image:
            assert min(image.size) > 200
            assert np.asarray(image.convert('L')).std() > 5


def test_config_gives_the_run_back(finished, data_dir):
    """Who reads config.json can make the TrainConfig of the run."""
    stored = json.loads((finished / 'config.json').read_text())
    assert stored.pop('replicas') == 1
    config = TrainConfig(**{
        **stored, 'image_size': tuple(stored['image_size']), 'recipe': Recipe(**stored['recipe'])})
    assert config == TrainConfig(
        dataset='cassava_crop/small', image_size=(64, 64), epochs=2, batch_size=8, preset='nano',
        crop='array')


def test_summary_says_how_good_the_model_is_and_on_what(finished, photos):
    """The scores are those of the saved model, scored here, by scikit-learn."""
    summary = json.loads((finished / 'summary.json').read_text())
    assert summary['label_names'] == photos.label_names
    assert summary['dataset']['synthetic'] is True
    assert summary['dataset']['test'] == photos.count('test')
    model = keras.saving.load_model(finished / 'model.keras')
    assert summary['parameters'] == model.count_params()
    batches = make_evaluation_batches(photos, 'test', Routine((64, 64)), batch_size=8, seed=0)
    labels = np.concatenate([labels for _, labels in batches])
    predicted = model.predict(batches, verbose=0).argmax(axis=1)
    assert summary['accuracy'] == pytest.approx(np.mean(labels == predicted))
    recalls = sklearn.metrics.recall_score(labels, predicted, average=None, zero_division=0)
    present = np.unique(labels)
    assert summary['balanced_accuracy'] == pytest.approx(recalls[present].mean())
    assert summary['per_class_recall'] == pytest.approx(
        {photos.label_names[label]: recalls[label] for label in present})


def test_report_compares_with_the_run_without_a_crop(finished):
    page = (finished / 'report.md').read_text()
    assert 'synthetic' in page
    assert '| no crop |' in page
    assert 'points' in page
    for figure in ('curves.png', 'confusion.png', 'crops.png'):
        assert f'({figure})' in page


def test_trace_opens_in_the_profile_plugin_with_step_times(finished):
    traces = list(map(str, finished.glob('tensorboard/plugins/profile/*/*.xplane.pb')))
    assert len(traces) == 1
    page, _ = raw_to_tool_data.xspace_to_tool_data(traces, 'overview_page', {})
    steps = next(table for table in json.loads(page)
                 if table['cols'] and table['cols'][0]['id'] == 'stepnum')
    names = [column['id'] for column in steps['cols']]
    rows = [dict(zip(names, (cell['v'] for cell in row['c']))) for row in steps['rows']]
    assert [row['stepnum'] for row in rows] == ['train 6', 'train 7', 'train 8']
    assert all(row['hostComputeTimeMs'] > 0 for row in rows)
    said = review(read_trace(finished))
    assert said.step_ms == pytest.approx(np.mean([row['stepTimeMs'] for row in rows]), rel=0.05)


def test_tensorboard_has_the_curves_the_images_and_the_graphs(finished):
    from tensorboard.backend.event_processing import event_accumulator

    events = event_accumulator.EventAccumulator(str(finished / 'tensorboard' / 'train'))
    events.Reload()
    assert {'epoch_loss', 'crops/01', 'crops/12'} <= set(events.Tags()['tensors'])
    graphs = {path.name for path in (finished / 'tensorboard' / 'graphs').iterdir()}
    assert graphs == {'tf_color_mask', 'array_crop'}


@pytest.mark.slow
def test_kill_and_resume_ends_as_if_nothing_had_happened(start, finished, tmp_path):
    process = start(tmp_path, '--checkpoint_steps=1')
    while not list(tmp_path.glob('checkpoints/000000000[3-9]')):
        assert process.returncode is None
        time.sleep(0.02)
    process.kill(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / 'summary.json').exists()

    again = start(tmp_path, '--checkpoint_steps=1', '--resume')
    _, errors = again.communicate()
    assert again.returncode == 0, errors
    models = [keras.saving.load_model(run / 'model.keras') for run in (tmp_path, finished)]
    for variable, other in zip(models[0].variables, models[1].variables, strict=True):
        np.testing.assert_array_equal(variable, other)
    summaries = [json.loads((run / 'summary.json').read_text()) for run in (tmp_path, finished)]
    for name in ('accuracy', 'balanced_accuracy', 'per_class_recall'):
        assert summaries[0][name] == summaries[1][name]


def test_resuming_a_finished_run_says_so(start, finished):
    process = start(finished, '--resume')
    output, _ = process.communicate()
    # The session's run had --profile_steps, which makes no difference to what the run is.
    assert process.returncode == 0
    assert 'is finished already' in output


@pytest.mark.slow
def test_a_training_says_at_its_start_what_runs_where(start, tmp_path):
    process = start(tmp_path, '--epochs=1', '--device=cpu')
    output, _ = process.communicate()
    first = output.splitlines()[0]
    for part in ('nano', 'cassava_crop/small', 'CPU', 'float32', '1 epochs of 4 steps'):
        assert part in first
    assert '\b' not in output, 'a progress bar, though this is no terminal'


@pytest.fixture
def run_main(data_dir, tmp_path, command):
    """Runs the command in this process, as far as its first error."""
    train = command('dualstream.train')

    def run_main(**given):
        if not flags.FLAGS.is_parsed():
            flags.FLAGS(['train'])
        given = {'dataset': 'cassava_crop/small', 'data_dir': str(data_dir), 'image_size': '64',
                 'workdir': str(tmp_path / 'run')} | given
        with flagsaver.as_parsed(**given):
            train.main(['train'])

    return run_main


@pytest.mark.parametrize('given, named', [
    ({'dataset': 'no_such_set'}, 'no_such_set'),
    ({'dataset': 'cassava_crop/no_such_config'}, 'no_such_config'),
    ({'batch_size': '1000'}, 'batch_size'),
    ({'image_size': '32'}, 'image_size'),
    ({'device': 'gpu'}, 'GPU'),
    ({'device': 'cpu', 'tpu': 'local'}, 'contradicts'),
    ({'profile_steps': '900,1000'}, 'past the end'),
    ({'data_service': 'http://here'}, '--data_service'),
    ({'workdir': str(pathlib.Path(__file__))}, 'not a folder'),
])
def test_what_a_user_can_mend_is_refused_before_the_training(run_main, given, named):
    with pytest.raises(UserError, match=named):
        run_main(**given)


@pytest.mark.slow
def test_a_learning_rate_that_is_too_high_is_one_line(start, tmp_path):
    process = start(tmp_path / 'run', '--learning_rate=1e30')
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.splitlines()[-1].startswith('error: ')
    assert 'loss' in errors.splitlines()[-1]
    assert 'Traceback' not in errors


def test_a_folder_that_cannot_be_written_is_an_error(run_main):
    with pytest.raises(OSError, match='/dev/null'):
        run_main(workdir='/dev/null/run')


@pytest.mark.parametrize('given, named', [
    ({}, '--resume'), ({'resume': 'true', 'seed': '1'}, 'seed'),
    ({'resume': 'true', 'epochs': '3'}, 'epochs')])
def test_another_runs_folder_is_refused(run_main, finished, given, named):
    before = {path: path.read_bytes() for path in finished.glob('*.*') if path.is_file()}
    same = {'workdir': str(finished), 'epochs': '2', 'batch_size': '8', 'preset': 'nano',
            'crop': 'array'}
    with pytest.raises(UserError, match=named):
        run_main(**same | given)
    after = {path: path.read_bytes() for path in finished.glob('*.*') if path.is_file()}
    assert after == before


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_no_data_set(tmp_path):
    # A limit on the size of files stands in for the disk: writing fails half-way all the same.
    code = '''
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
from dualstream import train
train.cli()
'''
    manual_dir = pathlib.Path(__file__).parents[1] / 'datasets/cassava_crop/dummy_data/kaggle2020'
    process = subprocess.run(
        [sys.executable, '-c', code, '--dataset=cassava_crop/kaggle2020', '--batch_size=2',
         f'--data_dir={tmp_path}/data', f'--manual_dir={manual_dir}',
         f'--workdir={tmp_path}/run'], capture_output=True, text=True)
    assert process.returncode == 1
    errors = [line for line in process.stderr.splitlines() if line.startswith('error: ')]
    assert len(errors) == 1, process.stderr
    assert 'File too large' in errors[0]
    assert 'Traceback' not in process.stderr
    assert not list((tmp_path / 'data').glob('cassava_crop/kaggle2020/*'))


def test_help_needs_no_tensorflow():
    program = (
        "import runpy, sys; sys.argv = ['train', '--helpshort']\n"
        "try:\n    runpy.run_module('dualstream.train', run_name='__main__', alter_sys=True)\n"
        "finally:\n    print('imported:', *sorted({'keras', 'tensorflow'} & set(sys.modules)))")
    process = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert '--saccades' in process.stdout
    assert process.stdout.splitlines()[-1] == 'imported:'
    assert pathlib.Path(sys.executable).with_name('dualstream-train').exists()

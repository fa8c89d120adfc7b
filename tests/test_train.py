"""The train command, in processes of its own: what it leaves, what it refuses, and kill -9."""

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
from PIL import Image
from xprof.convert import raw_to_tool_data

from dualstream.traces import read_trace, review


def test_leaves_what_it_promises(finished):
    names = {path.name for path in finished.iterdir()}
    assert names == {
        'config.json', 'metrics.csv', 'model.keras', 'summary.json', 'report.md', 'curves.png',
        'confusion.png', 'crops.png', 'tensorboard'}
    with (finished / 'metrics.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['epoch'] for row in rows] == ['1', '2']
    assert {'loss', 'accuracy', 'val_loss', 'val_accuracy', 'val_balanced_accuracy',
            'images_per_second'} <= set(rows[0])
    for picture in finished.glob('*.png'):
        with Image.open(picture) as image:
            assert min(image.size) > 200 and np.asarray(image.convert('L')).std() > 5


def test_summary_tells_scores_and_what_made_them(finished):
    summary = json.loads((finished / 'summary.json').read_text())
    recalls = summary['per_class_recall']
    assert set(recalls) <= {'cbb', 'cbsd', 'cgm', 'cmd', 'healthy'}
    assert summary['balanced_accuracy'] == pytest.approx(np.mean(list(recalls.values())))
    assert 0 <= summary['accuracy'] <= 1
    assert summary['images_per_second'] > 0 and summary['wall_seconds'] > 0
    assert summary['dataset']['synthetic'] is True
    assert summary['config'] == json.loads((finished / 'config.json').read_text())
    assert summary['made_by']['keras'] == keras.__version__


def test_report_compares_with_the_run_without_a_crop(finished):
    page = (finished / 'report.md').read_text()
    assert 'synthetic' in page
    assert '| no crop |' in page and 'points' in page
    for picture in ('curves.png', 'confusion.png', 'crops.png'):
        assert f'({picture})' in page


def test_model_scores_as_the_summary_says(finished, photos):
    from dualstream import network  # noqa: F401, registers the layers
    from dualstream.pipeline import Routine, evaluation_batches
    from dualstream.evaluation.scores import Scores

    model = keras.saving.load_model(finished / 'model.keras')
    batches = evaluation_batches(photos, 'test', Routine((64, 64)), 8, 0)
    scores = Scores.of(model, batches, photos.label_names)
    summary = json.loads((finished / 'summary.json').read_text())
    assert scores.accuracy == summary['accuracy']
    assert scores.per_class_recall == summary['per_class_recall']


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


def test_tensorboard_has_the_curves(finished):
    from tensorboard.backend.event_processing import event_accumulator

    events = event_accumulator.EventAccumulator(str(finished / 'tensorboard' / 'train'))
    events.Reload()
    assert 'epoch_loss' in events.Tags()['tensors']


def kill_and_resume(start, folder, whole, flags=()):
    """Kills a run in its midst, takes it up again, and compares it with one that was let finish."""
    process = start(folder, '--checkpoint_steps=1', *flags)
    begun = time.monotonic()
    while not list(folder.glob('checkpoints/000000000[3-9]')):
        assert process.returncode is None and time.monotonic() < begun + 120
        time.sleep(0.02)
    process.kill(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / 'summary.json').exists()

    again = start(folder, '--checkpoint_steps=1', '--resume', *flags)
    _, said = again.communicate()
    assert again.returncode == 0, said
    from dualstream import network  # noqa: F401, registers the layers
    models = [keras.saving.load_model(run / 'model.keras') for run in (folder, whole)]
    for variable, other in zip(models[0].variables, models[1].variables, strict=True):
        np.testing.assert_array_equal(variable, other)
    for name in ('accuracy', 'balanced_accuracy', 'per_class_recall'):
        assert (json.loads((folder / 'summary.json').read_text())[name]
                == json.loads((whole / 'summary.json').read_text())[name])


def test_kill_and_resume_ends_as_if_nothing_had_happened(start, finished, tmp_path):
    kill_and_resume(start, tmp_path, finished)


WHOLE_RECIPE = ('--label_smoothing=0.1', '--color_jitter=0.1', '--mixup=0.2', '--ema=0.9',
                '--early_stopping=2', '--crop=random', '--saccades=4', '--tta_windows=3')


@pytest.fixture(scope='session')
def whole_recipe(start, tmp_path_factory):
    """The folder of a run with every flag of the recipe, that was let finish."""
    folder = tmp_path_factory.mktemp('recipe') / 'run'
    process = start(folder, *WHOLE_RECIPE)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return folder


def test_every_flag_of_the_recipe_makes_the_run(whole_recipe):
    config = json.loads((whole_recipe / 'config.json').read_text())
    for flag in WHOLE_RECIPE:
        name, value = flag.removeprefix('--').split('=')
        assert str(config[name]) == value


def test_report_tells_what_several_windows_brought(whole_recipe, photos):
    from dualstream import network  # noqa: F401, registers the layers
    from dualstream.pipeline import Routine, evaluation_batches
    from dualstream.evaluation.scores import Scores

    model = keras.saving.load_model(whole_recipe / 'model.keras')
    routine = Routine((64, 64), 'tf', 'random', saccades=4)
    one, three = (
        Scores.of(model, evaluation_batches(photos, 'test', routine, 8, 0, windows),
                  photos.label_names) for windows in (1, 3))
    summary = json.loads((whole_recipe / 'summary.json').read_text())
    assert summary['balanced_accuracy'] == three.balanced_accuracy
    assert summary['one_window_balanced_accuracy'] == one.balanced_accuracy
    assert 'mean of those of 3 windows' in (whole_recipe / 'report.md').read_text()


def test_kill_and_resume_with_every_flag_of_the_recipe(start, whole_recipe, tmp_path):
    kill_and_resume(start, tmp_path, whole_recipe, WHOLE_RECIPE)


def test_resuming_a_finished_run_says_so(start, finished):
    said, _ = (process := start(finished, '--resume')).communicate()
    # The session's run had --profile_steps, which makes no difference to what the run is.
    assert process.returncode == 0 and 'is finished already' in said


@pytest.mark.parametrize('flags, named', [
    (['--dataset=no_such_set'], 'no_such_set'),
    (['--dataset=cassava_crop/no_such_config'], 'no_such_config'),
    (['--batch_size=1000'], 'batch_size'),
    (['--image_size=32'], 'image_size'),
    (['--image_size=large'], 'image_size'),
    (['--crop=none'], 'crop'),
    (['--preset=huge'], 'preset'),
    (['--epochs=0'], 'epochs'),
    (['--device=gpu'], 'GPU'),
    (['--tpu=local'], 'TPU'),
    (['--device=cpu', '--tpu=local'], 'contradicts'),
    (['--profile_steps=9'], 'profile_steps'),
    (['--label_smoothing=1'], '--label_smoothing'),
    (['--color_jitter=1.1'], '--color_jitter'),
    (['--mixup=inf'], '--mixup'),
    (['--ema=1'], '--ema'),
    (['--early_stopping=-1'], '--early_stopping'),
    (['--tta_windows=0'], '--tta_windows'),
    (['--tta_windows=4'], '--crop=random'),
    (['--learning_rate=1e30'], 'loss is'),
    (['--workdir=/dev/null/run'], '/dev/null'),
    (['stray'], 'stray'),
], ids=lambda value: value[-1] if isinstance(value, list) else '')
def test_what_cannot_be_is_one_line_and_a_status(start, tmp_path, flags, named):
    process = start(tmp_path / 'run', *flags)
    _, said = process.communicate()
    assert process.returncode == 1
    lines = [line for line in said.splitlines() if line.strip()]
    assert lines[-1].startswith('error: ') and named in lines[-1], said
    assert 'Traceback' not in said


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
    assert len(errors) == 1 and 'File too large' in errors[0], process.stderr
    assert 'Traceback' not in process.stderr
    assert not list((tmp_path / 'data').glob('cassava_crop/kaggle2020/*'))


def test_another_runs_folder_is_refused(start, finished):
    before = {path: path.read_bytes() for path in finished.glob('*.*')}
    for flags, named in (((), '--resume'), (('--resume', '--seed=1'), '--seed')):
        process = start(finished, *flags)
        _, said = process.communicate()
        assert process.returncode == 1 and named in said.splitlines()[-1]
    assert {path: path.read_bytes() for path in finished.glob('*.*')} == before


def test_flags_offer_what_there_is():
    from dualstream import network
    from dualstream.runtime import devices
    from dualstream.pipeline import CROPS, LOOKS, MASKS

    process = subprocess.run([sys.executable, '-m', 'dualstream.train', '--helpshort'],
                             capture_output=True, text=True)
    said = ' '.join(process.stdout.split())
    for name, known in (('mask', MASKS), ('crop', CROPS), ('look', LOOKS),
                        ('device', devices.DEVICES)):
        assert f'--{name}: <{"|".join(known)}>' in said
    *presets, last = network.PRESETS
    assert f'{", ".join(presets)} or {last}' in said


def test_help_is_quick_and_says_what_it_does():
    begun = time.monotonic()
    process = subprocess.run([sys.executable, '-m', 'dualstream.train', '--helpshort'],
                             capture_output=True, text=True)
    assert 'two-stream network' in process.stdout and '--saccades' in process.stdout
    assert 'tensorflow' not in process.stderr.lower()
    assert time.monotonic() - begun < 5  # importing TensorFlow takes longer
    assert pathlib.Path(sys.executable).with_name('dualstream-train').exists()

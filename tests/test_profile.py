"""The command dualstream.profile: what it traces is what its flags say, and nothing else."""

import commands
import keras
import pytest

from dualstream import network
from dualstream.runtime import devices
from dualstream.traces import capture, read_trace, review
from dualstream.training.config import TrainConfig

STEPS, BATCH = 3, 4


@pytest.fixture
def run(data_dir, tmp_path):
    return lambda *flags: commands.run(
        'dualstream.profile', '--dataset=cassava_crop/small', f'--data_dir={data_dir}',
        '--image_size=64', f'--batch_size={BATCH}', f'--steps={STEPS}', f'--logdir={tmp_path}',
        *flags)


def seen_in(folder):
    """The review of the trace in a folder, and what the marks of its steps say."""
    trace = read_trace(folder)
    seen = review(trace)
    assert seen.steps == STEPS and trace.facts['images'] == BATCH
    return seen, trace.facts


def test_a_routine_alone(run, tmp_path):
    """It does nothing but wait for images, and Python's mask is what makes them wait."""
    process = run('--mask=cv', '--look=pixels')
    assert process.returncode == 0, process.stderr
    seen, facts = seen_in(tmp_path)
    assert process.stdout.startswith(f'{seen.verdict}\n') and 'Input-bound' in seen.verdict
    assert f'{STEPS} steps of {seen.step_ms:.2f} ms' in process.stdout
    assert any('the py_function cv_color_mask ran in Python' in each for each in seen.warnings)
    assert not seen.network_ms and 'flops' not in facts
    assert {path.name for path in tmp_path.iterdir()} == {'graphs', 'plugins'}
    assert {path.name for path in (tmp_path / 'graphs').iterdir()} == {
        'cv_color_mask', 'max_rand_crop'}


def test_another_routine_runs_no_python(run, tmp_path):
    process = run('--mask=tf', '--look=grid')
    assert process.returncode == 0, process.stderr
    seen, _ = seen_in(tmp_path)
    assert 'python' not in seen.input_ms and not seen.warnings


@pytest.mark.parametrize('part, passes', [
    # Training goes forward and then twice back, once for each of two gradients.
    pytest.param('training', 3, marks=pytest.mark.slow), ('inference', 1)])
def test_a_network_alone(run, tmp_path, part, passes):
    process = run(f'--part={part}', '--preset=nano')
    assert process.returncode == 0, process.stderr
    seen, facts = seen_in(tmp_path)
    nano = network.build('nano', image_size=(64, 64))
    assert facts['flops'] == passes * 2 * network.multiply_adds(nano) * BATCH
    assert {'gray stream', 'HSV stream', 'head'} <= set(seen.network_ms)
    assert ('optimizer' in seen.network_ms) == (part == 'training')
    assert not seen.input_ms and not (tmp_path / 'graphs').exists()


def test_a_network_computes_in_the_type_of_the_training(command, monkeypatch):
    """As on a GPU that multiplies fast in bfloat16."""
    profile = command('dualstream.profile')
    policy = keras.config.dtype_policy()
    monkeypatch.setattr(devices, 'place', lambda: devices.Place(
        'GPU', ['/device:GPU:0'], bfloat16=True))
    monkeypatch.setattr(capture, 'matrix_product_flops', {'float32': 1, 'bfloat16': 2}.get)
    try:
        _, facts = profile._network_step(
            TrainConfig(preset='nano', image_size=(64, 64), batch_size=2), training=False)
    finally:
        keras.config.set_dtype_policy(policy)
    assert facts.peak_flops == 2


@pytest.mark.parametrize('flag, why', [
    ('--steps=0', 'steps'), ('--batch_size=0', 'batch_size'), ('--image_size=0', 'image_size'),
    ('--part=nothing', 'part'), ('--level=all', 'level'), ('--mask=none', '--crop must be none'),
    ('--dataset=nonsense', 'nonsense'), ('--part=inference --preset=huge', 'preset')])
def test_what_cannot_be_is_one_line_and_a_status(run, tmp_path, flag, why):
    process = run(*flag.split())
    assert process.returncode == 1 and not process.stdout
    assert process.stderr.startswith('error: ') and process.stderr.count('\n') == 1
    assert why in process.stderr
    assert not list(tmp_path.iterdir())

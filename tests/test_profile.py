"""The command dualstream.profile: a routine or a network alone, traced and reviewed."""

import commands
import pytest


@pytest.fixture
def run(data_dir, tmp_path):
    return lambda *flags: commands.run(
        'dualstream.profile', '--dataset=cassava_crop/small', f'--data_dir={data_dir}',
        '--image_size=64', '--batch_size=4', '--steps=3', f'--logdir={tmp_path}', *flags)


def test_a_routine_alone(run, tmp_path):
    process = run('--mask=cv', '--look=pixels')
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith('Input-bound') and '3 steps of' in process.stdout
    assert 'the py_function cv_color_mask ran in Python' in process.stdout
    assert {path.name for path in (tmp_path / 'graphs').iterdir()} == {
        'cv_color_mask', 'array_crop'}
    assert len(list(tmp_path.glob('plugins/profile/*/*.xplane.pb'))) == 1


@pytest.mark.parametrize('part', ['training', 'inference'])
def test_a_network_alone(run, part):
    process = run(f'--part={part}')
    assert process.returncode == 0, process.stderr
    assert 'gray stream' in process.stdout and 'large matrix product' in process.stdout
    assert ('optimizer' in process.stdout) == (part == 'training')


@pytest.mark.parametrize('flag, why', [
    ('--steps=0', 'steps must be positive'), ('--dataset=nonsense', 'no data set is called'),
    ('--mask=none', 'a crop needs a mask'), ('--part=training --preset=huge', 'preset')])
def test_what_cannot_be_is_one_line_and_a_status(run, flag, why):
    process = run(*flag.split())
    assert process.returncode == 1
    said = process.stderr.strip().splitlines()[-1]
    assert said.startswith('error: ') and why in said and 'Traceback' not in process.stderr

"""Every experiment says what it asks, and which flags it has, before it imports what takes long."""

import pathlib

import commands
import pytest

ROOT = pathlib.Path(__file__).parents[2]
EXPERIMENTS = sorted(
    '.'.join(file.relative_to(ROOT).with_suffix('').parts).removesuffix('.__main__')
    for file in (ROOT / 'experiments').rglob('*.py') if 'command.run(main' in file.read_text())


@pytest.mark.parametrize('module', EXPERIMENTS)
def test_an_experiment_explains_itself(module):
    process = commands.run(module, '--help')
    assert 'flags:' in process.stdout and 'Traceback' not in process.stderr
    assert f'python -m {module}' in process.stdout


def test_all_experiments_are_found():
    assert {'experiments.recipe', 'experiments.plans', 'experiments.streams'} <= {*EXPERIMENTS}

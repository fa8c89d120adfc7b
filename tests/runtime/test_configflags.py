"""Flags made from the fields of a dataclass: names, defaults, parsing and errors."""

import dataclasses
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from dualstream.runtime import configflags
from dualstream.runtime.errors import UserError
from dualstream.training.config import RunOptions, TrainConfig


@pytest.fixture(scope='module', autouse=True)
def parsed(command):
    command('dualstream.train')
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(['train'])


def flag_names(config_class):
    return [field.name for field in dataclasses.fields(config_class) if 'help' in field.metadata]


@pytest.mark.parametrize('config_class', [TrainConfig, RunOptions])
def test_every_field_is_a_flag_with_its_default(config_class):
    with flagsaver.flagsaver():
        for name in flag_names(config_class):
            flags.FLAGS[name].unparse()
        assert configflags.read(config_class) == config_class()


def test_flags_that_are_set_reach_the_configuration():
    with flagsaver.as_parsed(image_size='96x128', epochs='3', crop='random', learning_rate='0.1'):
        assert configflags.read(TrainConfig) == TrainConfig(
            image_size=(96, 128), epochs=3, crop='random', learning_rate=0.1)
    with flagsaver.as_parsed(profile_steps='5,9', data_service='grpc://a:1,grpc://b:2'):
        assert configflags.read(RunOptions) == RunOptions(
            profile_steps=(5, 9), data_service=('grpc://a:1', 'grpc://b:2'))


@pytest.mark.parametrize('name, text, value', [
    ('image_size', '64', (64, 64)), ('image_size', '64x96', (64, 96)),
    ('profile_steps', '1,1', (1, 1))])
def test_pairs_are_parsed_and_written_back(name, text, value):
    flag = flags.FLAGS[name]
    assert flag.parser.parse(text) == value
    assert flag.parser.parse(flag.serializer.serialize(value)) == value


@pytest.mark.parametrize('name, text', [
    ('image_size', 'large'), ('image_size', '64x'), ('image_size', '1x2x3'), ('image_size', '-64'),
    ('profile_steps', '9'), ('profile_steps', '1;2'), ('crop', 'middle'), ('preset', 'huge'),
    ('epochs', 'many')])
def test_a_mistyped_flag_is_named(name, text):
    with pytest.raises(flags.IllegalFlagValueError, match=f'--{name}'), flagsaver.as_parsed(
            **{name: text}):
        pass


@pytest.mark.parametrize('config_class, given, named', [
    (TrainConfig, {'epochs': '0'}, '--epochs'),
    (TrainConfig, {'batch_size': '-1'}, '--batch_size'),
    (TrainConfig, {'learning_rate': 'nan'}, '--learning_rate'),
    (TrainConfig, {'crop': 'none'}, '--crop'),
    (TrainConfig, {'mask': 'none'}, '--crop'),
    (TrainConfig, {'image_size': '0x64'}, '--image_size'),
    (TrainConfig, {'image_size': '63x64'}, '--image_size'),
    (TrainConfig, {'seed': '-1'}, '--seed'),
    (TrainConfig, {'seed': str(2**32)}, '--seed'),
    (RunOptions, {'checkpoint_steps': '0'}, '--checkpoint_steps'),
    (RunOptions, {'profile_steps': '9,3'}, '--profile_steps'),
])
def test_a_value_out_of_range_is_an_error_that_names_its_flag(config_class, given, named):
    with flagsaver.as_parsed(**given), pytest.raises(UserError, match=named):
        configflags.read(config_class)


@pytest.mark.parametrize('flag, named', [
    ('--replicas=2', "'replicas'"), ('--image_size=large', '--image_size=large'),
    ('--epochs=0', '--epochs'), ('stray', 'stray')])
def test_a_wrong_flag_ends_a_command_with_one_line(flag, named):
    process = subprocess.run(
        [sys.executable, '-m', 'dualstream.train', flag], capture_output=True, text=True)
    assert process.returncode == 1
    assert process.stderr.startswith('error: ') and named in process.stderr
    assert len(process.stderr.splitlines()) == 1

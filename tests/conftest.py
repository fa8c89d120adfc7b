"""Settings of all tests: quiet, on the CPU, and photographs drawn for the occasion."""

import importlib
import os
import pathlib
import signal

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')

import hypothesis  # noqa: E402

# Tensor ops take long on their first call, which says nothing about the code.
hypothesis.settings.register_profile('dualstream', deadline=None, derandomize=True)
hypothesis.settings.load_profile('dualstream')

import filelock  # noqa: E402
import pytest  # noqa: E402
from absl import flags  # noqa: E402
from commands import Command  # noqa: E402

# A shell that starts the tests in the background makes them and their children ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Puts the commands' tests first: they last longest, and workers should end together."""
    here = pathlib.Path(__file__).parent
    items.sort(key=lambda item: item.path.parent != here)


@pytest.fixture(scope='session')
def once(tmp_path_factory, worker_id):
    """Makes a folder that all workers of pytest-xdist use, but once."""
    root = tmp_path_factory.getbasetemp()
    root = root if worker_id == 'master' else root.parent

    def once(name, make):
        folder = root / name
        with filelock.FileLock(root / f'{name}.lock'):
            if not folder.exists():
                aside = tmp_path_factory.mktemp(name)
                make(aside)
                aside.rename(folder)
        return folder

    return once


_FLAGS = {}  # of each command that was imported: its absl flags by name


@pytest.fixture(scope='module')
def command():
    """Imports a command's module, and lends it its flags for as long as a test module runs.

    Commands have flags of the same names, and a process has one set of flags; so a test must not
    import a command in any other way.
    """
    lent = set()  # a module may ask for a command more than once

    def command(name):
        module = importlib.import_module(name)
        made = flags.FLAGS.flags_by_module_dict().get(name, [])
        _FLAGS.setdefault(name, {flag.name: flag for flag in made})
        for flag in _FLAGS[name]:
            if flag not in flags.FLAGS:
                flags.FLAGS[flag] = _FLAGS[name][flag]
        lent.update(_FLAGS[name])
        return module

    yield command
    for flag in lent:
        delattr(flags.FLAGS, flag)


def small_demo(data_dir):
    """The builder of a demo set of 60 synthetic pictures."""
    import dualstream  # noqa: F401
    from dualstream.datasets.cassava_crop.cassava_crop_dataset_builder import Builder
    from dualstream.datasets.cassava_crop.demo_config import Demo

    small = Demo(name='small', description='60 synthetic leaves.', pictures=60)
    return Builder(config=small, data_dir=data_dir)


@pytest.fixture(scope='session')
def data_dir(once):
    """A TFDS folder in which the small demo set is prepared."""
    return once('tfds', lambda folder: small_demo(folder).download_and_prepare())


@pytest.fixture(scope='session')
def builder(data_dir):
    """The small demo set's builder."""
    return small_demo(data_dir)


@pytest.fixture(scope='session')
def photos(builder):
    """The small demo set, as the pipeline reads it."""
    from dualstream.pipeline import Photos

    return Photos(builder)


@pytest.fixture(scope='session')
def small_training(data_dir):
    """Flags of a training on the small demo set that takes some seconds."""
    return ('--dataset=cassava_crop/small', f'--data_dir={data_dir}', '--image_size=64',
            '--epochs=2', '--batch_size=8', '--preset=nano', '--crop=array')


@pytest.fixture(scope='session')
def start(small_training):
    """Starts a training on the small demo set of synthetic leaves."""
    return lambda workdir, *flags: Command(
        'dualstream.train', *small_training, f'--workdir={workdir}', *flags)


@pytest.fixture(scope='session')
def finished(start, once):
    """The folder of a run that has finished, next to the folder of one without a crop."""
    def train(runs):
        for name, given in (('none', ('--mask=none', '--crop=none')),
                            ('smart', ('--profile_steps=6,8',))):
            training = start(runs / name, *given)
            _, said = training.communicate()
            assert training.returncode == 0, said

    return once('runs', train) / 'smart'

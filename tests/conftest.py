"""Settings of all tests: quiet, on the CPU, and photographs drawn for the occasion."""

import os
import subprocess
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')

import hypothesis  # noqa: E402

# Tensor ops take long on their first call, which says nothing about the code.
hypothesis.settings.register_profile('dualstream', deadline=None, derandomize=True)
hypothesis.settings.load_profile('dualstream')

import pytest  # noqa: E402


@pytest.fixture(scope='session')
def data_dir(tmp_path_factory):
    """A TFDS folder in which a small demo set, of 60 synthetic pictures, is prepared."""
    return tmp_path_factory.mktemp('tfds')


@pytest.fixture(scope='session')
def builder(data_dir):
    """The small demo set's builder."""
    import dualstream  # noqa: F401
    from dualstream.datasets.cassava_crop.cassava_crop_dataset_builder import Builder
    from dualstream.datasets.cassava_crop.demo_config import Demo

    small = Demo(name='small', description='60 synthetic leaves.', pictures=60)
    builder = Builder(config=small, data_dir=data_dir)
    builder.download_and_prepare()
    return builder


@pytest.fixture(scope='session')
def photos(builder):
    """The small demo set, as the pipeline reads it."""
    from dualstream.pipeline import Photos

    return Photos(builder)


@pytest.fixture(scope='session')
def start(builder, data_dir):
    """Starts a training on the small demo set of synthetic leaves."""
    del builder  # which has prepared it
    fast = ('--image_size=64', '--epochs=2', '--batch_size=8', '--preset=nano')

    def start_it(workdir, *flags):
        return subprocess.Popen(
            [sys.executable, '-m', 'dualstream.train', '--dataset=cassava_crop/small',
             f'--data_dir={data_dir}', f'--workdir={workdir}', *fast, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start_it


@pytest.fixture(scope='session')
def finished(start, tmp_path_factory):
    """The folder of a run that was let finish, beside one without a crop."""
    runs = tmp_path_factory.mktemp('runs')
    for name, flags in (('none', ('--mask=none', '--crop=none')),
                        ('smart', ('--profile_steps=6,8',))):
        process = start(runs / name, *flags)
        _, said = process.communicate()
        assert process.returncode == 0, said
    return runs / 'smart'

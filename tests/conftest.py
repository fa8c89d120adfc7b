"""Settings of all tests: quiet, on the CPU, and photographs drawn for the occasion."""

import os

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

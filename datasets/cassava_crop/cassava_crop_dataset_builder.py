"""The TFDS builder: `tfds.load('cassava_crop')`."""

import concurrent.futures
import functools
import itertools
import multiprocessing
from collections.abc import Iterator

import tensorflow as tf
import tensorflow_datasets as tfds
from etils import epath

from dualstream.color import LEAF, tf_color_mask
from dualstream.crop import BLOCK, leaf_grid
from dualstream.datasets.cassava_crop.demo_config import Demo
from dualstream.datasets.cassava_crop.features import CROP_SIZE, photo_features
from dualstream.datasets.cassava_crop.icassava2019 import Icassava2019
from dualstream.datasets.cassava_crop.jpeg import upright_jpeg
from dualstream.datasets.cassava_crop.kaggle2020 import Kaggle2020
from dualstream.datasets.cassava_crop.records import Record
from dualstream.datasets.cassava_crop.writer import DeterministicWriter
from dualstream.pipeline.examples import to_metadata


class Builder(tfds.core.GeneratorBasedBuilder):
    """Photographs of cassava leaves in five classes, each with its leaf grid."""

    VERSION = tfds.core.Version('1.0.0')
    RELEASE_NOTES = {'1.0.0': 'First release.'}
    BUILDER_CONFIGS = [
        Demo(
            name='demo',
            description='SYNTHETIC leaves, drawn by a program: for trying things offline.'),
        Icassava2019(
            name='icassava2019',
            description='9,430 photographs, iCassava 2019; cgm is green mite. Downloaded.'),
        Kaggle2020(
            name='kaggle2020',
            description='21,397 photographs, Kaggle 2020; cgm is green mottle. From manual_dir.'),
    ]
    DEFAULT_CONFIG_NAME = 'demo'
    MANUAL_DOWNLOAD_INSTRUCTIONS = """\
    The config kaggle2020 reads Kaggle's files, which only those who accept the competition's rules
    may have: https://www.kaggle.com/c/cassava-leaf-disease-classification/data. Unpack them, so
    that manual_dir holds train.csv, label_num_to_disease_map.json and train_images/ (or
    train_tfrecords/).
    """
    # TFDS would look under dualstream/datasets, which a checkout does not have.
    code_path = epath.Path(__file__)
    pkg_dir_path = code_path.parent

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=photo_features(),
            supervised_keys=('crop', 'label'),
            homepage='https://arxiv.org/abs/1908.02900',
            metadata=tfds.core.MetadataDict(
                hsv_range=to_metadata(LEAF), block=BLOCK, crop_size=list(CROP_SIZE),
                synthetic=isinstance(self.builder_config, Demo)))

    def as_dataset(self, split=None, *, decoders=None, as_supervised=False, **kwargs):
        """As TFDS's; as_supervised leaves the full frame, which it drops, undecoded."""
        if as_supervised and decoders is None:
            decoders = {'image': tfds.decode.SkipDecoding()}
        return super().as_dataset(
            split, decoders=decoders, as_supervised=as_supervised, **kwargs)

    def download_and_prepare(self, *, download_config=None, **kwargs):
        """As TFDS's; on Apache Beam where the download_config names Beam's runner or options."""
        self._on_beam = download_config is not None and bool(
            download_config.beam_runner or download_config.beam_options)
        super().download_and_prepare(download_config=download_config, **kwargs)

    def _example_writer(self):
        return DeterministicWriter(self.info.file_format)

    def _split_generators(self, dl_manager):
        splits = self.builder_config.records(dl_manager)
        return {name: self._generate_examples(records) for name, records in splits.items()}

    def _generate_examples(self, records: list[Record]):
        if not self._on_beam:
            return _in_threads(records)
        beam = tfds.core.lazy_imports.apache_beam
        return beam.Create(records) | beam.Reshuffle() | beam.Map(_example)


def _in_threads(records: list[Record], ahead: int = 64) -> Iterator[tuple[str, dict]]:
    """The records' examples in order, made on all cores, at most `ahead` of them waiting."""
    remaining = iter(records)
    with concurrent.futures.ThreadPoolExecutor(multiprocessing.cpu_count()) as pool:
        waiting = [pool.submit(_example, record) for record in itertools.islice(remaining, ahead)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(_example, record) for record in itertools.islice(remaining, 1)]


def _example(record: Record) -> tuple[str, dict]:
    """Key and example of one record; a function of the module, so that Beam can pickle it."""
    contents = upright_jpeg(record.content.read())
    grid = _grid_function()(contents).numpy()
    height, width = tf.io.extract_jpeg_shape(contents).numpy()[:2]
    return record.filename, {
        'image': contents,
        'label': record.label,
        'filename': record.filename,
        'height': height,
        'width': width,
        'leaf_grid': grid,
    }


@functools.cache
def _grid_function():
    """From JPEG bytes to leaf grid, traced once a process, for every size."""
    return tf.function(
        lambda contents: leaf_grid(tf_color_mask(tf.io.decode_jpeg(contents, channels=3))),
        input_signature=[tf.TensorSpec([], tf.string)])

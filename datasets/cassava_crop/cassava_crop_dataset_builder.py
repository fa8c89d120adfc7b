"""The TFDS builder: `tfds.load('cassava_crop')`."""

import tensorflow_datasets as tfds
from etils import epath

from dualstream.datasets.cassava_crop.demo_config import Demo
from dualstream.datasets.cassava_crop.icassava2019 import Icassava2019
from dualstream.datasets.cassava_crop.kaggle2020 import Kaggle2020
from dualstream.datasets.cassava_crop.labels import LABELS
from dualstream.datasets.photo_builder import PhotoBuilder


class Builder(PhotoBuilder):
    """Photographs of cassava leaves in five classes, each with its leaf grid."""

    VERSION = tfds.core.Version('1.1.0')
    RELEASE_NOTES = {
        '1.0.0': 'First release.',
        '1.1.0': 'Photographs have restart markers, so that a window can be decoded alone.',
    }
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
        return self.photo_info(
            labels=LABELS, homepage='https://arxiv.org/abs/1908.02900',
            synthetic=isinstance(self.builder_config, Demo))

"""Reads the images that networks are compared on: the leafiest windows."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf
import tqdm

from dualstream.pipeline import Routine, prepare
from dualstream.runtime.errors import UserError

IMAGE_SIZE = (128, 128)


@dataclasses.dataclass(frozen=True)
class Windows:
    """The leafiest windows of all photographs of a set.

    Attributes:
      images: uint8 (n, height, width, 3), sRGB.
      labels: int64 (n,).
      label_names: of all classes.
      synthetic: whether a program drew the photographs.
    """

    images: np.ndarray
    labels: np.ndarray
    label_names: list[str]
    synthetic: bool


def read_windows(source: str, data_dir: str | None) -> Windows:
    """Reads the windows of a TFDS set, NAME/CONFIG, or of a folder with one folder per class.

    Raises:
      UserError: there is no such set, or no photograph in the folder.
    """
    folder = pathlib.Path(source)
    if folder.is_dir():
        names = sorted(path.name for path in folder.iterdir() if path.is_dir())
        files = [(path, label) for label, name in enumerate(names)
                 for path in sorted((folder / name).iterdir())
                 if path.suffix.lower() in ('.jpg', '.jpeg', '.png')]
        if not files:
            raise UserError(f'no photographs in folders of {source}')
        examples = ({'image': tf.constant(path.read_bytes()), 'label': label}
                    for path, label in files)
        synthetic, many = False, len(files)
    else:
        photos = prepare(source, data_dir)
        names = photos.label_names
        examples = (example for purpose in ('train', 'validation', 'test')
                    for example in photos.read(purpose))
        synthetic = bool((photos.builder.info.metadata or {}).get('synthetic', False))
        many = sum(map(photos.count, ('train', 'validation', 'test')))
    routine = tf.function(Routine(IMAGE_SIZE), reduce_retracing=True)
    images, labels = [], []
    for example in tqdm.tqdm(examples, f'Reading {source}', many, unit=' photographs'):
        image = routine({'image': example['image']}, tf.constant([0, 0]))
        images.append(np.round(255 * image.numpy()).astype(np.uint8))
        labels.append(int(example['label']))
    return Windows(np.stack(images), np.array(labels), names, synthetic)

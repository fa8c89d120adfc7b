"""Reads the images that networks are compared on: leafiest windows, also in changed light."""

import dataclasses
import pathlib

import numpy as np
import skimage.filters
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


def changed_light(images: np.ndarray) -> dict[str, np.ndarray]:
    """Changes images as another light or camera might.

    Args:
      images: float32 (n, h, w, 3) in [0, 1].

    Returns:
      Name of the change -> float32 (n, h, w, 3) in [0, 1].
    """
    rng = np.random.default_rng(0)
    pixels = tf.constant(images)
    changed = {
        'darker': 0.6 * images,
        'brighter': 1.4 * images,
        'warmer': images * np.float32([1.15, 1, 0.85]),
        'cooler': images * np.float32([0.85, 1, 1.15]),
        'hue + 15 degrees': tf.image.adjust_hue(pixels, 15 / 360).numpy(),
        'hue - 15 degrees': tf.image.adjust_hue(pixels, -15 / 360).numpy(),
        'blur': skimage.filters.gaussian(images, (0, 1.5, 1.5, 0)),
        'JPEG, quality 20': np.stack(
            [tf.image.adjust_jpeg_quality(image, 20).numpy() for image in images]),
        'noise': images + rng.normal(0, 0.08, images.shape),
    }
    return {name: np.clip(value, 0, 1).astype(np.float32) for name, value in changed.items()}

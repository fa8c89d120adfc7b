"""Photographs in memory, and the windows of them that networks train on and are scored on."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf
import tqdm

from dualstream.datasets.near_duplicates import group_near_duplicates, hash_photos
from dualstream.pipeline import Photos
from dualstream.pipeline.augment import turn_and_flip
from dualstream.pipeline.decode import cut, decode_frame, to_image
from dualstream.pipeline.parts import deal, everything

IMAGE_SIZE = (128, 128)

SHORT_SIDE = 240
"""Pixels of a frame's shorter side: a photograph of 600 x 800 is held at 0.4 of its size."""


@dataclasses.dataclass(frozen=True)
class Frames:
    """All labelled photographs of a set, decoded and resized.

    Attributes:
      pixels: uint8 (n, SHORT_SIDE, width, 3), sRGB; photographs higher than wide are turned.
      labels: int64 (n,).
      hashes: uint64 (n, 4), of `hash_photos`.
      label_names: of all classes.
      synthetic: whether a program drew the photographs.
    """

    pixels: np.ndarray
    labels: np.ndarray
    hashes: np.ndarray
    label_names: list[str]
    synthetic: bool

    @functools.cached_property
    def groups(self) -> np.ndarray:
        """One number for near-duplicates, int (n,)."""
        return group_near_duplicates(self.hashes)

    @property
    def near_duplicates(self) -> int:
        """How many photographs are a near-duplicate of an earlier one."""
        return len(self.groups) - len(np.unique(self.groups))

    @property
    def facts(self) -> dict:
        """What tables say of the set, of types that JSON has."""
        return {'pictures': len(self.labels), 'classes': len(self.label_names),
                'near_duplicates': self.near_duplicates, 'synthetic': self.synthetic,
                'most_frequent': int(np.bincount(self.labels).max()) / len(self.labels)}

    def split(self, fold: int, folds: int) -> tuple[np.ndarray, np.ndarray]:
        """Gives the places of the photographs to train on, and of those that are held out."""
        held_out = deal(self.groups, self.labels, folds, seed=0) == fold
        return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def read_frames(photos: Photos) -> Frames:
    """Decodes all labelled photographs of a set; all get the shape of the first, cut if need be."""
    whole = everything(photos)
    pixels, width = [], None
    for example in tqdm.tqdm(whole.read('all'), 'Reading', whole.count('all'),
                             unit=' photographs', disable=None):
        frame = decode_frame(example['image'])
        frame = frame if frame.shape[0] <= frame.shape[1] else tf.transpose(frame, [1, 0, 2])
        width = width or round(SHORT_SIDE * frame.shape[1] / frame.shape[0])
        pixels.append(_resized_and_cut(tf.cast(frame, tf.float32), width))
    return Frames(np.stack(pixels), whole.labels('all'),
                  hash_photos(whole, 'all'), photos.label_names, photos.synthetic)


def _resized_and_cut(frame: tf.Tensor, width: int) -> np.ndarray:
    """Resizes a frame until it covers (SHORT_SIDE, width), and cuts that from its middle."""
    scale = max(SHORT_SIDE / frame.shape[0], width / frame.shape[1])
    size = [round(scale * side) for side in frame.shape[:2]]
    frame = tf.image.resize_with_crop_or_pad(
        tf.image.resize(frame, size, antialias=True), SHORT_SIDE, width)
    return np.uint8(np.round(np.clip(frame.numpy(), 0, 255)))


def training_batches(
    frames: Frames, places: np.ndarray, *, batch_size: int, steps: int, seed: int
) -> tf.data.Dataset:
    """Makes batches of random windows, turned and flipped at random.

    A window is a square anywhere in the frame, from the image's size up to the whole height (as
    in Szegedy et al. 2015, Going deeper with convolutions, but without a change of its shape).

    Args:
      frames: of the set.
      places: of the photographs to train on.
      batch_size: windows in a batch.
      steps: how many batches.
      seed: of the order, the windows, the turns.

    Returns:
      (float32 (batch, *IMAGE_SIZE, 3) in [0, 1], int64 (batch,)).
    """
    # Held once: a data set of its own elements would copy them for each fold.
    pixels, labels = tf.constant(frames.pixels), tf.constant(frames.labels)
    largest = min(frames.pixels.shape[1:3])

    def to_window(number, place):
        seeds = tf.random.split(tf.stack([tf.constant(seed, tf.int64), number]), 3)
        smallest = np.log(IMAGE_SIZE[0])
        side = tf.cast(tf.round(tf.exp(tf.random.stateless_uniform(
            [], seeds[0], smallest, np.log(largest)))), tf.int32)
        room = tf.cast(tf.constant(frames.pixels.shape[1:3]) - side, tf.float32)
        corner = tf.cast(
            tf.round(room * tf.random.stateless_uniform([2], seeds[1])), tf.int32)
        window = cut(pixels[place], tf.concat([corner, [side, side]], 0))
        return turn_and_flip(to_image(window, IMAGE_SIZE), seeds[2]), labels[place]

    ordered = tf.data.Dataset.from_tensor_slices(places).shuffle(len(places), seed).repeat()
    return ordered.enumerate().map(to_window, tf.data.AUTOTUNE).batch(
        batch_size).take(steps).prefetch(tf.data.AUTOTUNE)


def views(frames: Frames, places: np.ndarray) -> np.ndarray:
    """Cuts the five views that a network is scored on: the middle and the corners of each frame.

    Each is a square of nine tenths of the height.

    Args:
      frames: of the set.
      places: of the photographs.

    Returns:
      uint8 (views, photographs, *IMAGE_SIZE, 3); the first view is the middle.
    """
    height, width = frames.pixels.shape[1:3]
    side = round(0.9 * min(height, width))
    bottom, right = height - side, width - side
    corners = [(bottom // 2, right // 2), (0, 0), (0, right), (bottom, 0), (bottom, right)]

    def view(y, x):
        cuts = tf.constant(frames.pixels[places, y:y + side, x:x + side])
        return np.uint8(np.round(tf.image.resize(cuts, IMAGE_SIZE, antialias=True).numpy()))

    return np.stack([view(*corner) for corner in corners])

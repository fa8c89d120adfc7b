"""Parts of a data set that are not its splits: all of its photographs, folds, or some of them."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from dualstream.pipeline.examples import Photos

_VALIDATION = 10
"""One of so many of the photographs outside a fold is for validation."""


@dataclasses.dataclass(frozen=True)
class Parts(Photos):
    """The photographs of all splits of a set, in parts of one's own choice.

    Use it for folds, and wherever TFDS's slices are not enough, since a slice cannot keep
    near-duplicates together. Photographs of other parts are read but not decoded.

    Attributes:
      parts: purpose ('train', 'validation', 'test', or another name) -> int (n,), places of the
        photographs in the order in which TFDS reads all splits together, which never changes.
    """

    parts: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def splits(self) -> dict[str, str]:
        return {purpose: '+'.join(self.builder.info.splits) for purpose in self.parts}

    def count(self, purpose: str) -> int:
        return len(self.parts[purpose])

    def read(self, purpose: str) -> tf.data.Dataset:
        chosen = tf.constant(self._chosen(purpose))
        return super().read(purpose).filter(
            tf.autograph.experimental.do_not_convert(lambda example: chosen[example['index']]))

    def labels(self, purpose: str) -> np.ndarray:
        return super().labels(purpose)[self._chosen(purpose)]

    def names(self, purpose: str) -> list[str]:
        return self._names_of(purpose, np.flatnonzero(self._chosen(purpose)))

    def label_counts(self, purpose: str) -> np.ndarray:
        labels = self.labels(purpose)
        return np.bincount(labels[labels >= 0], minlength=len(self.label_names))

    def _chosen(self, purpose: str) -> np.ndarray:
        chosen = np.zeros(self.builder.info.splits[self.splits[purpose]].num_examples, bool)
        chosen[self.parts[purpose]] = True
        return chosen


def everything(photos: Photos) -> Parts:
    """Gives all photographs of a set that have a label, as the part 'all'."""
    splits = Parts(photos.builder, {'all': np.arange(
        sum(split.num_examples for split in photos.builder.info.splits.values()))})
    return Parts(photos.builder, {'all': np.flatnonzero(splits.labels('all') >= 0)})


def make_folds(whole: Parts, groups: np.ndarray, folds: int, *, seed: int) -> list[Parts]:
    """Splits photographs into folds, in which near-duplicates stay together.

    Args:
      whole: with the part 'all'.
      groups: int (photographs,), one number for near-duplicates.
      folds: how many, at least 2.
      seed: of the order in which groups are dealt to the folds.

    Returns:
      The folds; 'test' is the part that is held out, once each, and a tenth of the others is
      'validation'.
    """
    places, labels = np.asarray(whole.parts['all']), whole.labels('all')
    fold_of = deal(groups, labels, folds, seed=seed)

    def make(fold: int) -> Parts:
        others = np.flatnonzero(fold_of != fold)
        tenth = deal(groups[others], labels[others], _VALIDATION, seed=seed)
        return dataclasses.replace(whole, parts={
            'train': places[others[tenth > 0]], 'validation': places[others[tenth == 0]],
            'test': places[fold_of == fold]})

    return [make(fold) for fold in range(folds)]


def deal(groups: np.ndarray, labels: np.ndarray, parts: int, *, seed: int) -> np.ndarray:
    """Deals examples into equal parts, group by group, with like shares of the classes.

    Args:
      groups: int (examples,), one number for those that must stay together.
      labels: int (examples,); a group counts with its first example's class.
      parts: how many.
      seed: of the order in which groups of a class are dealt.

    Returns:
      int (examples,), the part of each, from 0 to parts - 1.

    Example:

    >>> deal(np.array([0, 0, 1, 2, 3]), np.array([0, 0, 0, 1, 1]), 2, seed=0).tolist()
    [1, 1, 0, 1, 0]
    """
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    order = np.lexsort([np.random.default_rng(seed).random(len(first)), labels[first]])
    part = np.empty(len(first), int)
    part[order] = np.arange(len(first)) % parts
    return part[group]

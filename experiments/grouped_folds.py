"""Folds of all photographs of a set, in which near-duplicates stay together."""

import functools

import numpy as np

from dualstream.datasets.near_duplicates import group_near_duplicates, hash_photos
from dualstream.pipeline import Photos, prepare
from dualstream.pipeline.parts import Parts, everything, make_folds


def grouped_folds(photos: Photos, folds: int, *, seed: int = 0) -> tuple[list[Parts], int]:
    """Splits the labelled photographs of a set into folds, each held out once.

    Args:
      photos: the data set.
      folds: how many, at least 2.
      seed: of the order in which groups of near-duplicates are dealt to the folds.

    Returns:
      (the folds, in each of which 'test' is the part that is held out; how many photographs are a
      near-duplicate of an earlier one).
    """
    whole = everything(photos)
    groups = group_near_duplicates(hash_photos(whole, 'all'))
    return make_folds(whole, groups, folds, seed=seed), len(groups) - len(np.unique(groups))


@functools.cache
def read_folds(
    dataset: str, data_dir: str | None, manual_dir: str | None, folds: int
) -> tuple[list[Parts], int]:
    """Prepares a set and splits it as `grouped_folds` does, once in each process.

    Args:
      dataset, data_dir, manual_dir: as `prepare` takes them.
      folds: how many, at least 2.
    """
    return grouped_folds(prepare(dataset, data_dir, manual_dir), folds)

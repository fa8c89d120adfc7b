"""Folds of all photographs of a set, in which near-duplicates stay together."""

import numpy as np

from dualstream.datasets.near_duplicates import group_near_duplicates, hash_photos
from dualstream.pipeline import Photos
from dualstream.pipeline.parts import Parts, deal, everything

_VALIDATION = 10
"""One of so many of the photographs outside a fold is for validation."""


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
    places, labels = np.asarray(whole.parts['all']), whole.labels('all')
    groups = group_near_duplicates(hash_photos(whole, 'all'))
    fold_of = deal(groups, labels, folds, seed=seed)

    def parts(fold: int) -> Parts:
        others = np.flatnonzero(fold_of != fold)
        tenth = deal(groups[others], labels[others], _VALIDATION, seed=seed)
        return Parts(photos.builder, {
            'train': places[others[tenth > 0]], 'validation': places[others[tenth == 0]],
            'test': places[fold_of == fold]})

    return [parts(fold) for fold in range(folds)], len(groups) - len(np.unique(groups))

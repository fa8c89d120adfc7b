"""Folds of all photographs of a set, so that each is held out once, as slices of TFDS."""

import dataclasses
import functools

from dualstream.pipeline import Photos

FOLDS = 3
_VALIDATION = 10  # per cent


@dataclasses.dataclass(frozen=True)
class Fold(Photos):
    """The photographs of a set, of which the third with number `fold` is held out.

    Attributes:
      fold: from 0 to FOLDS - 1.
    """

    fold: int = 0

    @functools.cached_property
    def splits(self) -> dict[str, str]:
        start = 100 * self.fold // FOLDS
        held_out = 100 * (self.fold + 1) // FOLDS
        return {'test': self._part(start, held_out),
                'validation': self._part(held_out, held_out + _VALIDATION),
                'train': self._part(held_out + _VALIDATION, start + 100)}

    def _part(self, first: int, last: int) -> str:
        """Slices every split from `first` to `last` per cent, continuing at its start after 100."""
        spans = [(first % 100, last % 100 or 100)]
        if spans[0][0] > spans[0][1]:
            spans = [(first % 100, 100), (0, last % 100)]
        return '+'.join(f'{split}[{begin}%:{end}%]' for split in self.builder.info.splits
                        for begin, end in spans)

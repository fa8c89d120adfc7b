"""Records: where each photograph's bytes lie and what class it is; its checks and its splits.

Everything that can be wrong with a set of photographs is looked for before the first example is
written, so that a user sees all of it at once.
"""

import concurrent.futures
import dataclasses
import hashlib
import os
from collections.abc import Iterable

import tqdm
from etils import epath

from dualstream.datasets.cassava_crop.jpeg import check_readable


class Refused(ValueError):
    """A set of photographs that cannot be prepared as it is, with every reason."""

    def __init__(self, place: os.PathLike | str, problems: Iterable[str]):
        problems = sorted(problems)
        count = f'{len(problems)} problem' + ('s' if len(problems) > 1 else '')
        super().__init__('\n  '.join([f'{count} in {place}; nothing was prepared:', *problems]))


@dataclasses.dataclass(frozen=True)
class FileBytes:
    """Bytes that are a whole file, here or in a bucket."""

    path: str

    def read(self) -> bytes:
        return epath.Path(self.path).read_bytes()


@dataclasses.dataclass(frozen=True)
class Record:
    """One photograph of a source.

    Attributes:
      filename: its name, unique in the source; also what places it in a split.
      label: its class, an index of LABELS.
      content: what `read()`s its bytes; it can be pickled, for Beam's workers.
    """

    filename: str
    label: int
    content: object


def check_all(place: os.PathLike | str, records: list[Record]) -> None:
    """Reads every photograph once and refuses those that cannot be decoded, all together.

    Raises:
      Refused: no records, or one or more photographs are truncated or no pictures at all.
    """
    if not records:
        raise Refused(place, ['no photographs found'])

    def problem(record: Record) -> str | None:
        try:
            check_readable(record.content.read())
        except (OSError, ValueError) as error:
            return f'{record.filename}: {error}'
        return None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = tqdm.tqdm(pool.map(problem, records), 'Checking photographs', len(records),
                          unit=' photos', leave=False)
        problems = [problem for problem in found if problem]
    if problems:
        raise Refused(place, problems)


def stratified_splits(
    records: list[Record], validation: float, test: float
) -> dict[str, list[Record]]:
    """Splits each class by the order of its filenames' SHA-256, the same everywhere and always.

    Args:
      records: with unique filenames.
      validation, test: share of each class that goes there, rounded, but at least one picture
        where the class has three or more.

    Returns:
      'train', 'validation' and 'test', each in the order of the filenames.
    """
    splits = {'train': [], 'validation': [], 'test': []}
    for label in sorted({record.label for record in records}):
        of_class = sorted(
            (record for record in records if record.label == label),
            key=lambda record: hashlib.sha256(record.filename.encode()).digest())
        at_least = 1 if len(of_class) >= 3 else 0
        tests = max(at_least, round(test * len(of_class)))
        validations = max(at_least, round(validation * len(of_class)))
        splits['test'] += of_class[:tests]
        splits['validation'] += of_class[tests:tests + validations]
        splits['train'] += of_class[tests + validations:]
    return {name: sorted(split, key=lambda record: record.filename)
            for name, split in splits.items()}

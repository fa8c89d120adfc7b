"""Records: where the bytes of each photograph are, and its class; checks and splits of them.

A builder looks for everything that can be wrong with a set of photographs before it writes the
first example, so that a user sees all of it at once.
"""

import concurrent.futures
import dataclasses
import hashlib
import os
from collections.abc import Iterable

import tqdm
from etils import epath

from dualstream.datasets.jpeg import check_readable, refusing_truncated
from dualstream.runtime.errors import UserError


class Refused(UserError):
    """A set of photographs that cannot be prepared as it is, with every reason.

    Args:
      place: the folder or file that has the problems.
      problems: a line each.
    """

    def __init__(self, place: os.PathLike | str, problems: Iterable[str]):
        problems = sorted(problems)
        count = f'{len(problems)} problem' + ('s' if len(problems) > 1 else '')
        super().__init__('\n  '.join([f'{count} in {place}; nothing was prepared:', *problems]))


@dataclasses.dataclass(frozen=True)
class FileBytes:
    """Bytes that are a whole file, on a disk or in a bucket."""

    path: str

    def read(self) -> bytes:
        return epath.Path(self.path).read_bytes()


@dataclasses.dataclass(frozen=True)
class Record:
    """One photograph of a source.

    Attributes:
      filename: its name, unique in the source. Its hash chooses the split.
      label: the index of its class.
      content: an object whose `read()` returns its bytes. It can be pickled, for Beam's workers.
    """

    filename: str
    label: int
    content: object


def check_all(
    place: os.PathLike | str, records: list[Record], problems: Iterable[str] = ()
) -> None:
    """Decodes every photograph once and lists all that cannot be decoded, with other problems.

    Args:
      place: the folder that the message names.
      records: the photographs.
      problems: what the caller found, to be listed with the photographs that cannot be decoded.

    Raises:
      Refused: there are no records, or photographs are truncated or in no known format, or there
        are other problems.
    """
    if not records:
        raise Refused(place, list(problems) or ['no photographs found'])

    def problem(record: Record) -> str | None:
        try:
            check_readable(record.content.read())
        except (OSError, ValueError) as error:
            return f'{record.filename}: {error}'
        return None

    with refusing_truncated(), concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = tqdm.tqdm(pool.map(problem, records), 'Checking photographs', len(records),
                          unit=' photos', leave=False)
        problems = [*problems, *(problem for problem in found if problem)]
    if problems:
        raise Refused(place, problems)


def stratified_splits(
    records: list[Record], validation: float, test: float
) -> dict[str, list[Record]]:
    """Splits each class by the SHA-256 of its filenames, so that the splits never change.

    Args:
      records: photographs with unique filenames.
      validation, test: the share of each class for that split, in [0, 1], rounded to whole
        photographs, but at least one where the class has three or more.

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

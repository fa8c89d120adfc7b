"""The TFDS builder of users' own photographs, one folder for each class."""

import dataclasses
import hashlib
import pathlib
import re

import tensorflow_datasets as tfds
from etils import epath
from PIL import Image

from dualstream.datasets.photo_builder import PhotoBuilder
from dualstream.datasets.records import FileBytes, Record, Refused, check_all, stratified_splits
from dualstream.runtime.errors import UserError

_SPLITS = ('train', 'validation', 'valid', 'val', 'test')


@dataclasses.dataclass
class Folder(tfds.core.BuilderConfig):
    """What is in a user's folder.

    Its name, which is also the name of the folder that TFDS prepares, ends in a hash of the files'
    names, sizes and times. So a folder that has changed is prepared anew.

    Attributes:
      root: the user's folder.
      labels: the names of the classes, sorted.
      files: the paths of the photographs of each split, relative to root. Without splits in the
        folder all are in 'train', and `records` splits them.
    """

    root: str = ''
    labels: tuple[str, ...] = ()
    files: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def records(self, dl_manager) -> dict[str, list[Record]]:
        """Checks every photograph; returns the records of each split."""
        del dl_manager  # nothing is downloaded
        splits = {
            split: [Record(path, self.labels.index(pathlib.PurePath(path).parent.name),
                           FileBytes(str(pathlib.Path(self.root, path))))
                    for path in paths]
            for split, paths in self.files.items()}
        check_all(self.root, [record for records in splits.values() for record in records])
        if len(splits) > 1:
            return splits
        splits = stratified_splits(splits['train'], validation=0.1, test=0.1)
        if not splits['validation'] or not splits['test']:
            raise UserError(
                f'{self.root} has too few photographs for a validation and a test split: it needs '
                'a class with three or more')
        return splits


class Builder(PhotoBuilder):
    """A user's own photographs, with the leaf grid that a smart crop needs.

    Use it for photographs that are no TFDS data set: `root/CLASS/*`, of which a tenth of each class
    becomes the validation and another tenth the test split; or `root/SPLIT/CLASS/*`, where the
    splits are train and, if they are there, validation (or valid, or val) and test. A photograph
    may be in any format that Pillow reads. Hidden files are skipped. Photographs
    outside the folders of the classes are refused, and preparing refuses files that are not
    photographs; both are listed.

    Args:
      root: the folder. The names of the classes are those of their folders, sorted.
      config: what is in the folder, where that is known; it replaces root.
      data_dir: where TFDS stores prepared data sets; its own default if None.
      kwargs: as for every TFDS builder.

    Raises:
      UserError: the folder does not exist, or it has fewer than two classes, or another layout.
        Preparing raises it where no class has the three photographs that three splits need.
    """

    VERSION = tfds.core.Version('1.1.0')
    RELEASE_NOTES = {
        '1.0.0': 'First release.',
        '1.1.0': 'Photographs have restart markers, so that a window can be decoded alone.',
    }
    code_path = epath.Path(__file__)
    pkg_dir_path = code_path.parent

    def __init__(self, *, root: str | None = None, config: Folder | None = None,
                 data_dir: str | None = None, **kwargs):
        if root is None and not isinstance(config, Folder):
            raise UserError("photo_folder needs the folder: tfds.builder('photo_folder', root=...)")
        super().__init__(config=config or _look_into(root), data_dir=data_dir, **kwargs)

    def _info(self) -> tfds.core.DatasetInfo:
        return self.photo_info(
            labels=self.builder_config.labels, description=self.builder_config.description)


def _look_into(root: str) -> Folder:
    root = pathlib.Path(root).expanduser().resolve()
    files = _files(root)
    labels = sorted({path.parent.name for paths in files.values() for path in paths})
    if len(labels) < 2:
        raise UserError(
            f'{root} needs one folder of photographs for each class, and at least two; found '
            f'photographs of {", ".join(labels) or "none"}')
    slug = re.sub(r'\W+', '_', root.name, flags=re.ASCII).strip('_') or 'photos'
    return Folder(
        name=f'{slug}_{_fingerprint(root, files)}',
        description=f'Photographs of the folder {root.name}.',
        root=str(root), labels=tuple(labels),
        files={split: [path.as_posix() for path in paths] for split, paths in files.items()})


def _files(root: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """The paths of all photographs of each split, relative to root and sorted."""
    if not _folders(root / 'train'):
        return {'train': _of_classes(root, root)}
    others = [folder.name for folder in _folders(root) if folder.name not in _SPLITS]
    if others:
        raise UserError(
            f'{root} has a folder train with classes, so its other folders must be splits '
            f'({", ".join(_SPLITS[1:])}); found {", ".join(others)}')
    files = {folder.name: _of_classes(root, folder) for folder in _folders(root)}
    missing = sorted(
        {path.parent.name for paths in files.values() for path in paths}
        - {path.parent.name for path in files['train']})
    if missing:
        raise UserError(f'{root / "train"} has no photographs of {", ".join(missing)}')
    return {split: paths for split, paths in files.items() if paths}


def _of_classes(root: pathlib.Path, parent: pathlib.Path) -> list[pathlib.Path]:
    contents = [path for folder in _folders(parent) for path in _visible(folder)]
    misplaced = [f'{path.relative_to(root)}: a folder inside the folder of a class'
                 for path in contents if path.is_dir()]
    misplaced += [f'{path.relative_to(root)}: a photograph outside the folders of the classes'
                  for path in _visible(parent) if path.suffix.lower() in _suffixes()]
    if misplaced:
        raise Refused(root, misplaced)
    return [path.relative_to(root) for path in contents]


def _folders(parent: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in _visible(parent) if path.is_dir()]


def _visible(parent: pathlib.Path) -> list[pathlib.Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if not path.name.startswith('.'))


def _suffixes() -> dict[str, str]:
    """The suffixes of all formats that Pillow knows, such as .jpg, and the formats."""
    return Image.registered_extensions()


def _fingerprint(root: pathlib.Path, files: dict[str, list[pathlib.Path]]) -> str:
    lines = [f'{path.as_posix()} {status.st_size} {status.st_mtime_ns}'
             for paths in files.values() for path in paths for status in [(root / path).stat()]]
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()[:12]

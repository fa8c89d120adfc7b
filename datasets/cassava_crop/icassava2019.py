"""iCassava 2019: 9,430 photographs from Uganda, the set that TFDS itself calls `cassava`."""

import dataclasses

import tensorflow_datasets as tfds
from etils import epath

from dualstream.datasets.cassava_crop.labels import LABELS
from dualstream.datasets.records import FileBytes, Record, check_all

URL = 'https://storage.googleapis.com/emcassavadata/cassavaleafdata.zip'


@dataclasses.dataclass
class Icassava2019(tfds.core.BuilderConfig):
    """Downloads the archive; its splits are the archive's folders."""

    def records(self, dl_manager) -> dict[str, list[Record]]:
        root = epath.Path(dl_manager.download_and_extract(URL)) / 'cassavaleafdata'
        splits = {name: [] for name in ('train', 'validation', 'test')}
        unknown = []
        for split, records in splits.items():
            for path in sorted(root.glob(f'{split}/*/*.jpg')):
                if path.parent.name not in LABELS:
                    unknown.append(f'{path.relative_to(root)}: {path.parent.name} is no label')
                    continue
                label = LABELS.index(path.parent.name)
                filename = str(path.relative_to(root))
                records.append(Record(filename, label, FileBytes(str(path))))
        check_all(root, [record for records in splits.values() for record in records], unknown)
        return splits

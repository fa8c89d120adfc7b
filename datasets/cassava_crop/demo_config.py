"""The demo: SYNTHETIC leaves, drawn by a program, so that everything works offline."""

import dataclasses

import tensorflow_datasets as tfds

from dualstream.datasets.cassava_crop.demo import demo_labels, draw_leaf_photo, encode_jpeg
from dualstream.datasets.records import Record, stratified_splits


@dataclasses.dataclass
class Demo(tfds.core.BuilderConfig):
    """Draws photographs from a seed.

    Attributes:
      pictures: how many.
      seed: of all random numbers.
      validation, test: the share of each class in these splits, in [0, 1].
    """

    licence = 'MIT, as the program that draws them'

    pictures: int = 1400
    seed: int = 2020
    validation: float = 0.125
    test: float = 0.25

    def records(self, dl_manager) -> dict[str, list[Record]]:
        del dl_manager  # nothing is downloaded
        labels = demo_labels(self.pictures, self.seed)
        records = [
            Record(f'synthetic-{index:05d}.jpg', int(label), Drawing(int(label), self.seed, index))
            for index, label in enumerate(labels)]
        return stratified_splits(records, self.validation, self.test)


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Bytes that are drawn when they are read."""

    label: int
    seed: int
    index: int

    def read(self) -> bytes:
        return encode_jpeg(draw_leaf_photo(self.label, self.seed, self.index))

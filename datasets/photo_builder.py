"""What the builders of photographs have in common: how an example is made and written."""

import collections
import concurrent.futures
import functools
import itertools
import multiprocessing
import sys
from collections.abc import Iterator, Sequence

import tensorflow as tf
import tensorflow_datasets as tfds

from dualstream.color import LEAF, tf_color_mask
from dualstream.crop import BLOCK, leaf_grid
from dualstream.datasets.arrange import NotArranged, arrange
from dualstream.datasets.features import CROP_SIZE, photo_features
from dualstream.datasets.jpeg import upright_jpeg
from dualstream.datasets.records import Record
from dualstream.datasets.writer import DeterministicWriter
from dualstream.pipeline.decode import decode_jpeg
from dualstream.pipeline.examples import to_metadata
from dualstream.pipeline.restarts import UNARRANGED


class PhotoBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A TFDS builder whose configs list the photographs of each split.

    A config has a method `records(dl_manager)` that returns the checked records of each split.
    """

    def photo_info(self, *, labels: Sequence[str], description: str | None = None,
                   homepage: str | None = None, synthetic: bool = False) -> tfds.core.DatasetInfo:
        """Describes the data set; for a subclass's `_info`.

        Args:
          labels: the names of the classes.
          description: what the photographs show; None takes it from the builder's files.
          homepage: the address of a page on the photographs.
          synthetic: whether they are drawn by a program.
        """
        metadata = tfds.core.MetadataDict(
            hsv_range=to_metadata(LEAF), block=BLOCK, crop_size=list(CROP_SIZE),
            synthetic=synthetic)
        make = (functools.partial(tfds.core.DatasetInfo, builder=self, description=description)
                if description else self.dataset_info_from_configs)
        return make(features=photo_features(labels), supervised_keys=('crop', 'label'),
                    homepage=homepage, metadata=metadata)

    def as_dataset(self, split=None, *, decoders=None, as_supervised=False, **kwargs):
        """As TFDS's; as_supervised leaves the full frame, which it drops, undecoded."""
        if as_supervised and decoders is None:
            decoders = {'image': tfds.decode.SkipDecoding()}
        return super().as_dataset(
            split, decoders=decoders, as_supervised=as_supervised, **kwargs)

    def download_and_prepare(self, *, download_config=None, **kwargs):
        """As TFDS's; on Apache Beam where the download_config names Beam's runner or options."""
        self._on_beam = download_config is not None and bool(
            download_config.beam_runner or download_config.beam_options)
        self._not_arranged = collections.Counter()
        super().download_and_prepare(download_config=download_config, **kwargs)
        if self._not_arranged:
            reasons = ', '.join(f'{n:,} {why}' for why, n in sorted(self._not_arranged.items()))
            print(f'{self._not_arranged.total():,} photographs are stored as they are, so that '
                  f'decoding a window of them takes longer: {reasons}', file=sys.stderr)

    def _example_writer(self):
        return DeterministicWriter(self.info.file_format)

    def _split_generators(self, dl_manager):
        splits = self.builder_config.records(dl_manager)
        return {name: self._generate_examples(records) for name, records in splits.items()}

    def _generate_examples(self, records: list[Record]):
        if not self._on_beam:
            return self._counted(_in_threads(records))
        beam = tfds.core.lazy_imports.apache_beam
        return beam.Create(records) | beam.Reshuffle() | beam.Map(lambda each: _example(each)[:2])

    def _counted(self, examples):
        for key, example, reason in examples:
            if reason:
                self._not_arranged[reason] += 1
            yield key, example


def _in_threads(records: list[Record], ahead: int = 64) -> Iterator[tuple[str, dict, str]]:
    """Calls `_example` on the records, on all cores and in order; at most `ahead` results wait."""
    remaining = iter(records)
    with concurrent.futures.ThreadPoolExecutor(multiprocessing.cpu_count()) as pool:
        waiting = [pool.submit(_example, record) for record in itertools.islice(remaining, ahead)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(_example, record) for record in itertools.islice(remaining, 1)]


def _example(record: Record) -> tuple[str, dict, str]:
    """Key, example, and why the photograph is not arranged, or ''.

    A function of the module, so that Beam can pickle it.
    """
    contents, reason = upright_jpeg(record.content.read()), ''
    try:
        contents, restarts = arrange(contents)
    except NotArranged as why:
        restarts, reason = UNARRANGED, str(why)
    grid = _grid_function()(contents).numpy()
    height, width = tf.io.extract_jpeg_shape(contents).numpy()[:2]
    return record.filename, {
        'image': contents,
        'label': record.label,
        'filename': record.filename,
        'height': height,
        'width': width,
        'leaf_grid': grid,
        'restarts': restarts,
    }, reason


@functools.cache
def _grid_function():
    """From JPEG bytes to leaf grid, traced once a process, for every size."""
    return tf.function(
        lambda contents: leaf_grid(tf_color_mask(decode_jpeg(contents))),
        input_signature=[tf.TensorSpec([], tf.string)])

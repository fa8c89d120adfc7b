"""The writer of examples: the same example is the same bytes in every process."""

import tensorflow as tf
from tensorflow_datasets.core import writer


class DeterministicWriter(writer.ExampleWriter):
    """TFDS's writer, with the features of each example in the order of their names.

    The entries of a protocol buffer's map are written in an order that changes from process to
    process. Without this class Beam's workers would write other bytes than a single process.
    """

    def write(self, path, examples):
        return super().write(
            path, ((key, _in_order(serialized)) for key, serialized in examples))


def _in_order(serialized: bytes) -> bytes:
    return tf.train.Example.FromString(serialized).SerializeToString(deterministic=True)

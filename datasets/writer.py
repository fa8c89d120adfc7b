"""The writer of examples: the same example is the same bytes in every process."""

import tensorflow as tf
from tensorflow_datasets.core import writer


class DeterministicWriter(writer.ExampleWriter):
    """TFDS's writer, with the features of each example in the order of their names.

    A protocol buffer's map has no order, and the one that it is written in changes from process to
    process, so Beam's workers would write other files than a single process does.
    """

    def write(self, path, examples):
        return super().write(
            path, ((key, _in_order(serialized)) for key, serialized in examples))


def _in_order(serialized: bytes) -> bytes:
    return tf.train.Example.FromString(serialized).SerializeToString(deterministic=True)

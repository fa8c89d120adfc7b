"""The SavedModel: from the bytes of photographs to verdicts, by TensorFlow alone.

`serving_default` takes `photographs`, strings (n,), the bytes of JPEGs and PNGs of any sizes;
`frames` takes `frames`, uint8 (n, H, W, 3), sRGB, upright. Both give

    probabilities  float32 (n, classes), calibrated
    label_names    string (n, classes)
    window         int32 (n, 4), (y, x, height, width) in pixels of the upright frame
    coverage       float32 (n,), in [0, 1]
    verdict        string (n,), one of `evaluation.refusal.VERDICTS`

and `serving_default` also `error`, string (n,): what is wrong with a photograph, else ''. A wrong
one has probabilities, window and coverage of 0 and the verdict ''; the others of its batch are
answered all the same.
"""

import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dualstream.evaluation.refusal import VERDICTS
from dualstream.export.orientation import find_orientation
from dualstream.export.parity import Answers, Limits
from dualstream.export.reading import find_fault, read_frame
from dualstream.export.source import Source
from dualstream.runtime.errors import UserError

LIMITS = {'saved_model': Limits(1e-4)}

_BATCH = 16  # photographs that are answered at a time when it is tried


def write(source: Source, out: pathlib.Path, photographs: Sequence[bytes]) -> pathlib.Path:
    """Writes the SavedModel, a folder, into the folder `out`.

    Args:
      source: what is exported.
      out: the folder.
      photographs: not used.
    """
    del photographs

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'photographs')])
    def serve(photographs):
        errors, looks = _look_at_each(source, photographs)
        answers = _judge(source, *looks)
        bad = tf.not_equal(errors, '')
        answers['probabilities'] = tf.where(bad[:, None], 0.0, answers['probabilities'])
        answers['verdict'] = tf.where(bad, '', answers['verdict'])
        return answers | {'error': errors}

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, 'frames')])
    def serve_frames(frames):
        return _judge(source, *tf.map_fn(
            source.look, frames, fn_output_signature=tuple(_look_specs(source))))

    module = tf.Module()
    # The numbers alone: Keras's own objects would be saved with what only Keras can load.
    module.weights = [variable.value for variable in source.network.variables]
    path = out / 'saved_model'
    tf.saved_model.save(module, str(path), {'serving_default': serve, 'frames': serve_frames})
    return path


def answer(
    source: Source, path: pathlib.Path, photographs: Sequence[bytes]
) -> dict[str, Answers]:
    """Has a SavedModel answer about photographs.

    Args:
      source: what was exported; not used, since the SavedModel holds all of it.
      path: of the SavedModel.
      photographs: the bytes of JPEGs and PNGs.

    Raises:
      UserError: a photograph is flagged, and Python could read it.
    """
    del source
    serve = tf.saved_model.load(str(path)).signatures['serving_default']
    answers = [serve(photographs=tf.constant(photographs[start:start + _BATCH]))
               for start in range(0, len(photographs), _BATCH)]
    errors = np.concatenate([each['error'] for each in answers])
    if (errors != b'').any():
        raise UserError('the SavedModel refuses a photograph of the comparison: '
                        f'{errors[errors != b""][0].decode()}')
    return {'saved_model': Answers(
        *(np.concatenate([each[name] for each in answers])
          for name in ('probabilities', 'window')))}


def _look_at_each(source: Source, photographs: tf.Tensor):
    """The fault of each photograph, string (n,), and batches of what `source.look` gives.

    An op that fails takes its whole graph with it. But a tf.data set may leave out elements whose
    ops fail; who is missing at its end cannot be decoded.
    """
    specs = _look_specs(source)
    count = tf.shape(photographs, tf.int64)[0]

    def nothing():
        return tuple(tf.zeros(spec.shape, spec.dtype) for spec in specs)

    @tf.autograph.experimental.do_not_convert
    def look(place, contents):
        fault = find_fault(contents)
        return place, fault, *tf.cond(
            tf.equal(fault, ''), lambda: _look(source, contents), nothing)

    looks = tf.data.Dataset.from_tensor_slices(photographs).enumerate()
    looks = looks.map(look, tf.data.AUTOTUNE).ignore_errors()
    # One more, so that there is a batch where all are missing.
    last = tf.data.Dataset.from_tensors((count, '', *nothing()))
    places, faults, *batches = looks.concatenate(last).batch(count + 1).get_single_element()
    found = tf.scatter_nd(places[:, None], tf.range(tf.size(places)) + 1, [count + 1])[:count]
    # Places in the batch; the last one, of zeros, for those that are missing.
    index = tf.where(found > 0, found - 1, tf.size(places) - 1)
    errors = tf.where(found > 0, tf.gather(faults, index), 'cannot be decoded')
    return errors, [tf.gather(batch, index) for batch in batches]


def _look(source: Source, contents: tf.Tensor):
    """What `source.look` gives of a photograph that has no fault."""
    orientation = find_orientation(contents)
    frame = read_frame(contents, orientation)
    if not source.reduces:
        return source.look(frame)
    return tf.cond(orientation > 1, lambda: source.look(frame),
                   lambda: source.look(frame, contents))


def _look_specs(source: Source) -> list[tf.TensorSpec]:
    """What `source.look` gives."""
    return [tf.TensorSpec([4], tf.int32), tf.TensorSpec([], tf.float32),
            tf.TensorSpec([*source.routine.target_size, 3], tf.float32)]


def _judge(source: Source, windows, coverages, images) -> dict[str, tf.Tensor]:
    """Probabilities and verdicts of a batch of images, with what they were made of."""
    count = tf.shape(images)[0]
    # oneDNN's convolutions refuse an empty batch on some processors.
    filled = tf.cond(count > 0, lambda: images, lambda: tf.zeros([1, *images.shape[1:]]))
    probabilities = source.network(filled, training=False)[:count]
    return {
        'probabilities': probabilities,
        'label_names': tf.tile(tf.constant([source.label_names]), [count, 1]),
        'window': windows,
        'coverage': coverages,
        'verdict': _verdicts(source, coverages, tf.reduce_max(probabilities, axis=1)),
    }


def _verdicts(source: Source, coverages, confidences) -> tf.Tensor:
    diagnosis, unsure, not_a_leaf = VERDICTS
    verdicts = tf.where(confidences < source.refusal.min_confidence, unsure, diagnosis)
    return tf.where(coverages < source.refusal.min_coverage, not_a_leaf, verdicts)

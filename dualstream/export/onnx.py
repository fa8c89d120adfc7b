"""ONNX: one file from the pixels of a photograph to its verdict, for ONNX Runtime and its like.

Its input is `frame`, uint8 (H, W, 3), sRGB, an upright photograph of any size; its outputs are

    probabilities  float32 (classes,), calibrated
    window         int32 (4,), (y, x, height, width) in pixels
    coverage       float32 (), in [0, 1]
    verdict        string (), one of `evaluation.refusal.VERDICTS`

The names of the classes are in the file's metadata, as JSON under `label_names`.
"""

import json
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dualstream.evaluation.refusal import VERDICTS
from dualstream.export.parity import Answers, Limits
from dualstream.export.source import SEED, Source, upright_frame
from dualstream.runtime.errors import UserError

LIMITS = {'onnx': Limits(1e-4, of_frames=True)}

_OPSET = 18
_MISSING = "ONNX files need more packages: pip install 'dualstream[onnx]'"


def write(source: Source, out: pathlib.Path, photographs: Sequence[bytes]) -> pathlib.Path:
    """Writes model.onnx into the folder `out`.

    Args:
      source: what is exported.
      out: the folder.
      photographs: not used.

    Raises:
      UserError: a package is missing, or the run normalises stains.
    """
    del photographs
    try:
        import onnx
        import tf2onnx
    except ImportError as error:
        raise UserError(_MISSING) from error
    if source.routine.normalizer:
        raise UserError('the run was trained with --normalize, which has no ops in ONNX')
    signature = [tf.TensorSpec([None, None, 3], tf.uint8, 'frame')]
    judge = tf.function(lambda frame: _judge(source, frame), signature, autograph=False)
    model, _ = tf2onnx.convert.from_function(judge, signature, opset=_OPSET)
    onnx.helper.set_model_props(model, {'label_names': json.dumps(source.label_names)})
    onnx.checker.check_model(model)
    path = out / 'model.onnx'
    path.write_bytes(model.SerializeToString())
    return path


def answer(
    source: Source, path: pathlib.Path, photographs: Sequence[bytes]
) -> dict[str, Answers]:
    """Has an ONNX file answer about photographs, by ONNX Runtime on the CPU.

    Args:
      source: what was exported; not used, since the file holds all of it.
      path: of the file.
      photographs: the bytes of JPEGs and PNGs.
    """
    del source
    session = open_session(path)
    answers = [session.run(['probabilities', 'window'], {'frame': upright_frame(contents)})
               for contents in photographs]
    return {'onnx': Answers(*map(np.stack, zip(*answers, strict=True)))}


def open_session(path: pathlib.Path):
    """Opens an ONNX file in ONNX Runtime, on the CPU, without its telemetry.

    Args:
      path: of the file.

    Returns:
      An onnxruntime.InferenceSession.

    Raises:
      UserError: ONNX Runtime is missing.
      Exception: the file is not valid; the runtime's errors have no class in common but this one.
    """
    # Its official builds send events to Microsoft unless this is set before they are loaded.
    os.environ['ORT_DISABLE_TELEMETRY'] = '1'
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(_MISSING) from error
    return onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])


def _judge(source: Source, frame: tf.Tensor) -> dict[str, tf.Tensor]:
    """What the file computes, in ops that ONNX has; it knows neither XLA nor bit casts."""
    routine = source.routine
    frame = tf.cast(frame, tf.float32) / 255  # ONNX Runtime has no minimum of 16-bit integers
    if routine.crop == 'none':
        window = tf.concat([[0, 0], tf.shape(frame)[:2]], axis=0)
    else:
        window = routine.window_of_frame(frame, SEED)
    image = _cut(frame, window, routine.target_size)
    probabilities = source.network(image[None], training=False)[0]
    coverage = routine.coverage(image)
    diagnosis, unsure, not_a_leaf = VERDICTS
    sure = tf.reduce_max(probabilities) >= source.refusal.min_confidence
    leaf = coverage >= source.refusal.min_coverage
    return {'probabilities': probabilities, 'window': window, 'coverage': coverage,
            'verdict': tf.where(leaf, tf.where(sure, diagnosis, unsure), not_a_leaf)}


def _cut(frame, window, target_size):
    """The image of a window: as tf.image.resize makes it, by two products of matrices."""
    y, x, height, width = tf.unstack(window)
    pixels = tf.slice(frame, tf.stack([y, x, 0]), tf.stack([height, width, 3]))
    rows, columns = (_triangles(length, count)
                     for length, count in ((height, target_size[0]), (width, target_size[1])))
    pixels = tf.reshape(rows @ tf.reshape(pixels, [height, -1]), [target_size[0], width, 3])
    pixels = columns @ tf.reshape(tf.transpose(pixels, [1, 0, 2]), [width, -1])
    pixels = tf.reshape(pixels, [target_size[1], target_size[0], 3])
    return tf.transpose(pixels, [1, 0, 2])


def _triangles(length, count: int):
    """Weights of `length` pixels for each of `count`: bilinear, with antialiasing if fewer."""
    scale = tf.cast(length, tf.float32) / count
    middles = (tf.range(count, dtype=tf.float32) + 0.5) * scale
    pixels = tf.cast(tf.range(length), tf.float32) + 0.5
    weights = tf.nn.relu(1 - tf.abs(middles[:, None] - pixels) / tf.maximum(scale, 1.0))
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)

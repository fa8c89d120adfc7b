"""LiteRT: one file from the pixels of a photograph to its verdict, for phones and browsers.

Its inputs are

    canvas         uint8 (H, W, 3), sRGB, the upright photograph in the upper left corner
    size           int32 (2,), height and width of the photograph in pixels

and its outputs

    probabilities  float32 (classes,), calibrated
    window         int32 (4,), (y, x, height, width) in pixels of the canvas
    coverage       float32 (), in [0, 1]
    mask           uint8 (H, W), 1 where the photograph has the colours of a plant, else 0
    verdict        int32 (), the place of the verdict in `evaluation.refusal.VERDICTS`

The canvas holds the photographs that the export was compared on; larger ones are shrunk until they
fit, by `fit_frame`. Three files differ in how the network's weights are stored and computed with;
the window is exactly the same in all of them.
"""

import contextlib
import io
import json
import pathlib
import re
import zipfile
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

from dualstream.export.canvas import look_at_canvas, mask_of_canvas
from dualstream.export.parity import Answers, Limits
from dualstream.export.source import Source, upright_frame
from dualstream.runtime.errors import UserError

LABELS = 'label_names.json'
"""The names of the classes: a file in the zip archive that is appended to each of ours."""

PRECISIONS = ('float32', 'float16', 'int8')
"""How weights are stored. With int8 convolutions compute in 8 bits, too, of each photograph's own
ranges: those of a representative set lose more where photographs differ from it."""

LIMITS = {'litert float32': Limits(1e-4, of_frames=True),
          'litert float16': Limits(0.02, classes=0.95, of_frames=True),
          'litert int8': Limits(0.3, classes=0.8, of_frames=True)}
"""Classes are seldom another, and only where two are almost as probable; windows never are."""

_MOST_SIDE = 2048
"""Pixels along a canvas: each takes some 40 bytes while the window is chosen."""


def write(source: Source, out: pathlib.Path, photographs: Sequence[bytes]) -> pathlib.Path:
    """Writes a file for each precision into the folder `out`.

    Args:
      source: what is exported.
      out: the folder.
      photographs: the bytes of JPEGs and PNGs. They say how large the canvas is.

    Raises:
      UserError: a package is missing, a photograph is too large, or `convert` raises it.
    """
    require_litert()
    canvas = canvas_size([upright_frame(contents).shape[:2] for contents in photographs])
    model = convert(source, canvas)
    for precision in PRECISIONS:
        path = out / f'litert_{precision}.tflite'
        path.write_bytes(quantize(model, precision))
        # Behind the model, as a zip archive, as TensorFlow Lite's metadata have their labels.
        with zipfile.ZipFile(path, 'a') as appended:
            appended.writestr(zipfile.ZipInfo(LABELS), json.dumps(source.label_names))
    return out


def answer(
    source: Source, path: pathlib.Path, photographs: Sequence[bytes]
) -> dict[str, Answers]:
    """Has each of the files answer about photographs.

    Args:
      source: what was exported; not used, since each file holds all of it.
      path: the folder of the files.
      photographs: the bytes of JPEGs and PNGs.
    """
    del source
    answers = {}
    for precision in tqdm(PRECISIONS, 'LiteRT', unit=' files', disable=None):
        judge = open_litert(path / f'litert_{precision}.tflite')
        each = [judge(upright_frame(contents)) for contents in photographs]
        answers[f'litert {precision}'] = Answers(
            *(np.stack([one[name] for one in each]) for name in ('probabilities', 'window')))
    return answers


def require_litert() -> None:
    """Checks that the packages that convert and run LiteRT files are there.

    Raises:
      UserError: names the extra that brings them.
    """
    try:
        import ai_edge_litert.interpreter  # noqa: F401
        import ai_edge_quantizer  # noqa: F401
    except ImportError as error:
        raise UserError("LiteRT needs more packages: pip install 'dualstream[litert]'") from error


def canvas_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Computes the size of the square canvas that holds photographs lying and standing.

    Args:
      sizes: (height, width) of each in pixels, at least one.

    Returns:
      (height, width) in pixels, multiples of 8.

    Raises:
      UserError: one is too large for the memory of a phone.

    Example:

    >>> canvas_size([(300, 397)])
    (400, 400)
    """
    longest = max(map(max, sizes))
    if longest > _MOST_SIDE:
        raise UserError(
            f'the photographs are up to {longest} pixels wide or high, too large for a phone: its '
            f'canvas has {_MOST_SIDE} at most; name a folder of smaller ones by --photos')
    side = -(-longest // 8) * 8
    return side, side


def convert(source: Source, canvas: tuple[int, int]) -> bytes:
    """Converts a run to LiteRT in float32, with LiteRT's own ops alone.

    Args:
      source: what is exported.
      canvas: (height, width) in pixels.

    Returns:
      The bytes of a .tflite file.

    Raises:
      UserError: the run normalises stains.
    """
    if source.routine.normalizer:
        raise UserError('the run was trained with --normalize, which LiteRT has no ops for')
    network = source.network
    # As numbers: of what are variables, the converter makes resources that nothing ever fills.
    weights = [[variable.numpy() for variable in variables] for variables in (
        network.trainable_variables, network.non_trainable_variables)]

    @tf.function(input_signature=[tf.TensorSpec([*canvas, 3], tf.uint8, 'canvas'),
                                  tf.TensorSpec([2], tf.int32, 'size')])
    def judge(canvas, size):
        window, image = look_at_canvas(canvas, size, source.routine)
        probabilities, _ = network.stateless_call(*weights, image[None], training=False)
        coverage = source.routine.coverage(image)
        unsure = tf.reduce_max(probabilities) < source.refusal.min_confidence
        no_leaf = coverage < source.refusal.min_coverage
        return {'probabilities': probabilities[0], 'window': window, 'coverage': coverage,
                'mask': mask_of_canvas(canvas, size, source.routine),
                'verdict': tf.where(no_leaf, 2, tf.where(unsure, 1, 0))}

    module = tf.Module()
    module.judge = judge
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [judge.get_concrete_function()], module)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return converter.convert()


def quantize(model: bytes, precision: str) -> bytes:
    """Stores a network in fewer bits, from its first convolution to its last sums.

    What comes before, the window and the colours, stays as it is: hue is a quotient of numbers that
    are often near 0. So does the softmax at the end.

    Args:
      model: the bytes of a .tflite file, from `convert`.
      precision: one of `PRECISIONS`.

    Returns:
      The bytes of a .tflite file.
    """
    if precision == 'float32':
        return model
    from ai_edge_quantizer import qtyping, quantizer

    place = {'regex': _scopes_of_network(model),
             'operation_name': qtyping.TFLOperationName.ALL_SUPPORTED}
    quantizing = quantizer.Quantizer(bytearray(model))
    # It prints sizes and times.
    with contextlib.redirect_stdout(io.StringIO()):
        if precision == 'float16':
            weights = qtyping.TensorQuantizationConfig(
                num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
            quantizing.update_quantization_recipe(
                **place, algorithm_key='float_casting',
                op_config=qtyping.OpQuantizationConfig(
                    weight_tensor_config=weights, explicit_dequantize=True,
                    compute_precision=qtyping.ComputePrecision.FLOAT))
        else:
            quantizing.add_dynamic_config(**place, num_bits=8)
        return bytes(quantizing.quantize().quantized_model)


def _scopes_of_network(model: bytes) -> str:
    """A regular expression of the ops behind the first convolutions and before the softmax."""
    from ai_edge_quantizer.utils import tfl_flatbuffer_utils as flatbuffers

    graph = flatbuffers.read_model(bytearray(model))
    (subgraph,) = graph.subgraphs
    reached, scopes = set(), []
    for op in subgraph.operators:
        code = graph.operatorCodes[op.opcodeIndex].builtinCode
        name = flatbuffers.TFL_OP_CODE_TO_NAME.get(code, '')
        if name == 'SOFTMAX' or not (name == 'CONV_2D' or reached.intersection(op.inputs)):
            continue
        reached.update(op.outputs)
        scopes.append(flatbuffers.get_op_scope(op, subgraph.tensors))
    return f'^({"|".join(map(re.escape, scopes))})'


def open_litert(path: pathlib.Path, *, threads: int = 1) -> Callable[[np.ndarray], dict]:
    """Opens a LiteRT file of ours.

    Args:
      path: of the .tflite file.
      threads: that it computes with.

    Returns:
      A function of an upright frame, uint8 (H, W, 3), sRGB. It gives a dict of the file's outputs
      as arrays; the window is in pixels of the frame.

    Raises:
      UserError: it is not a LiteRT file of ours, or a package is missing.
    """
    require_litert()
    from ai_edge_litert.interpreter import Interpreter

    try:
        run = Interpreter(model_content=path.read_bytes(), num_threads=threads
                          ).get_signature_runner()
        canvas = tuple(run.get_input_details()['canvas']['shape'][:2])
    except (KeyError, ValueError) as error:
        raise UserError(f'{path} is not a LiteRT file that dualstream wrote') from error

    def judge(frame: np.ndarray) -> dict[str, np.ndarray]:
        answers = run(**lay_out(frame, canvas))
        scale = fit_scale(frame.shape[:2], canvas)
        if scale < 1:
            answers['window'] = np.int32(np.round(answers['window'] / scale))
        return answers

    return judge


def lay_out(frame: np.ndarray, canvas: tuple[int, int]) -> dict[str, np.ndarray]:
    """Makes a file's inputs of a frame, shrunk if it does not fit onto the canvas.

    Args:
      frame: uint8 (H, W, 3), sRGB.
      canvas: (height, width) in pixels.
    """
    scale = fit_scale(frame.shape[:2], canvas)
    if scale < 1:
        height, width = (max(1, round(side * scale)) for side in frame.shape[:2])
        frame = np.asarray(Image.fromarray(frame).resize((width, height), Image.BILINEAR))
    laid = np.zeros([*canvas, 3], np.uint8)
    laid[:frame.shape[0], :frame.shape[1]] = frame
    return {'canvas': laid, 'size': np.int32(frame.shape[:2])}


def fit_scale(size: tuple[int, int], canvas: tuple[int, int]) -> float:
    """Computes by what a frame is multiplied to fit onto a canvas; 1 where it fits."""
    return min(1.0, canvas[0] / size[0], canvas[1] / size[1])

"""The ops that a colour space is written in: those of Keras, for every backend and inside tf.data.

keras.ops works on the tensors of Keras's backend. A tf.data pipeline hands out TensorFlow's tensors
under any backend; for them, under JAX or PyTorch, the same names stand for TensorFlow's functions.
TensorFlow is imported only then, when it has already been imported by whoever made the tensor.

Keras is imported when ops are first asked for, not with this module: right after Keras, the layers
that use the colour spaces are imported (dualstream/runtime/keras_registration.py), and they need
the spaces whole.
"""

import functools
import sys
import types


def ops_of(*tensors):
    """Finds the ops that work on some tensors.

    Use it at the start of a function of tensors that should run in a model and in tf.data alike.

    Args:
      *tensors: the function's arguments: tensors, symbolic ones too, NumPy arrays, lists.

    Returns:
      `keras.ops`; or, if one of the tensors is TensorFlow's and Keras has another backend, a
      namespace of TensorFlow's functions by the names and arguments of keras.ops. It holds those
      that the colour spaces need.

    Example:
      >>> import keras
      >>> from dualstream.color.tensor_ops import ops_of
      >>> ops_of([0.5, 0.5, 0.5]) is keras.ops
      True
    """
    import keras

    tensorflow = sys.modules.get('tensorflow')
    if keras.backend.backend() == 'tensorflow' or tensorflow is None:
        return keras.ops
    if not any(tensorflow.is_tensor(tensor) for tensor in tensors):
        return keras.ops
    return tensorflow_ops()


@functools.cache
def tensorflow_ops() -> types.SimpleNamespace:
    """Collects TensorFlow's functions by the names that they have in keras.ops."""
    import tensorflow as tf

    def fori_loop(lower, upper, body, state):
        return tf.while_loop(lambda step, _: step < upper, lambda step, state: (
            step + 1, body(step, state)), (tf.constant(lower), state))[1]

    same_name = ('abs', 'cast', 'convert_to_tensor', 'cos', 'equal', 'exp', 'floor', 'logical_and',
                 'logical_not', 'logical_or', 'maximum', 'minimum', 'ones_like', 'round', 'sin',
                 'sqrt', 'square', 'stack', 'stop_gradient', 'unstack', 'where', 'zeros_like')
    return types.SimpleNamespace(
        **{name: getattr(tf, name) for name in same_name},
        arctan2=tf.math.atan2, clip=tf.clip_by_value, fori_loop=fori_loop, isnan=tf.math.is_nan,
        log=tf.math.log, max=tf.reduce_max, min=tf.reduce_min, mod=tf.math.floormod,
        moveaxis=tf.experimental.numpy.moveaxis, power=tf.pow, sum=tf.reduce_sum)

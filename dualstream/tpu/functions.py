"""Compiles TensorFlow functions, such as masks and crops, for a TPU.

TensorFlow turns a function into StableHLO, the language that both compilers share, and libtpu
compiles that.
"""

from collections.abc import Callable

import tensorflow as tf
from jax.interpreters import mlir
from jaxlib import xla_client
from jaxlib.mlir import ir

from dualstream.tpu import compiler
from dualstream.tpu.chips import Slice
from dualstream.tpu.compiled import Compiled


def compile_function(
    tpu: Slice, function: Callable, *specs: tf.TensorSpec
) -> Compiled:
    """Compiles a function of tensors for one chip of a slice.

    Args:
      tpu: what to compile for.
      function: takes a tensor for each of the specs.
      *specs: shapes and dtypes of its arguments; every dimension is known.

    Raises:
      ValueError: a shape is not known, or XLA cannot compile the function, as with Python behind
        `tf.py_function`; the message says what it cannot compile.
    """
    if not all(spec.shape.is_fully_defined() for spec in specs):
        raise ValueError(f'a TPU needs every dimension; got {[spec.shape for spec in specs]}')
    chip = compiler.devices(tpu)[0]
    # A lambda, because TensorFlow cannot lower a signature with defaults.
    compiled = tf.function(lambda *args: function(*args), input_signature=specs, jit_compile=True)
    try:
        lowered = compiled.experimental_get_compiler_ir(*specs)(stage='stablehlo_serialized')
    except (tf.errors.OpError, ValueError) as error:
        raise ValueError(f'XLA cannot compile {_name(function)}: {_reason(error)}') from error
    options = xla_client.CompileOptions()
    options.executable_build_options.exec_time_optimization_effort = compiler.LEAST_EFFORT
    with mlir.make_ir_context():
        module = ir.Module.parse(lowered)
        return compiler.weighed(lambda: chip.client.compile(
            module, executable_devices=xla_client.DeviceList((chip,)), compile_options=options))


def _name(function) -> str:
    return getattr(function, '__name__', repr(function))


def _reason(error) -> str:
    if 'EagerPyFunc' in str(error):
        return 'it holds EagerPyFunc, which is Python on the host, and XLA has no kernel of it'
    return ' '.join(str(error).split())

"""Compiles programs for a TPU ahead of time, to learn what they need without running them."""

import importlib.metadata
import re
from collections.abc import Callable

import jax
from jax.experimental import topologies

from dualstream.runtime import command
from dualstream.runtime.errors import UserError
from dualstream.tpu.chips import Slice
from dualstream.tpu.compiled import Compiled

LEAST_EFFORT = -1.0
"""The compiler's lowest effort: it then places nothing in the chip's fast memory, which would take
most of its time. The program is otherwise the same, and its count of bytes is what each fused
operation reads and writes, without the copies that such placing adds."""

FULL_EFFORT = 0.0
"""What a training on a TPU is compiled with, unless it asks for another effort."""


def version() -> str:
    """Returns the compiler's name and version."""
    return f'libtpu {importlib.metadata.version("libtpu")}'


def devices(tpu: Slice) -> list:
    """Describes a slice's chips as JAX devices to compile for; none of them needs to exist.

    Raises:
      UserError: libtpu does not know such a slice.
    """
    rows, columns = tpu.layout
    # The number of chips on one host must be named where it is less than 2 x 2.
    bounds = {} if tpu.chips > 1 else {'chips_per_host_bounds': [1, 1, 1]}
    try:
        with command.hushed():  # libtpu reports that it finds no TPU
            return topologies.get_topology_desc(
                platform='tpu', topology_name=f'{tpu.chip.name}:{rows}x{columns}', **bounds).devices
    except jax.errors.JaxRuntimeError as error:
        raise UserError(f'libtpu does not know {tpu.name}: {error}') from error


def compile_lowered(lowered: jax.stages.Lowered, *, effort: float = LEAST_EFFORT) -> Compiled:
    """Compiles a lowered JAX program for the devices that its arguments are on.

    Args:
      lowered: from `jax.jit(...).lower(...)`.
      effort: LEAST_EFFORT, or FULL_EFFORT, which takes several times as long.

    Raises:
      jax.errors.JaxRuntimeError: compiling fails for another reason than memory.
    """
    options = {'exec_time_optimization_effort': effort}
    return weighed(lambda: lowered.compile(compiler_options=options).runtime_executable())


def weighed(compile_it: Callable) -> Compiled:
    """Reads the compiler's figures of an executable.

    Args:
      compile_it: compiles and returns the executable.

    Raises:
      jax.errors.JaxRuntimeError: compiling fails for another reason than memory.
    """
    try:
        with command.hushed():
            program = compile_it()
    except jax.errors.JaxRuntimeError as error:
        if 'RESOURCE_EXHAUSTED' not in str(error):
            raise
        return Compiled(False, None, None, _memory_asked_for(str(error)))
    costs, memory = program.cost_analysis(), program.get_compiled_memory_stats()
    return Compiled(
        True, costs['flops'], costs['bytes accessed'],
        # Donated buffers count as arguments and as results, but exist once.
        memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
        + memory.temp_size_in_bytes + memory.generated_code_size_in_bytes)


def _memory_asked_for(message: str) -> float | None:
    """Reads bytes from 'Ran out of memory in memory space hbm. Used 20.15G of 15.75G hbm'."""
    used = re.search(r'Used ([\d.]+)([KMGT]?) of [\d.]+[KMGT]? hbm', message)
    return float(used[1]) * 1024 ** ' KMGT'.index(used[2] or ' ') if used else None

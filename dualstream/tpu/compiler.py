"""The TPU's compiler, ahead of time: from a program to what it takes, without running it."""

import importlib.metadata
import re
from collections.abc import Callable

import jax
from jax.experimental import topologies

from dualstream.runtime import command
from dualstream.tpu.chips import Slice
from dualstream.tpu.compiled import Compiled


EFFORT = -1.0
"""The compiler's least. It then places nothing in the chip's fast memory, which takes most of its
time, and beside which the program is the same; and its count of bytes is that of what each fused
operation reads and writes, without the copies to and fro that the placing adds."""


def version() -> str:
    """The compiler's name and version."""
    return f'libtpu {importlib.metadata.version("libtpu")}'


def devices(tpu: Slice) -> list:
    """The slice's chips, as JAX devices to compile for; none of them needs to be there.

    Raises:
      ValueError: libtpu does not know such a slice.
    """
    rows, columns = tpu.layout
    # Chips on one host; less than 2 x 2 has to be said.
    bounds = {} if tpu.chips > 1 else {'chips_per_host_bounds': [1, 1, 1]}
    try:
        with command.hushed():  # libtpu complains of the machine that it does not find
            return topologies.get_topology_desc(
                platform='tpu', topology_name=f'{tpu.chip.name}:{rows}x{columns}', **bounds).devices
    except jax.errors.JaxRuntimeError as error:
        raise ValueError(f'libtpu does not know {tpu.name}: {error}') from error


def compile_lowered(lowered: jax.stages.Lowered) -> Compiled:
    """Compiles what `jax.jit(...).lower(...)` gave, for the devices that its arguments are on.

    Raises:
      jax.errors.JaxRuntimeError: it cannot be compiled, for another reason than memory.
    """
    options = {'exec_time_optimization_effort': EFFORT}
    return weighed(lambda: lowered.compile(compiler_options=options).runtime_executable())


def weighed(compile_it: Callable) -> Compiled:
    """What the compiler says of the executable that a call of `compile_it` gives.

    Raises:
      jax.errors.JaxRuntimeError: as of `compile_lowered`.
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
        # What is donated is among the arguments and among the results, and is there once.
        memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
        + memory.temp_size_in_bytes + memory.generated_code_size_in_bytes)


def _memory_asked_for(message: str) -> float | None:
    """Bytes, from the likes of 'Ran out of memory in memory space hbm. Used 20.15G of 15.75G'."""
    used = re.search(r'Used ([\d.]+)([KMGT]?) of [\d.]+[KMGT]? hbm', message)
    return float(used[1]) * 1024 ** ' KMGT'.index(used[2] or ' ') if used else None

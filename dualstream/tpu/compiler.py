"""The TPU's compiler, ahead of time: from a program to what it takes, without running it.

The figures are those of one chip: a program that is sharded over several is compiled once, and each
chip runs it on its share.
"""

import dataclasses
import importlib.metadata
import re
from collections.abc import Callable

import jax
from jax.experimental import topologies

from dualstream import command
from dualstream.tpu.chips import Slice


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What the compiler says of a program; all of it is an estimate of the compiler's.

    Attributes:
      fits: whether the program and its data fit in the chip's memory.
      flops: floating-point operations of one run on one chip; None where it does not fit.
      bytes_accessed: that one run on one chip reads from and writes to memory; None likewise. Each
        operation's own are added up, those too that stay in the chip's fast memory.
      memory_bytes: of the chip's memory, that arguments, results, temporaries and code take at
        most; None where the compiler gave up without telling.
    """

    fits: bool
    flops: float | None
    bytes_accessed: float | None
    memory_bytes: float | None


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


def compile_lowered(lowered: jax.stages.Lowered, options: dict | None = None) -> Compiled:
    """Compiles what `jax.jit(...).lower(...)` gave, for the devices that its arguments are on.

    Args:
      lowered: the program.
      options: the compiler's own, by name.

    Raises:
      jax.errors.JaxRuntimeError: it cannot be compiled, for another reason than memory.
    """
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

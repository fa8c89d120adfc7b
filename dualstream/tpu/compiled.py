"""What the TPU's compiler says of a program.

The figures are those of one chip: a program that is sharded over several is compiled once, and each
chip runs it on its share.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What the compiler says of a program; all of it is an estimate of the compiler's.

    Attributes:
      fits: whether the program and its data fit in the chip's memory.
      flops: floating-point operations of one run on one chip; None where it does not fit.
      bytes_accessed: that one run on one chip reads and writes; None likewise. Those of each fused
        operation are added up, as if nothing stayed in the chip's fast memory in between.
      memory_bytes: of the chip's memory, that arguments, results, temporaries and code take at
        most; None where the compiler gave up without telling.
    """

    fits: bool
    flops: float | None
    bytes_accessed: float | None
    memory_bytes: float | None

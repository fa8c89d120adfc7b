"""The TPU compiler's figures of a program.

They are for one chip: a program that is sharded over several chips is compiled once, and each chip
runs it on its shard.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Compiled:
    """The compiler's figures of a program; all of them are estimates.

    Attributes:
      fits: whether the program and its data fit in the chip's memory.
      flops: floating-point operations of one run on one chip; None where it does not fit.
      bytes_accessed: read and written by one run on one chip; None where it does not fit. The bytes
        of all fused operations are added, as if nothing stayed in the chip's fast memory.
      memory_bytes: of the chip's memory, for arguments, results, temporaries and code together;
        None where the compiler gave up and named no number.
    """

    fits: bool
    flops: float | None
    bytes_accessed: float | None
    memory_bytes: float | None

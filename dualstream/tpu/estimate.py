"""The roofline: how fast a step can be, and what the host must then deliver.

A chip can do no more than its peak of floating-point operations per second, nor move more bytes
than its bandwidth; whichever takes longer is the roofline's step time (Williams, Waterman,
Patterson 2009, Communications of the ACM 52(4):65-76). A real step may be slower, because it also
waits and exchanges data between chips, or faster, because some bytes stay in the chip's fast
memory.
"""

import dataclasses
import math

from dualstream.tpu.chips import Slice
from dualstream.tpu.compiled import Compiled


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The compiler's estimate of a training step on a slice; it has no times where it does not fit.

    Attributes:
      fits: whether it fits in a chip's memory.
      memory_gb: what it needs of a chip's memory, in 1e9 bytes; None where that is not known.
      hbm_gb: what a chip has, in 1e9 bytes.
      gflops: floating-point operations of a step on one chip, in 1e9.
      accessed_gb: what a step reads and writes of one chip's memory, in 1e9 bytes.
      compute_ms, memory_ms: milliseconds that the operations take at the chip's peak, and the bytes
        at its bandwidth.
      step_ms: the greater of the two.
      bound_by: 'compute' or 'memory', whichever takes longer.
      images_per_second: of all chips together; also what the host must deliver.
    """

    fits: bool
    memory_gb: float | None
    hbm_gb: float
    gflops: float | None = None
    accessed_gb: float | None = None
    compute_ms: float | None = None
    memory_ms: float | None = None
    step_ms: float | None = None
    bound_by: str | None = None
    images_per_second: float | None = None


def roofline(compiled: Compiled, tpu: Slice, batch_size: int) -> Estimate:
    """Estimates a step's time.

    Args:
      compiled: the step.
      tpu: what it was compiled for.
      batch_size: images in a step on each chip.
    """
    chip = tpu.chip
    memory_gb = None if compiled.memory_bytes is None else compiled.memory_bytes / 1e9
    # The published size is a round number, and the compiler reserves a part: both must agree.
    fits = compiled.fits and compiled.memory_bytes <= chip.hbm_bytes
    if not fits:
        return Estimate(False, memory_gb, chip.hbm_bytes / 1e9)
    compute_ms = 1e3 * compiled.flops / chip.peak_flops
    memory_ms = 1e3 * compiled.bytes_accessed / chip.bandwidth
    step_ms = max(compute_ms, memory_ms)
    return Estimate(
        True, memory_gb, chip.hbm_bytes / 1e9, compiled.flops / 1e9, compiled.bytes_accessed / 1e9,
        compute_ms, memory_ms, step_ms, 'compute' if compute_ms > memory_ms else 'memory',
        1e3 * tpu.chips * batch_size / step_ms)


def to_feed(images_per_second: float, rate: float, cores_a_worker: int) -> tuple[int, int]:
    """Computes how many cores and tf.data service workers deliver so many images per second.

    Args:
      images_per_second: to deliver.
      rate: images per second of one core.
      cores_a_worker: of each worker.

    Returns:
      (cores, workers), both rounded up, assuming that speed grows in proportion to the cores.

    Example:
      >>> to_feed(1000, rate=300, cores_a_worker=2)
      (4, 2)
    """
    cores = math.ceil(images_per_second / rate)
    return cores, math.ceil(cores / cores_a_worker)

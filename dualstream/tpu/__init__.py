"""Plans for TPUs without a TPU: the TPU's own compiler estimates memory and arithmetic.

libtpu compiles for a TPU on any x86-64 Linux machine. Nothing here runs on a TPU.
"""

from dualstream.tpu.chips import SLICES, Chip, Slice, find_slice

__all__ = ['SLICES', 'Chip', 'Slice', 'find_slice']

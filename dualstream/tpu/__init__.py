"""What a TPU would make of it, asked of its compiler, where there is no TPU.

libtpu compiles for a TPU on any x86-64 Linux machine. Nothing here runs on one.
"""

from dualstream.tpu.chips import SLICES, Chip, Slice, find_slice

__all__ = ['SLICES', 'Chip', 'Slice', 'find_slice']

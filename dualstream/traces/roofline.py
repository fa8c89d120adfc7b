"""Compares what an accelerator computes and moves with what it can: xprof's roofline model.

Williams, Waterman and Patterson (2009, Roofline: An Insightful Visual Performance Model) bound a
program's speed by a machine's arithmetic and by its memory, whichever takes longer.
"""

import dataclasses
import json
import pathlib
import tempfile

from xprof.convert import raw_to_tool_data

from dualstream.traces.event import Event
from dualstream.traces.kinds import kind_on_device

_GIB = 2**30


@dataclasses.dataclass(frozen=True)
class Roofline:
    """How fast the ops of XLA were while they ran, of all accelerators together.

    Attributes:
      seconds: that ops of XLA computed, added up over the accelerators; collectives are left out.
      flops, bytes: floating-point operations in these ops, and bytes moved from and to the
        accelerator's memory, as the compiler counts them.
      peak_flops, peak_bytes: what one accelerator does in a second at best. xprof takes the
        arithmetic of 16 bits, and the memory's speed from the trace.
    """

    seconds: float
    flops: float
    bytes: float
    peak_flops: float
    peak_bytes: float

    @property
    def share_of_peak(self) -> float:
        """Of the peak arithmetic, while ops run."""
        return self.flops / self.seconds / self.peak_flops

    @property
    def share_of_bandwidth(self) -> float:
        """Of the memory's bandwidth, while ops run."""
        return self.bytes / self.seconds / self.peak_bytes

    @property
    def memory_bound(self) -> bool:
        """Whether moving the bytes takes longer, at best, than the arithmetic."""
        return self.share_of_bandwidth > self.share_of_peak


def read_roofline(path: pathlib.Path) -> Roofline | None:
    """Reads what xprof knows of the ops of a trace.

    Args:
      path: of an .xplane.pb file; nothing is written beside it.

    Returns:
      None where the trace has no ops of XLA whose arithmetic the compiler counted, as of TensorFlow
      without XLA, or says nothing about the accelerator.
    """
    with tempfile.TemporaryDirectory() as folder:  # xprof keeps results beside the trace
        link = pathlib.Path(folder) / 'host.xplane.pb'
        link.symlink_to(path.resolve())
        said, _ = raw_to_tool_data.xspace_to_tool_data([str(link)], 'roofline_model', {})
    if not said:
        return None
    table = json.loads(said)[0]
    columns = [column['id'] for column in table['cols']]
    rows = [dict(zip(columns, (cell['v'] for cell in row['c']))) for row in table['rows']]
    ops = [row for row in rows if row['step'] == 'Total' and row['category'] != 'Program'
           and not row['include_infeed_outfeed'] and _computes(row)]
    peak_flops, peak_bytes = (float(table['p'].get(name, 0)) for name in (
        'peak_flop_rate', 'peak_hbm_bw'))
    seconds, flops, moved = (sum(per * row['total_self_time'] / 1e6 for row, per in (
        (row, row[rate] if rate else 1.0) for row in ops))
        for rate in ('', 'measured_flop_rate', 'hbm_bw'))
    if not (seconds and peak_flops and peak_bytes and (flops or moved)):
        return None
    return Roofline(seconds, 1e9 * flops, _GIB * moved, 1e9 * peak_flops, _GIB * peak_bytes)


def _computes(row: dict) -> bool:
    return kind_on_device(
        Event(row['operation'], 0, 0, '', category=row['category'])) == 'device'

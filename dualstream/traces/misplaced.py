"""Finds ops of a step that ran on another device than the one that was asked for."""

import collections
import dataclasses
import re

from dualstream.traces import spans
from dualstream.traces.event import Event, Trace

WORTH_A_WARNING = 0.01
"""Misplaced ops below this share of a step, such as arithmetic on shapes, are no warning."""

_TRANSFER = re.compile(r':_(Host)?(Send|Recv)$')


@dataclasses.dataclass(frozen=True)
class Misplaced:
    """Ops that ran on a device that was not asked for.

    Attributes:
      share: of the steps' time during which any of them ran, in [0, 1].
      count: how many there are in a step.
      most: the name of the one that took longest; '' where there is none.
      where: the device that it ran on, as 'CPU:1'.
      asked: the devices that were asked for, with 'and' between them.
    """

    share: float
    count: int
    most: str
    where: str
    asked: str


def find_misplaced(trace: Trace, step_ops: list[Event]) -> Misplaced:
    """Finds the misplaced ops of some steps.

    Args:
      trace: of the steps; its marks name the devices that were asked for. Without such names, its
        accelerators are assumed; without accelerators, no op is misplaced.
      step_ops: ops of the host, without those of the input.
    """
    placed = [op for op in step_ops if op.device and not _TRANSFER.search(op.name)]
    asked = [device for device in str(trace.facts.get('devices', '')).split('|') if device]
    if not asked:
        asked = [f'/device:{name}' for name in trace.devices]
    wrong = [op for op in placed if asked and op.device not in asked]
    times = collections.Counter()
    for op in wrong:
        times[op.name.rpartition(':')[0], op.device] += op.duration
    (most, where), _ = times.most_common(1)[0] if times else (('', ''), 0)
    during = spans.intersection(trace.within, spans.union((op.start, op.end) for op in wrong))
    for device in trace.devices.values():  # while one of them computes, nothing waits
        during = spans.difference(during, spans.union(
            (event.start, event.end) for event in device.events))
    return Misplaced(
        spans.total(during) / spans.total(trace.within), len(wrong) // len(trace.steps), most,
        where.removeprefix('/device:'),
        ' and '.join(device.removeprefix('/device:') for device in asked))

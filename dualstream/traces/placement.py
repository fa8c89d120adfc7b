"""Where ops were placed, in a trace that names no devices.

TensorFlow cuts a function at its devices' borders; each piece has an executor of its own, and
tensors cross by a _Send here and a _Recv there. A CPU's trace names the executors by number and not
by device, but each _Send says from where and to where it sends. That tells the executors' devices,
and so where every op ran, among the logical devices of one CPU, too.
"""

import re
from collections.abc import Iterator

from dualstream.traces.stats import stats

_EXECUTOR = 'ExecutorState::Process'
_RECEIVED = re.compile(r'ExecutorState::ProcessAsync::(Start|Done)')
_KEY = re.compile(r'(/device:\w+:\d+);.*?(/device:\w+:\d+);')


class Placement:
    """The devices of the ops in one XPlane of a host."""

    def __init__(self, plane):
        self._plane = plane
        self._names = {number: each.name for number, each in plane.event_metadata.items()}
        # Most functions are of one device and send nothing; their traces may hold millions of ops.
        several = any(name.endswith(':_Send') for name in self._names.values())
        self._devices = self._of_executors() if several else {}

    def of(self, line) -> Iterator[tuple[object, str | None]]:
        """A thread's events, each with the device of the executor around it."""
        if not self._devices:
            yield from ((event, None) for event in line.events)
            return
        for event, executor in self._nested(line):
            yield event, self._devices.get(executor)

    def _nested(self, line):
        around = []  # (end in picoseconds, executor), each inside the one before
        for event in sorted(line.events, key=lambda each: (each.offset_ps, -each.duration_ps)):
            while around and around[-1][0] <= event.offset_ps:
                around.pop()
            if self._names[event.metadata_id] == _EXECUTOR:
                executor = stats(self._plane, event, '_c').get('_c')
                around.append((event.offset_ps + event.duration_ps, executor))
            yield event, around[-1][1] if around else None

    def _of_executors(self) -> dict[int, str]:
        devices, goes_to, receives = {}, {}, []
        for line in self._plane.lines:
            for event, executor in self._nested(line):
                name = self._names[event.metadata_id]
                if name.endswith(':_Send'):
                    sent = stats(self._plane, event, 'from', 'key')
                    ends = _KEY.search(sent.get('key', ''))
                    if ends:
                        devices[executor], goes_to[sent.get('from')] = ends.groups()
                elif _RECEIVED.match(name):
                    # A _Recv is called after the op that it receives from, with a number behind.
                    receives.append((executor, str(stats(self._plane, event, 'name').get(
                        'name', '')).rpartition('/_')[0]))
        for executor, sender in receives:
            if sender in goes_to:
                devices.setdefault(executor, goes_to[sender])
        devices.pop(None, None)
        return devices

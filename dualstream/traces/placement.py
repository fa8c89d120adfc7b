"""Finds the device of each op in a trace that does not name devices.

TensorFlow splits a function into one piece per device. Each piece has its own executor, and tensors
pass from one to another by a _Send and a _Recv. A CPU's trace gives the executors' numbers and not
their devices, but each _Send names the devices that it sends from and to. From these the devices of
the executors follow, and so the device of every op, even among the logical devices of one CPU.
"""

import re
from collections.abc import Iterator

from dualstream.traces.stats import stats

_EXECUTOR = 'ExecutorState::Process'
_RECEIVED = re.compile(r'ExecutorState::ProcessAsync::(Start|Done)')
_KEY = re.compile(r'(/device:\w+:\d+);.*?(/device:\w+:\d+);')


class Placement:
    """Assigns devices to the ops in one XPlane of a host."""

    def __init__(self, plane):
        self._plane = plane
        self._names = {number: each.name for number, each in plane.event_metadata.items()}
        # Most functions run on one device and send nothing; their traces may hold millions of ops.
        several = any(name.endswith(':_Send') for name in self._names.values())
        self._devices = self._of_executors() if several else {}

    def of(self, line) -> Iterator[tuple[object, str | None]]:
        """Yields a thread's events, each with the device of the executor around it, or None."""
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
                    # A _Recv has the name of the op that it receives from, followed by a number.
                    receives.append((executor, str(stats(self._plane, event, 'name').get(
                        'name', '')).rpartition('/_')[0]))
        for executor, sender in receives:
            if sender in goes_to:
                devices.setdefault(executor, goes_to[sender])
        devices.pop(None, None)
        return devices

"""Turns the XPlanes of a trace into events: of the host, and of its accelerators."""

import re
from collections.abc import Iterator

from dualstream.traces.event import Device, Event, Mark
from dualstream.traces.placement import Placement
from dualstream.traces.stats import stats

ACCELERATOR = re.compile(r'/device:(?!CPU:|CUSTOM:)(\w+:\d+)$')
"""Names of the planes of accelerators. Others of a device hold no computing: the network's
`/device:CUSTOM:Megascale Trace`, or `/device:TPU:0 SparseCore 0`, which works beside its core."""

OPS, ASYNC_OPS, MODULES, STEPS = 'XLA Ops', 'Async XLA Ops', 'XLA Modules', 'Steps'
_SHOWN_AGAIN = {OPS, ASYNC_OPS, MODULES, STEPS, 'Framework Ops', 'Framework Name Scope',
                'Launch Stats', 'Source code', 'XLA TraceMe', 'Host Offload Ops', '_counters_'}

_NOISE = {f'ThreadpoolListener::{what}' for what in ('Record', 'StartRegion', 'StopRegion')}
_FIELDS = {'tf_op': 'scope', 'hlo_op': 'op', 'hlo_module': 'module', 'run_id': 'run',
           'correlation_id': 'launch', 'hlo_category': 'category'}
_TEXT = re.compile(r'^%?([^\s=]+) = ')


def read_threads(plane) -> dict[str, list[Event]]:
    """Reads the host's plane: thread -> its events, by their start.

    Args:
      plane: the XPlane /host:CPU.
    """
    placement, reader = Placement(plane), _Reader(plane)
    threads: dict[str, list[Event]] = {}
    for line in plane.lines:
        thread = _thread(line)
        # Two profilers may each have a line of the same thread.
        threads.setdefault(thread, []).extend(reader.events(line, thread, placement.of(line)))
    for events in threads.values():
        events.sort(key=_outer_first)
    return {thread: events for thread, events in threads.items() if events}


def read_marks(plane) -> tuple[list[Mark], dict[str, int | str]]:
    """Reads the marks of the steps, by their start, and all statistics of the first.

    Args:
      plane: the XPlane /host:CPU.
    """
    numbers = {key for key, each in plane.stat_metadata.items() if each.name == 'step_num'}
    found = []
    for line in plane.lines:
        for event in line.events:
            if any(stat.metadata_id in numbers for stat in event.stats):
                said = stats(plane, event)
                start = line.timestamp_ns / 1e3 + event.offset_ps / 1e6
                found.append((Mark(
                    said['step_num'], start, start + event.duration_ps / 1e6, _thread(line),
                    said.pop('thread_cpu', None), said.pop('process_cpu', None)), said))
    found.sort(key=lambda pair: pair[0].start)
    # JAX records a mark twice where both profilers run.
    marks = {mark.number: mark for mark, _ in reversed(found)}
    return sorted(marks.values(), key=lambda mark: mark.start), found[0][1] if found else {}


def read_device(plane) -> Device | None:
    """Reads the plane of a device; None where it is no accelerator or nothing ran on it.

    Of a GPU the streams count, and of a TPU the lines of ops: the others show the same once more,
    by step, by module or by scope.

    Args:
      plane: an XPlane.
    """
    named = ACCELERATOR.match(plane.name)
    if not named:
        return None
    reader, lines = _Reader(plane), {}
    by_name = {line.name or line.display_name: line for line in plane.lines}
    streams = [name for name in by_name if name.startswith('Stream')]
    if not streams and OPS in by_name:
        streams = [name for name in (OPS, ASYNC_OPS) if name in by_name]
    if not streams:
        streams = [name for name in by_name if name not in _SHOWN_AGAIN]
    for name in streams:
        lines[name] = sorted(reader.events(by_name[name], name), key=_outer_first)
    lines = {name: events for name, events in lines.items() if events}
    if not lines:
        return None
    modules, steps = (
        sorted(reader.events(by_name[name], name), key=_outer_first) if name in by_name else []
        for name in (MODULES, STEPS))
    return Device(named[1], lines, modules, [(step.start, step.end) for step in steps])


class _Reader:
    """Reads the events of one plane, whose names and statistics are kept in tables beside them."""

    def __init__(self, plane):
        self._plane = plane
        # On the host the short name of an op would lack its scope.
        name_of = _short if ACCELERATOR.match(plane.name) else lambda metadata: metadata.name
        self._names = {number: name_of(each) for number, each in plane.event_metadata.items()}
        self._common = {
            number: {_FIELDS[name]: value for name, value in stats(plane, each, *_FIELDS).items()}
            for number, each in plane.event_metadata.items() if each.stats}
        self._fields = {number: _FIELDS[each.name] for number, each in plane.stat_metadata.items()
                        if each.name in _FIELDS}

    def events(self, line, thread: str, placed=None) -> Iterator[Event]:
        """Yields the events of a line, in microseconds.

        Args:
          line: an XLine of the plane.
          thread: the name that its events get.
          placed: its events with their devices, where the plane is the host's.
        """
        begun = line.timestamp_ns / 1e3
        for event, device in placed or ((event, None) for event in line.events):
            name = self._names.get(event.metadata_id, '')
            if name in _NOISE:
                continue
            start = begun + event.offset_ps / 1e6
            said = self._said(event)
            op = said.pop('op', '')
            if not said.get('scope'):
                said['scope'] = op
            yield Event(name, start, start + event.duration_ps / 1e6, thread, device, **said)

    def _said(self, event) -> dict[str, int | str]:
        said = dict(self._common.get(event.metadata_id, ()))
        for stat in event.stats:
            field = self._fields.get(stat.metadata_id)
            if field:
                kind = stat.WhichOneof('value')
                value = getattr(stat, kind)
                said[field] = self._plane.stat_metadata[value].name if kind == 'ref_value' else (
                    value)
        return said


def _short(metadata) -> str:
    """The name of an accelerator's event; of an op of XLA, without the text of its computation."""
    name = metadata.display_name or metadata.name
    text = _TEXT.match(name)
    return text[1] if text else name


def _thread(line) -> str:
    return f'{line.name or line.display_name} {line.id}'


def _outer_first(event: Event) -> tuple[float, float]:
    return event.start, -event.end

"""Reads traces: TensorFlow's XPlane files, as TensorBoard's profile plugin keeps them."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Callable

from google.protobuf import message
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from dualstream.runtime.errors import UserError
from dualstream.traces.placement import Placement
from dualstream.traces.stats import stats

_HOST = '/host:CPU'
_NOISE = {f'ThreadpoolListener::{what}' for what in ('Record', 'StartRegion', 'StopRegion')}


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that took a while on one thread. A trace may hold millions, so it is small.

    Attributes:
      name: as the profiler records it; an op's is NAME:TYPE.
      start, end: in microseconds.
      thread: its name and number.
      step: the number of the step that it marks, or None.
      device: of the op, as '/device:CPU:1', in a function that runs on several devices; None where
        the trace does not record it, as in a function on one device.
    """

    name: str
    start: float
    end: float
    thread: str
    step: int | None = None
    device: str | None = None

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclasses.dataclass(frozen=True)
class Trace:
    """A trace of one host.

    Attributes:
      path: of the file.
      threads: name -> its events on the host, by their start.
      devices: name -> its events, for each accelerator in the trace.
      facts: from the steps' marks; see `capture.Facts`.
      memory_peak: allocator -> the most bytes that it had in use at once since the process started,
        as far as the trace recorded.
    """

    path: pathlib.Path
    threads: dict[str, list[Event]]
    devices: dict[str, list[Event]]
    facts: dict[str, int | str] = dataclasses.field(default_factory=dict)
    memory_peak: dict[str, int] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def steps(self) -> list[Event]:
        """The marked steps, ordered by their start."""
        marked = (event for events in self.threads.values() for event in events
                  if event.step is not None)
        return sorted(marked, key=lambda event: event.start)

    def select(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Selects the host's events for which `wanted` is true, of all threads."""
        return [event for events in self.threads.values() for event in events if wanted(event)]


def read_trace(where: os.PathLike | str) -> Trace:
    """Reads the newest trace in a folder of logs.

    Args:
      where: an .xplane.pb file, or any folder above some.

    Raises:
      UserError: there is no trace, or there are traces of several hosts; the file is cut off or is
        not a trace; it has no marked steps.
    """
    path = newest_trace(where)
    space = xplane_pb2.XSpace()
    try:
        space.ParseFromString(path.read_bytes())
    except message.DecodeError as error:
        raise UserError(f'{path} is cut off, or is not a trace') from error
    planes = {plane.name: plane for plane in space.planes}
    if _HOST not in planes:
        raise UserError(f'{path} is not a trace of TensorFlow or JAX: it has no plane {_HOST}')
    devices = {name.removeprefix('/device:'): sorted(
        (event for events in _threads(plane).values() for event in events),
        key=lambda event: event.start)
        for name, plane in planes.items() if name.startswith('/device:') and plane.lines}
    host = planes[_HOST]
    trace = Trace(path, _threads(host), devices, _facts(host), _memory_peak(host))
    if not trace.steps:
        raise UserError(f'{path} has no marked steps; dualstream.train --profile_steps marks them')
    return trace


def newest_trace(where: os.PathLike | str) -> pathlib.Path:
    """Finds the file of the newest trace.

    Args:
      where: an .xplane.pb file, or any folder above some.

    Raises:
      UserError: there is no trace, or there are traces of several hosts.
    """
    where = pathlib.Path(where)
    if where.is_file():
        return where
    if not where.exists():
        raise UserError(f'there is no {where}')
    sessions = sorted({path.parent for path in where.rglob('*.xplane.pb')},
                      key=lambda session: session.stat().st_mtime)
    if not sessions:
        raise UserError(f'no trace in {where}; dualstream.train --profile_steps leaves one')
    files = sorted(sessions[-1].glob('*.xplane.pb'))
    if len(files) > 1:
        hosts = ', '.join(file.name.removesuffix('.xplane.pb') for file in files)
        raise UserError(f'{sessions[-1]} has traces of several hosts ({hosts}): name one file')
    return files[0]


def _threads(plane) -> dict[str, list[Event]]:
    names = {number: each.name for number, each in plane.event_metadata.items()}
    placement = Placement(plane)
    threads = {}
    for line in plane.lines:
        thread = f'{line.name or line.display_name} {line.id}'
        line_start = line.timestamp_ns / 1e3
        # Two profilers may each have a line of the same thread.
        events = threads.setdefault(thread, [])
        for event, device in placement.of(line):
            name = names[event.metadata_id]
            if name not in _NOISE:
                start = line_start + event.offset_ps / 1e6
                events.append(Event(name, start, start + event.duration_ps / 1e6, thread,
                                    stats(plane, event, 'step_num').get('step_num'), device))
    for events in threads.values():
        events.sort(key=lambda event: (event.start, -event.end))
    return threads


def _facts(host) -> dict[str, int | str]:
    """Reads the statistics of the first step's mark."""
    for line in host.lines:
        for event in line.events:
            said = stats(host, event)
            if 'step_num' in said:
                return said
    return {}


def _memory_peak(host) -> dict[str, int]:
    peaks = {}
    wanted = {number for number, each in host.event_metadata.items()
              if each.name in ('MemoryAllocation', 'MemoryDeallocation')}
    for line in host.lines:
        for event in line.events:
            if event.metadata_id in wanted:
                said = stats(host, event, 'allocator_name', 'peak_bytes_in_use')
                name = said.get('allocator_name', 'unnamed')
                peaks[name] = max(said.get('peak_bytes_in_use', 0), peaks.get(name, 0))
    return peaks

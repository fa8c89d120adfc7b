"""Reading a trace: TensorFlow's XPlane files, as TensorBoard's profile plugin keeps them."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Callable

from google.protobuf import message
from tensorflow.tsl.profiler.protobuf import xplane_pb2

_HOST = '/host:CPU'
_NOISE = {f'ThreadpoolListener::{what}' for what in ('Record', 'StartRegion', 'StopRegion')}


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that took a while on one thread. A trace may hold millions, so it is small.

    Attributes:
      name: as the profiler has it; an op's is NAME:TYPE.
      start, end: in microseconds.
      thread: its name and number.
      step: the number of the step that it marks, or None.
    """

    name: str
    start: float
    end: float
    thread: str
    step: int | None

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
    """

    path: pathlib.Path
    threads: dict[str, list[Event]]
    devices: dict[str, list[Event]]

    @functools.cached_property
    def steps(self) -> list[Event]:
        """The marked steps, in their order."""
        marked = (event for events in self.threads.values() for event in events
                  if event.step is not None)
        return sorted(marked, key=lambda event: event.start)

    def select(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """The host's events that are wanted, of all threads."""
        return [event for events in self.threads.values() for event in events if wanted(event)]


def read_trace(where: os.PathLike | str) -> Trace:
    """The newest trace in a folder of logs.

    Args:
      where: an .xplane.pb file, or any folder above some.

    Raises:
      ValueError: there is no trace, or traces of several hosts; it is cut off or no trace; it has
        no marked steps.
    """
    path = _find(pathlib.Path(where))
    space = xplane_pb2.XSpace()
    try:
        space.ParseFromString(path.read_bytes())
    except message.DecodeError as error:
        raise ValueError(f'{path} is cut off, or is no trace') from error
    planes = {plane.name: plane for plane in space.planes}
    if _HOST not in planes:
        raise ValueError(f'{path} is no trace of TensorFlow or JAX: it has no plane {_HOST}')
    devices = {name.removeprefix('/device:'): sorted(
        (event for events in _threads(plane).values() for event in events),
        key=lambda event: event.start)
        for name, plane in planes.items() if name.startswith('/device:') and plane.lines}
    trace = Trace(path, _threads(planes[_HOST]), devices)
    if not trace.steps:
        raise ValueError(f'{path} has no marked steps; dualstream.train --profile_steps marks them')
    return trace


def _find(where: pathlib.Path) -> pathlib.Path:
    if where.is_file():
        return where
    if not where.exists():
        raise ValueError(f'there is no {where}')
    sessions = sorted({path.parent for path in where.rglob('*.xplane.pb')},
                      key=lambda session: session.stat().st_mtime)
    if not sessions:
        raise ValueError(f'no trace in {where}; dualstream.train --profile_steps leaves one')
    files = sorted(sessions[-1].glob('*.xplane.pb'))
    if len(files) > 1:
        hosts = ', '.join(file.name.removesuffix('.xplane.pb') for file in files)
        raise ValueError(f'{sessions[-1]} has traces of several hosts ({hosts}): name one file')
    return files[0]


def _threads(plane) -> dict[str, list[Event]]:
    names = {number: each.name for number, each in plane.event_metadata.items()}
    step_numbers = {number for number, each in plane.stat_metadata.items()
                    if each.name == 'step_num'}

    def step(event):
        return next((stat.int64_value for stat in event.stats
                     if stat.metadata_id in step_numbers), None)

    threads = {}
    for line in plane.lines:
        name = f'{line.name or line.display_name} {line.id}'
        begun = line.timestamp_ns / 1e3
        threads[name] = sorted((
            Event(names[event.metadata_id], begun + event.offset_ps / 1e6,
                  begun + (event.offset_ps + event.duration_ps) / 1e6, name, step(event))
            for event in line.events if names[event.metadata_id] not in _NOISE
        ), key=lambda event: (event.start, -event.end))
    return threads

"""What a trace consists of: events on lines, marks of steps, and accelerators."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

from dualstream.traces import spans
from dualstream.traces.spans import Spans


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that took a while on one line: a thread of the host, or a queue of a device.

    A trace may hold millions, so it is small.

    Attributes:
      name: as the profiler records it; an op of TensorFlow is NAME:TYPE.
      start, end: in microseconds.
      thread: the line's name, with the thread's number on the host.
      device: of an op of the host, as '/device:CPU:1', in a function that runs on several devices;
        None where the trace does not record it, as in a function on one device.
      scope: where in the program it belongs, as 'jit(step)/model/dense/dot_general'; '' if unknown.
      module: the program of XLA that it is part of; '' if of none.
      run: the number of the module's run; None if unknown.
      launch: the number that a kernel and the call that launched it have in common; None if none.
      category: of an op of XLA, as 'all-reduce'; '' if unknown.
    """

    name: str
    start: float
    end: float
    thread: str
    device: str | None = None
    scope: str = ''
    module: str = ''
    run: int | None = None
    launch: int | None = None
    category: str = ''

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclasses.dataclass(frozen=True)
class Mark:
    """The mark of a step.

    Attributes:
      number: of the step.
      start, end: in microseconds.
      thread: the one that ran the step.
      thread_cpu: microseconds that this thread was on a core; None where it was not recorded.
      process_cpu: the same of all threads of the process, added up.
    """

    number: int
    start: float
    end: float
    thread: str
    thread_cpu: int | None = None
    process_cpu: int | None = None


@dataclasses.dataclass(frozen=True)
class Device:
    """An accelerator.

    Attributes:
      name: such as 'GPU:0'.
      lines: name -> what ran there, by its start: a GPU's streams, or a TPU's ops and its
        asynchronous ops. Lines that show the same once more are left out.
      modules: runs of XLA modules, where the device records them, as a TPU does.
      steps: (start, end) of the steps, where the device records them, as a TPU does.
    """

    name: str
    lines: dict[str, list[Event]]
    modules: list[Event] = dataclasses.field(default_factory=list)
    steps: Spans = dataclasses.field(default_factory=list)

    @functools.cached_property
    def events(self) -> list[Event]:
        """All events, by their start."""
        return sorted((event for events in self.lines.values() for event in events),
                      key=lambda event: event.start)


@dataclasses.dataclass(frozen=True)
class Trace:
    """A trace of one host.

    Attributes:
      path: of the file.
      threads: name -> its events on the host, by their start.
      devices: name -> an accelerator on which something ran.
      marks: of the steps, by their start; empty where the program marks none.
      facts: from the first mark; see `capture.Facts`.
      memory_peak: allocator -> the most bytes that it had in use at once since the process started,
        as far as the trace recorded.
      steps: (start, end) of each step, in microseconds; see `steps.find_steps`.
      steps_are: by what the steps were found, in words.
    """

    path: pathlib.Path
    threads: dict[str, list[Event]]
    devices: dict[str, Device]
    marks: list[Mark]
    facts: dict[str, int | str]
    memory_peak: dict[str, int]
    steps: Spans = dataclasses.field(default_factory=list)
    steps_are: str = ''

    @functools.cached_property
    def within(self) -> Spans:
        """The moments that belong to any step."""
        return spans.union(self.steps)

    def select(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Selects the host's events for which `wanted` is true, of all threads."""
        return [event for events in self.threads.values() for event in events if wanted(event)]

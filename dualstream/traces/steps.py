"""Finds the steps of a trace: those that the program marked, or what repeats in it."""

import collections
from collections.abc import Iterable

from dualstream.traces import spans
from dualstream.traces.event import Device, Event, Trace
from dualstream.traces.kinds import is_op, kind_on_device
from dualstream.traces.spans import Spans


def find_steps(trace: Trace) -> tuple[Spans, str]:
    """Finds the steps of a trace, and says in words by what.

    In this order:
    1. The marks. Where the accelerators were still busy with a step as its mark ended, its time is
       theirs instead: from the beginning of its work on them to that of the next step. xprof's
       overview page chooses by the same rule.
    2. Without marks, the runs of the XLA module that took longest, each until the next one begins.
    3. Without modules, the whole time in which accelerators worked, or ops ran on the host: one
       step.

    Args:
      trace: without steps.

    Returns:
      (start, end) of each step, in microseconds, by their start; none where nothing ran.
    """
    if trace.marks:
        marks = [(mark.start, mark.end) for mark in trace.marks]
        work = _work_of_marks(trace, marks)
        late = [one for one, mark in zip(work, marks) if one and one[1] > mark[1]]
        if late and all(work):
            return _periods(work), 'steps (timed by their work on the accelerator)'
        return marks, 'steps'
    runs = _runs(trace)
    if runs:
        module, periods = runs
        return periods, f'runs of the module {module} (no steps are marked)'
    ran = [event for device in trace.devices.values() for event in device.events] or trace.select(
        is_op)
    if not ran:
        return [], ''
    return [(min(event.start for event in ran), max(event.end for event in ran))], (
        'span of all that ran (no steps are marked)')


def find_busiest(devices: Iterable[Device], within: Spans | None = None) -> Device:
    """Finds the device that computed longest, on which all others wait.

    Args:
      devices: at least one.
      within: the moments that count; all if None.
    """
    def computed(device: Device) -> float:
        moments = spans.union((event.start, event.end) for event in device.events
                              if kind_on_device(event) == 'device')
        return spans.total(moments if within is None else spans.intersection(moments, within))

    return max(devices, key=computed)


def _work_of_marks(trace: Trace, marks: Spans) -> list[tuple[float, float] | None]:
    """The span of each mark's work on the accelerators, as far as the trace says whose it is."""
    for device in trace.devices.values():
        if len(device.steps) == len(marks):
            return device.steps
    launched = {}  # number of a launch -> place of its mark
    for event in trace.select(lambda event: event.launch is not None):
        for place, (start, end) in enumerate(marks):
            if start <= event.start < end:
                launched[event.launch] = place
    work: list[tuple[float, float] | None] = [None] * len(marks)
    for device in trace.devices.values():
        for event in device.events:
            place = launched.get(event.launch)
            if place is not None:
                begun, ended = work[place] or (event.start, event.end)
                work[place] = min(begun, event.start), max(ended, event.end)
    return work


def _runs(trace: Trace) -> tuple[str, Spans] | None:
    """The name of the main module and the periods of its runs."""
    if not trace.devices:
        return _main(_runs_by_number(trace.select(lambda event: bool(event.module))))
    device = find_busiest(trace.devices.values())
    if device.modules:
        runs = collections.defaultdict(list)
        for event in device.modules:
            runs[event.name.partition('(')[0]].append((event.start, event.end))
        return _main(runs)
    return _main(_runs_by_repetition(device.events))


def _runs_by_number(events: list[Event]) -> dict[str, Spans]:
    numbered: dict[tuple[str, int | None], tuple[float, float]] = {}
    for event in events:
        key = event.module, event.run
        start, end = numbered.get(key, (event.start, event.end))
        numbered[key] = min(start, event.start), max(end, event.end)
    runs = collections.defaultdict(list)
    for (module, _), span in sorted(numbered.items(), key=lambda item: item[1]):
        runs[module].append(span)
    return runs


def _runs_by_repetition(events: list[Event]) -> dict[str, Spans]:
    """Splits each module's kernels into runs: one begins as the kernel that was first runs again.

    A kernel within a loop of the module runs several times in a run, but the first of all is
    outside of any loop, where the module prepares what it was given.
    """
    runs: dict[str, list[list[float]]] = collections.defaultdict(list)
    first: dict[str, str] = {}
    for event in events:
        if not event.module:
            continue
        if first.setdefault(event.module, event.name) == event.name:
            runs[event.module].append([event.start, event.end])
        runs[event.module][-1][1] = max(runs[event.module][-1][1], event.end)
    return {module: [(start, end) for start, end in each] for module, each in runs.items()}


def _main(runs: dict[str, Spans]) -> tuple[str, Spans] | None:
    if not runs:
        return None
    module = max(runs, key=lambda name: spans.total(spans.union(runs[name])))
    return module, _periods(runs[module])


def _periods(work: Spans) -> Spans:
    """From each beginning to the next; the last until its own end."""
    begins = [start for start, _ in work]
    return list(zip(begins, [*begins[1:], work[-1][1]]))

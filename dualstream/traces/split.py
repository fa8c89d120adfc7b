"""Splits a step's time by what the step was doing: each moment counts once."""

from collections.abc import Iterable

from dualstream.traces import spans
from dualstream.traces.event import Device, Event, Trace
from dualstream.traces.kinds import (
    is_communication,
    is_compiling,
    is_input_thread,
    is_launch,
    is_op,
    is_python_op,
    is_transfer,
    is_waiting,
    kind_on_device,
)
from dualstream.traces.nesting import own_spans
from dualstream.traces.spans import Spans

PARTS = {
    'device': 'computing on the accelerator',
    'communication': 'exchanging between devices',
    'copies': 'copying within or between accelerators',
    'transfer': 'transferring between host and accelerator',
    'compile': 'tracing functions and compiling them',
    'input': 'waiting for input',
    'compute': 'computing on the host',
    'lock': "waiting for Python's lock, held by a py_function",
    'launch': 'launching work on the accelerator',
    'python': 'Python, and gaps between ops',
}

_ON_CPU = ('compile', 'input', 'compute', 'communication')
_ON_ACCELERATOR = ('device', 'communication', 'copies', 'transfer', 'compile', 'input', 'launch')
"""In this order: a moment that several parts claim goes to the first. Beside an accelerator, what
the host does counts only in moments in which the accelerator does nothing."""

_WORKING = 0.1
"""The share of the py_functions' time for which other threads than the step's are on a core if they
work: low, as they may wait for the lock and for a core themselves. If they sleep it is near 0."""


def split_steps(trace: Trace, device: Device | None) -> tuple[dict[str, float], Spans]:
    """Computes the milliseconds of the mean step that each of PARTS takes; their sum is the step.

    What the host's threads compute meanwhile for the input of later steps is not counted.

    Args:
      trace: with steps.
      device: the accelerator whose time is split, see `steps.find_busiest`; None to split that of
        the host.

    Returns:
      Part -> milliseconds, and the moments of the part 'python', in microseconds.
    """
    claims = _claims_of_host(trace)
    if device:
        for part, moments in device_moments(device).items():
            claims[part] = spans.union([*claims.get(part, []), *moments])
    found, left = dict.fromkeys(PARTS, 0.0), trace.within
    for part in _ON_ACCELERATOR if device else _ON_CPU:
        claimed = spans.intersection(left, claims[part])
        found[part] = spans.total(claimed)
        left = spans.difference(left, claimed)
    found['lock'] = _waited_for_lock(trace, left)
    found['python'] = spans.total(left) - found['lock']
    return {part: time / 1e3 / len(trace.steps) for part, time in found.items()}, left


def device_moments(device: Device) -> dict[str, Spans]:
    """Collects the moments in which an accelerator did each kind of thing; they may overlap.

    Args:
      device: an accelerator.

    Returns:
      Name in PARTS -> moments. An op around others, as a loop, counts for what it does itself.
    """
    moments: dict[str, list[tuple[float, float]]] = {
        kind: [] for kind in ('device', 'communication', 'copies', 'transfer', 'input')}
    for events in device.lines.values():
        for event, _, own in own_spans(events):
            moments[kind_on_device(event)] += own
    return {kind: spans.union(each) for kind, each in moments.items()}


def _claims_of_host(trace: Trace) -> dict[str, Spans]:
    """The moments of what the host did; beside an accelerator its ops are launches."""
    own = [event for name, events in trace.threads.items() if not is_input_thread(name)
           for event in events]
    wanted = {'compile': is_compiling} | (
        {'transfer': is_transfer, 'launch': is_launch} if trace.devices else
        {'compute': lambda event: is_op(event) and not is_communication(event),
         'communication': is_communication})
    claims = {part: _moments(filter(is_it, own)) for part, is_it in wanted.items()}
    return claims | {'input': _moments(trace.select(is_waiting))}


def _waited_for_lock(trace: Trace, gaps: Spans) -> float:
    """Computes for how long the step's thread waited for Python's lock, in microseconds.

    A trace does not say who holds the lock. But a thread that waits for it is on no core, and a
    py_function that holds it works, while one that sleeps gives it away. So the wait is the time
    beside a py_function, as far as the step's thread was on no core; and none where the other
    threads hardly worked.

    Args:
      trace: with marks that say how long threads were on a core; without them, no wait is assumed.
      gaps: the moments in which nothing else is known to happen.
    """
    if not trace.marks or any(mark.thread_cpu is None for mark in trace.marks):
        return 0.0
    on_core = sum(mark.thread_cpu for mark in trace.marks)
    others = sum(mark.process_cpu for mark in trace.marks) - on_core
    functions = spans.intersection(trace.within, _moments(trace.select(is_python_op)))
    if others < _WORKING * spans.total(functions):
        return 0.0
    working = _moments(event for event in trace.threads.get(trace.marks[0].thread, [])
                       if is_op(event) or is_compiling(event) or trace.devices and is_launch(event))
    in_ops = spans.total(spans.intersection(trace.within, working))
    off_core = spans.total(gaps) - max(0.0, on_core - in_ops)
    return max(0.0, min(spans.total(spans.intersection(gaps, functions)), off_core))


def _moments(events: Iterable[Event]) -> Spans:
    return spans.union((event.start, event.end) for event in events)

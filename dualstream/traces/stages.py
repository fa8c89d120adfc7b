"""Splits the input's time by stage: what tf.data's threads were busy with."""

import re

from dualstream.traces.read import Event, Trace
from dualstream.traces.split import is_input_thread

STAGES = {
    'python': re.compile(r':EagerPyFunc$|:PyFunc$'),
    'mask': re.compile(r'(^|/)mask/'),
    'crop': re.compile(r'(^|/)crop/'),
    'augment': re.compile(r'(^|/)augment/'),
    'decode': re.compile(r':Decode\w*$|^Decode|(^|/)decode/'),
    'resize': re.compile(r'(^|/)resize|:Resize\w+$|:ScaleAndTranslate$'),
    'read': re.compile(r'::(TFRecord|Interleave|ParallelInterleave)\w*$|:Parse(Single)?Example'),
    'shuffle': re.compile(r'::Shuffle\w*$'),
    'batch': re.compile(r'::(ParallelBatch|Batch)\w*$|^BatchCopy'),
    'other ops': re.compile(r'[^:]:_?[A-Z]\w+$'),
}
"""In this order: an event belongs to the first stage whose pattern matches, and with it all that
happens inside the event."""

_TRANSFER = re.compile(r'(?i)memcpy\s?(h2d|htod)|host\s?to\s?device|infeed')
"""Events on an accelerator that transfer a batch to it."""

_WAITS = re.compile(r'^(Prefetch|ParallelMap|MapAndBatch|ParallelBatch)Consume')


def stage_times(trace: Trace) -> dict[str, float]:
    """Computes the milliseconds per step that tf.data's threads spend on each stage.

    The stages are those of STAGES and the transfer to the accelerator, where there is one.

    The times of all threads are added, so their sum may exceed the step. Waiting is not counted,
    except within a py_function, where a trace does not distinguish waiting from working.

    Args:
      trace: with marked steps.
    """
    started, ended = trace.steps[0].start, trace.steps[-1].end
    times = dict.fromkeys(STAGES, 0.0)
    for thread, events in trace.threads.items():
        if is_input_thread(thread):
            inside = [event for event in events if started <= event.start < ended]
            for stage, microseconds in _own_times(inside):
                times[stage] += microseconds / 1e3 / len(trace.steps)
    times['transfer'] = sum(
        event.duration for events in trace.devices.values() for event in events
        if started <= event.start < ended and _TRANSFER.search(event.name)
    ) / 1e3 / len(trace.steps)
    return {stage: time for stage, time in times.items() if time > 0}


def _own_times(events: list[Event]):
    """Yields (stage, microseconds) of each event of a thread, without the events inside it."""
    open_events: list[list] = []  # [event, stage, own time], each inside the one before

    def close():
        event, stage, own = open_events.pop()
        return [(stage, own)] if stage else []

    for event in events:
        while open_events and open_events[-1][0].end <= event.start:
            yield from close()
        parent = open_events[-1] if open_events else None
        if parent:
            parent[2] -= min(event.duration, parent[0].end - event.start)
        inherited = parent[1] if parent and parent[1] not in (None, 'read', 'shuffle',
                                                              'batch') else None
        open_events.append([event, inherited or _stage(event), event.duration])
    while open_events:
        yield from close()


def _stage(event: Event) -> str | None:
    if _WAITS.match(event.name):
        return None
    return next((stage for stage, pattern in STAGES.items() if pattern.search(event.name)), None)

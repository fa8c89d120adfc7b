"""Splits the input's time by stage: what tf.data's threads were busy with."""

import functools
import re

from dualstream.traces import spans
from dualstream.traces.event import Trace
from dualstream.traces.kinds import PYTHON_OP, is_input_thread, is_transfer_to_device
from dualstream.traces.nesting import own_spans

STAGES = {
    'python': PYTHON_OP,
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

_WAITS = re.compile(r'^(Prefetch|ParallelMap|MapAndBatch|ParallelBatch)Consume')


def stage_times(trace: Trace) -> dict[str, float]:
    """Computes the milliseconds per step that tf.data's threads spend on each stage.

    The stages are those of STAGES and the transfer to the accelerator, where there is one.

    The times of all threads are added, so their sum may exceed the step. Waiting is not counted,
    except within a py_function, where a trace does not distinguish waiting from working.

    Args:
      trace: with steps.
    """
    started, ended = trace.steps[0][0], trace.steps[-1][1]
    times = dict.fromkeys(STAGES, 0.0)
    for thread, events in trace.threads.items():
        if is_input_thread(thread):
            inside = [event for event in events if started <= event.start < ended]
            for event, around, own in own_spans(inside):
                stage = _stage((*(outer.name for outer in around), event.name))
                if stage:
                    times[stage] += spans.total(own)
    times['transfer'] = sum(
        spans.total(spans.intersection(trace.within, spans.union(
            (event.start, event.end) for event in device.events if is_transfer_to_device(event))))
        for device in trace.devices.values())
    return {stage: time / 1e3 / len(trace.steps) for stage, time in times.items() if time > 0}


def _stage(names: tuple[str, ...]) -> str | None:
    """The stage of an event, by the names of the events around it and its own, the last."""
    for name in names:
        stage = _own_stage(name)
        if stage not in (None, 'read', 'shuffle', 'batch'):
            return stage
    return _own_stage(names[-1])


@functools.cache
def _own_stage(name: str) -> str | None:
    if _WAITS.match(name):
        return None
    return next((stage for stage, pattern in STAGES.items() if pattern.search(name)), None)

"""What a verdict and advice rest on: the parts of the step, and what stood out in them."""

import collections
import dataclasses

from dualstream.traces import spans
from dualstream.traces.event import Device, Event, Trace
from dualstream.traces.kinds import is_input_thread, is_op, is_python_op
from dualstream.traces.misplaced import Misplaced, find_misplaced
from dualstream.traces.nesting import own_spans
from dualstream.traces.roofline import Roofline, read_roofline
from dualstream.traces.spans import Spans
from dualstream.traces.split import split_steps
from dualstream.traces.stages import stage_times
from dualstream.traces.steps import find_busiest

BOUND = 0.2
"""Whatever takes at least this share of a step limits it."""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What was found out about the steps of a trace.

    Attributes:
      trace: with steps.
      device: the accelerator that computed longest; None without accelerators.
      split_ms: milliseconds of the mean step by part; the parts are those of `split.PARTS`.
      meanwhile: what the host did longest while nothing else is known to happen; '' if nothing.
      input_ms: milliseconds a step of tf.data's threads by stage, and of the transfer.
      step_ops: ops of the host within the steps, without those of the input.
      python_ops: py_function -> its milliseconds a step.
      misplaced: ops that ran on a device that was not asked for.
      decodes_frames: whether whole frames are decoded, and not only windows of them.
      roofline: of the accelerators; None without them, and where xprof knows nothing.
    """

    trace: Trace
    device: Device | None
    split_ms: dict[str, float]
    meanwhile: str
    input_ms: dict[str, float]
    step_ops: list[Event]
    python_ops: collections.Counter[str]
    misplaced: Misplaced
    decodes_frames: bool
    roofline: Roofline | None

    @property
    def step_ms(self) -> float:
        return sum(self.split_ms.values())

    @property
    def shares(self) -> dict[str, float]:
        """Part -> share of the step, in [0, 1]."""
        return {part: time / self.step_ms for part, time in self.split_ms.items()}

    @property
    def computing(self) -> float:
        """The share of the step in which the accelerator computed, or the CPU without one."""
        return self.shares['device'] + self.shares['compute']

    @property
    def input_bound(self) -> float:
        """The share of the step that waits for input, Python's lock included."""
        return self.shares['input'] + self.shares['lock']

    @property
    def limit(self) -> str:
        """What limits the step: 'computing', 'misplaced', 'input' or another part.

        Where there is an accelerator, it is the critical resource: as long as it computes, nothing
        else matters, and otherwise the longest of its waits does. On a CPU, what waits and what
        computes share the cores.
        """
        waits = {part: self.shares[part] for part in (
            'compile', 'communication', 'copies', 'transfer', 'launch', 'python')}
        waits |= {'input': self.input_bound, 'misplaced': self.misplaced.share}
        if self.device:
            longest = max(waits, key=waits.get)
            if self.computing > 1 - BOUND or waits[longest] < BOUND:
                return 'computing'
            return 'misplaced' if waits['misplaced'] >= BOUND else longest
        for part in ('compile', 'misplaced', 'input', 'communication'):
            if waits[part] >= BOUND:
                return part
        return 'python' if waits['python'] >= max(BOUND, self.computing) else 'computing'


def gather(trace: Trace) -> Evidence:
    """Gathers what a trace shows about its steps.

    Args:
      trace: with steps, from `read_trace`.
    """
    device = find_busiest(trace.devices.values(), trace.within) if trace.devices else None
    begun, ended = trace.steps[0][0], trace.steps[-1][1]
    inside = trace.select(lambda event: begun <= event.start < ended)
    python_ops = collections.Counter()
    for event in filter(is_python_op, inside):
        python_ops[event.name.rpartition(':')[0]] += event.duration / 1e3 / len(trace.steps)
    step_ops = [event for event in inside if is_op(event) and not is_input_thread(event.thread)]
    split_ms, gaps = split_steps(trace, device)
    return Evidence(
        trace=trace, device=device, split_ms=split_ms, meanwhile=_longest_on_host(trace, gaps),
        input_ms=stage_times(trace), step_ops=step_ops, python_ops=python_ops,
        misplaced=find_misplaced(trace, step_ops),
        decodes_frames=any(event.name.endswith((':DecodeImage', ':DecodeJpeg'))
                           for event in inside),
        roofline=read_roofline(trace.path) if device else None)


def _longest_on_host(trace: Trace, gaps: Spans) -> str:
    """Names what took longest in some moments, on the threads that do not read the input."""
    marks, times = {mark.start for mark in trace.marks}, collections.Counter()
    for thread, events in trace.threads.items():
        if not is_input_thread(thread):
            for event, _, own in own_spans(events):
                if event.start not in marks:
                    times[event.name] += spans.total(spans.intersection(gaps, own))
    name, time = times.most_common(1)[0] if times else ('', 0)
    return name if time else ''

"""Reviews a trace: a verdict in one sentence, the figures behind it, and advice."""

import collections
import dataclasses
import re

import numpy as np

from dualstream.traces import spans
from dualstream.traces.advice import give_advice
from dualstream.traces.event import Event, Trace
from dualstream.traces.evidence import Evidence, gather
from dualstream.traces.kinds import TRACING, is_compiling, is_input_thread, is_op, kind_on_device
from dualstream.traces.misplaced import WORTH_A_WARNING
from dualstream.traces.nesting import own_spans
from dualstream.traces.network_parts import sum_parts
from dualstream.traces.verdict import give_verdict, name_op

_NUMBER = re.compile(r'\.\d+$')  # XLA numbers ops


@dataclasses.dataclass(frozen=True)
class Review:
    """What a trace shows about its steps.

    Attributes:
      verdict: in one sentence.
      steps: how many were traced.
      steps_are: what counts as a step, in words: marked steps, or the runs of a module.
      step_ms: the mean step's time; wall-clock, in milliseconds.
      split_ms: milliseconds of it by part; the parts are those of `split.PARTS`.
      input_bound: the share of the step that waits for input, Python's lock included, in [0, 1].
      device: the accelerator that computed longest, of which `split_ms` is; '' without one.
      busy: accelerator -> the share of the steps in which it computed, in [0, 1].
      misplaced: the share of the step during which ops ran on a device that was not asked for, and
        no accelerator on anything.
      input_ms: milliseconds of tf.data's threads by stage, of all threads together, and of the
        transfer to accelerators.
      network_ms: milliseconds of ops by part of the network, of `device`, or of all threads of the
        host together.
      ran_on: device -> milliseconds a step. On an accelerator those in which it did anything, on
        the host those of ops, of all threads together.
      top_ops: (op, milliseconds a step), the longest first: kernels of `device`, or types of ops of
        the step's own threads.
      traced, compiled: functions traced and programs compiled within the steps.
      memory_peak_mb: the most memory that tensors had at once; None where the trace has none.
      images_per_second: None where the steps' marks do not say how many images they had.
      gflops: 10^9 floating-point operations per second of the step's arithmetic; None where the
        marks do not say how many a step has.
      share_of_peak: the same, as a share of what a large matrix product reaches on all devices;
        None where the marks lack either.
      busy_share_of_peak, busy_share_of_bandwidth: what the ops of XLA reached while they ran, as
        shares of the accelerator's arithmetic and memory; see `roofline.Roofline`. None where xprof
        does not know.
      warnings: what ran where it should not.
      advice: what to change, each with what it can gain at most.
    """

    verdict: str
    steps: int
    steps_are: str
    step_ms: float
    split_ms: dict[str, float]
    input_bound: float
    device: str
    busy: dict[str, float]
    misplaced: float
    input_ms: dict[str, float]
    network_ms: dict[str, float]
    ran_on: dict[str, float]
    top_ops: list[tuple[str, float]]
    traced: int
    compiled: int
    memory_peak_mb: float | None
    images_per_second: float | None
    gflops: float | None
    share_of_peak: float | None
    busy_share_of_peak: float | None
    busy_share_of_bandwidth: float | None
    warnings: list[str]
    advice: list[str]


def review(trace: Trace) -> Review:
    """Finds what limits the steps of a trace.

    Args:
      trace: from `read_trace`.
    """
    seen = gather(trace)
    begun, ended = trace.steps[0][0], trace.steps[-1][1]
    inside = trace.select(lambda event: begun <= event.start < ended)
    facts, per_second, roofline = trace.facts, 1000 / seen.step_ms, seen.roofline
    flops, peak = facts.get('flops', 0) * per_second, facts.get('peak_flops')
    return Review(
        verdict=give_verdict(seen), steps=len(trace.steps), steps_are=trace.steps_are,
        step_ms=seen.step_ms, split_ms=seen.split_ms, input_bound=seen.input_bound,
        device=seen.device.name if seen.device else '',
        busy={name: _busy(trace, device.events, 'device') / spans.total(trace.within)
              for name, device in trace.devices.items()},
        misplaced=seen.misplaced.share, input_ms=seen.input_ms,
        network_ms=sum_parts(
            (scope, time) for _, scope, time in _op_times(seen)),
        ran_on=_ran_on(trace, inside), top_ops=_top_ops(seen),
        traced=sum(event.name == TRACING for event in inside), compiled=_compiled(inside),
        memory_peak_mb=_memory_peak_mb(trace),
        images_per_second=facts['images'] * per_second if 'images' in facts else None,
        gflops=flops / 1e9 if flops else None,
        share_of_peak=flops / peak if flops and peak else None,
        busy_share_of_peak=roofline and roofline.share_of_peak,
        busy_share_of_bandwidth=roofline and roofline.share_of_bandwidth,
        warnings=_warnings(seen), advice=give_advice(seen))


def _op_times(seen: Evidence) -> list[tuple[str, str, float]]:
    """(op, its scope, milliseconds a step) of the accelerator's ops, or of the host's."""
    trace = seen.trace
    if seen.device is None:
        return [(_NUMBER.sub('', event.name.rpartition(':')[2].lstrip('_')),
                 event.scope or event.name, event.duration / 1e3 / len(trace.steps))
                for event in seen.step_ops]
    return [(_NUMBER.sub('', event.name), event.scope or event.name,
             spans.total(spans.intersection(trace.within, own)) / 1e3 / len(trace.steps))
            for events in seen.device.lines.values() for event, _, own in own_spans(events)]


def _top_ops(seen: Evidence, most: int = 8) -> list[tuple[str, float]]:
    times = collections.Counter()
    for kind, _, time in _op_times(seen):
        times[kind] += time
    return [(kind, float(time)) for kind, time in times.most_common(most) if time > 0]


def _ran_on(trace: Trace, inside: list[Event]) -> dict[str, float]:
    """Milliseconds a step. Beside accelerators, ops of the step on the host are launches."""
    ran = collections.Counter()
    for event in inside:
        of_input = is_input_thread(event.thread)
        on_host = event.device is None and (of_input or not trace.devices) or (
            event.device or '').startswith('/device:CPU')
        if is_op(event) and on_host:
            device = (event.device or '/device:CPU').removeprefix('/device:')
            ran[f'{device}, the {"input" if of_input else "step"}'] += event.duration
    for name, device in trace.devices.items():
        ran[name] = _busy(trace, device.events)
    return {name: time / 1e3 / len(trace.steps) for name, time in ran.most_common()}


def _busy(trace: Trace, events: list[Event], kind: str | None = None) -> float:
    """Microseconds of the steps in which any event of a kind ran on an accelerator."""
    return spans.total(spans.intersection(trace.within, spans.union(
        (event.start, event.end) for event in events
        if kind is None or kind_on_device(event) == kind)))


def _compiled(inside: list[Event]) -> int:
    """Counts the programs that XLA compiled: nested events of its passes count once."""
    count, covered = 0, -np.inf
    for event in sorted(inside, key=lambda event: event.start):
        if is_compiling(event) and event.name != TRACING:
            count += event.start >= covered
            covered = max(covered, event.end)
    return count


def _memory_peak_mb(trace: Trace) -> float | None:
    # With JAX, TensorFlow's allocator serves the input only, and JAX's records no events.
    on_jax = any(thread.startswith('tf_XLAPjRt') for thread in trace.threads)
    return None if on_jax or not trace.memory_peak else max(trace.memory_peak.values()) / 1e6


def _warnings(seen: Evidence) -> list[str]:
    trace, wrong = seen.trace, seen.misplaced
    warnings = [
        f'{name_op(name)} ran in Python on the host, {time:.1f} ms a step: it has no kernel on '
        'an accelerator.' for name, time in seen.python_ops.most_common(3)]
    if wrong.share >= WORTH_A_WARNING:
        warnings.append(f'{wrong.count} ops, {wrong.most} the longest, ran on {wrong.where}, '
                        f'{wrong.share:.1%} of the step; {wrong.asked} was asked for.')
    missing = [device for device in wrong.asked.split(' and ')
               if device and not device.startswith('CPU') and device not in trace.devices]
    if missing:
        warnings.append(f'{" and ".join(missing)} was asked for and is not in this trace.')
    if not trace.devices and not wrong.asked:
        warnings.append('No accelerator is in this trace: all ops ran on the CPU.')
    return warnings

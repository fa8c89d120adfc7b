"""Reviews a trace: a verdict in one sentence, the figures behind it, and advice."""

import collections
import dataclasses
import re

import numpy as np

from dualstream.traces.misplaced import Misplaced, misplaced_ops
from dualstream.traces.network_parts import network_times
from dualstream.traces.read import Event, Trace
from dualstream.traces.split import TRACING, is_compiling, is_input_thread, is_op, step_split
from dualstream.traces.stages import stage_times

BOUND = 0.2
"""Whatever takes at least this share of a step limits it."""

_NUMBER = re.compile(r'\.\d+$')  # XLA numbers ops

_WORTH_A_WARNING = 0.01
"""Misplaced ops below this share of a step, such as arithmetic on shapes, are no warning."""


@dataclasses.dataclass(frozen=True)
class Review:
    """What a trace shows about its steps.

    Attributes:
      verdict: in one sentence.
      steps: how many were traced.
      step_ms: the mean step's time; wall-clock, in milliseconds.
      split_ms: milliseconds of it by part; the parts are those of `split.PARTS`.
      input_bound: the share of the step that waits for input, Python's lock included, in [0, 1].
      misplaced: the share of the step during which ops ran on a device that was not asked for.
      input_ms: milliseconds of tf.data's threads by stage, of all threads together.
      network_ms: milliseconds of ops by part of the network, of all threads together.
      ran_on: device -> milliseconds of ops on it per step.
      top_ops: (type of op, milliseconds a step), the longest first, of the step's own threads.
      traced, compiled: functions traced and programs compiled within the steps.
      memory_peak_mb: the most memory that tensors had at once; None where the trace has none.
      images_per_second: None where the steps' marks do not say how many images they had.
      gflops: 10^9 floating-point operations per second of the step's arithmetic; None where the
        marks do not say how many a step has.
      share_of_peak: the same, as a share of what a large matrix product reaches on this machine;
        None where the marks lack either.
      warnings: what ran where it should not.
      advice: what to change, each with what it can gain at most.
    """

    verdict: str
    steps: int
    step_ms: float
    split_ms: dict[str, float]
    input_bound: float
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
    warnings: list[str]
    advice: list[str]


def review(trace: Trace) -> Review:
    """Finds what limits the steps of a trace.

    Args:
      trace: with marked steps, from `read_trace`.
    """
    steps = trace.steps
    split = step_split(trace)
    step_ms = sum(split.values())
    input_ms = stage_times(trace)
    shares = {part: time / step_ms for part, time in split.items()}
    computing = shares['device'] + shares['compute']
    input_bound = shares['input'] + shares['lock']
    inside = [event for event in trace.select(lambda event: True)
              if steps[0].start <= event.start < steps[-1].end]
    python_ops = collections.Counter()
    for event in inside:
        if event.name.endswith(':EagerPyFunc'):
            python_ops[event.name.rpartition(':')[0]] += event.duration
    culprit = _culprit(input_ms, python_ops)
    same_cores = 0 if trace.devices else sum(input_ms.values())
    step_ops = [event for event in inside if is_op(event) and not is_input_thread(event.thread)]
    misplaced = misplaced_ops(trace, step_ops)
    facts, per_second = trace.facts, 1000 / step_ms
    flops = facts.get('flops') and facts['flops'] * per_second
    peak = facts.get('peak_flops')
    return Review(
        verdict=_verdict(
            shares, computing, input_bound, misplaced, culprit, same_cores, step_ms),
        steps=len(steps), step_ms=step_ms, split_ms=split, input_bound=input_bound,
        misplaced=misplaced.share, input_ms=input_ms,
        network_ms=_per_step(network_times(step_ops), trace),
        ran_on=_ran_on(trace, inside), top_ops=_top_ops(step_ops, len(steps)),
        traced=sum(event.name == TRACING for event in inside),
        compiled=_compiled(inside),
        memory_peak_mb=_memory_peak_mb(trace),
        images_per_second=facts['images'] * per_second if 'images' in facts else None,
        gflops=flops and flops / 1e9, share_of_peak=flops and peak and flops / peak,
        warnings=_warnings(python_ops, misplaced, trace),
        advice=_advice(
            shares, computing, input_bound, misplaced, input_ms, python_ops,
            _decodes_frames(inside)))


def _culprit(input_ms, python_ops) -> str:
    if not input_ms:
        return 'its reading'
    stage = max(input_ms, key=input_ms.get)
    if stage == 'python':
        return _op_name(python_ops.most_common(1)[0][0])
    return {'other ops': 'ops of its map functions'}.get(stage, f'the stage {stage}')


def _verdict(
    shares, computing, input_bound, misplaced: Misplaced, culprit, same_cores, step_ms
) -> str:
    if shares['compile'] >= BOUND:
        return (f'Bound by tracing and compiling, {shares["compile"]:.0%} of the step: a function '
                'is traced or compiled anew within the steps.')
    if misplaced.share >= BOUND:
        return (f'Bound by ops on the wrong device, {misplaced.share:.0%} of the step: '
                f'{misplaced.most} ran on {misplaced.where}, and {misplaced.asked} was asked for.')
    if input_bound >= BOUND:
        lock = ", which holds Python's lock" if shares['lock'] >= BOUND / 2 else ''
        return f'Input-bound by {input_bound:.0%}: most of the input is {culprit}{lock}.'
    if shares['communication'] >= BOUND:
        return f'Bound by communication between devices, {shares["communication"]:.0%} of the step.'
    if shares['python'] >= max(BOUND, computing):
        return (f'Bound by Python, {shares["python"]:.0%} of the step: too little is computed in '
                'each step to hide what starts it.')
    cost = ''
    if same_cores >= BOUND * step_ms:
        cost = f', though it takes {same_cores:.0f} ms a step of the same cores'
    return f'Compute-bound, {computing:.0%} of the step: the input keeps up{cost}.'


def _ran_on(trace: Trace, inside: list[Event]) -> dict[str, float]:
    ran = collections.Counter()
    for event in inside:
        if is_op(event) and (event.device is None or event.device.startswith('/device:CPU')):
            device = (event.device or '/device:CPU').removeprefix('/device:')
            ran[f'{device}, the {"input" if is_input_thread(event.thread) else "step"}'] += (
                event.duration)
    for device, events in trace.devices.items():
        ran[device] = sum(event.duration for event in events)
    return _per_step(dict(ran.most_common()), trace)


def _top_ops(step_ops: list[Event], steps: int, most: int = 8) -> list[tuple[str, float]]:
    times = collections.Counter()
    for event in step_ops:
        times[_NUMBER.sub('', event.name.rpartition(':')[2].lstrip('_'))] += event.duration
    return [(kind, float(time) / 1e3 / steps) for kind, time in times.most_common(most)]


def _per_step(microseconds: dict[str, float], trace: Trace) -> dict[str, float]:
    """Converts microseconds of all steps to milliseconds of the mean step."""
    return {name: time / 1e3 / len(trace.steps) for name, time in microseconds.items()}


def _compiled(inside: list[Event]) -> int:
    """Counts the programs that XLA compiled: nested events of its passes count once."""
    count, covered = 0, -np.inf
    for event in sorted(inside, key=lambda event: event.start):
        if is_compiling(event) and event.name != TRACING:
            count += event.start >= covered
            covered = max(covered, event.end)
    return count


def _decodes_frames(inside: list[Event]) -> bool:
    """Whether whole frames are decoded, and not only windows of them."""
    return any(event.name.endswith((':DecodeImage', ':DecodeJpeg')) for event in inside)


def _memory_peak_mb(trace: Trace) -> float | None:
    # With JAX, TensorFlow's allocator serves the input only, and JAX's records no events.
    on_jax = any(thread.startswith('tf_XLAPjRt') for thread in trace.threads)
    return None if on_jax or not trace.memory_peak else max(trace.memory_peak.values()) / 1e6


def _warnings(python_ops, misplaced: Misplaced, trace: Trace) -> list[str]:
    warnings = [
        f'{_op_name(name)} ran in Python on the host, {time / 1e3 / len(trace.steps):.1f} ms a '
        f'step: EagerPyFunc has no kernel on an accelerator.'
        for name, time in python_ops.most_common(3)]
    if misplaced.share >= _WORTH_A_WARNING:
        warnings.append(f'{misplaced.count} ops, {misplaced.most} the longest, ran on '
                        f'{misplaced.where}, {misplaced.share:.1%} of the step; '
                        f'{misplaced.asked} was asked for.')
    missing = [device for device in misplaced.asked.split(' and ')
               if device and not device.startswith('CPU') and device not in trace.devices]
    if missing:
        warnings.append(f'{" and ".join(missing)} was asked for and is not in this trace.')
    if not trace.devices and not misplaced.asked:
        warnings.append('No accelerator is in this trace: all ops ran on the CPU.')
    return warnings


def _advice(
    shares, computing, input_bound, misplaced: Misplaced, input_ms, python_ops, decodes_frames: bool
) -> list[str]:
    advice = []
    if misplaced.share >= _WORTH_A_WARNING:
        advice.append(f'Remove the tf.device around {misplaced.most}, or give it a kernel for '
                      f'{misplaced.asked}: up to {_gain(misplaced.share)} faster.')
    if shares['compile'] >= BOUND:
        advice.append('Give functions tensors instead of Python numbers, and fixed shapes: up to '
                      f'{_gain(shares["compile"])} faster.')
    if input_bound >= BOUND:
        stage = max(input_ms, key=input_ms.get, default='read')
        most = _gain(input_bound)
        if python_ops and any('mask' in name for name in python_ops):
            advice.append(f'--mask=tf, which needs no Python: up to {most} faster.')
        elif stage == 'python':
            advice.append(f'Write the py_function in tensor ops: up to {most} faster.')
        if decodes_frames and (
                stage in ('decode', 'mask', 'crop') or any('mask' in name for name in python_ops)):
            advice.append('--look=grid, which decodes the window alone, if the set has leaf grids; '
                          f'--look=glance if not: up to {most} faster.')
        if stage == 'resize':
            advice.append('A crop instead of resizing whole frames, --crop=array: up to '
                          f'{most} faster.')
        if not advice:
            advice.append('More cores, or prepared data kept in memory with Dataset.cache: up to '
                          f'{most} faster.')
    if shares['python'] >= max(BOUND, computing):
        advice.append(f'A larger --batch_size, or several steps in one call: up to '
                      f'{_gain(shares["python"])} faster.')
    return advice


def _gain(share: float) -> str:
    return f'{1 / (1 - min(share, 0.99)):.1f}x'


def _op_name(name: str) -> str:
    last = name.split('/')[-1]
    return 'a py_function' if last.startswith('EagerPyFunc') else f'the py_function {last}'

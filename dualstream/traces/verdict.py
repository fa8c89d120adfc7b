"""Says in one sentence what limits the steps of a trace."""

import re

from dualstream.traces.evidence import BOUND, Evidence

_WAITS = {
    'communication': 'Bound by communication between devices',
    'copies': 'Bound by copies within or between accelerators',
    'transfer': 'Bound by transfers between host and accelerator',
    'launch': 'Launch-bound',
}
_UNNAMED = re.compile(r'(Eager)?PyFunc')

_WHY = {
    'launch': ' and waits for the host, which takes long to launch its next work',
}


def give_verdict(seen: Evidence) -> str:
    """Says what limits the steps.

    Args:
      seen: of a trace.
    """
    part = seen.limit
    busy = f'{seen.device.name} computes {seen.computing:.0%}' if seen.device else ''
    if part == 'compile':
        return (f'Bound by tracing and compiling, {seen.shares[part]:.0%} of the step: a function '
                'is traced or compiled anew within the steps.')
    if part == 'misplaced':
        wrong = seen.misplaced
        return (f'Bound by ops on the wrong device, {wrong.share:.0%} of the step: {wrong.most} '
                f'ran on {wrong.where}, and {wrong.asked} was asked for.')
    if part == 'input':
        lock = (", which holds Python's lock" if seen.shares['lock'] >= BOUND / 2 else '')
        return (f'Input-bound by {seen.input_bound:.0%}: {f"{busy}; " * bool(busy)}most of the '
                f'input is {_culprit(seen)}{lock}.')
    if part == 'python' and seen.device:
        longest = f', longest in {seen.meanwhile}' * bool(seen.meanwhile)
        return (f'Host-bound, {seen.shares[part]:.0%} of the step: {busy}, and meanwhile the host '
                f'launches nothing: it is in Python or in its runtime{longest}.')
    if part == 'python':
        return (f'Bound by Python, {seen.shares[part]:.0%} of the step: too little is computed in '
                'each step to hide what starts it.')
    if part != 'computing':
        beside = f': {busy}{_WHY.get(part, "")}' if busy else ''
        return f'{_WAITS[part]}, {seen.shares[part]:.0%} of the step{beside}.'
    return _computing(seen)


def name_op(name: str) -> str:
    """Names a py_function in a sentence.

    Example:
      >>> name_op('map/mask/cv_color_mask')
      'the py_function cv_color_mask'
    """
    last = name.split('/')[-1]
    return 'a py_function' if _UNNAMED.match(last) else f'the py_function {last}'


def _culprit(seen: Evidence) -> str:
    stages = {stage: time for stage, time in seen.input_ms.items() if stage != 'transfer'}
    if not stages:
        return 'its reading'
    stage = max(stages, key=stages.get)
    if stage == 'python':
        return name_op(seen.python_ops.most_common(1)[0][0])
    return {'other ops': 'ops of its map functions'}.get(stage, f'the stage {stage}')


def _computing(seen: Evidence) -> str:
    if seen.device is None:
        input_ms = sum(seen.input_ms.values())
        cost = (f', though it takes {input_ms:.0f} ms a step of the same cores'
                if input_ms >= BOUND * seen.step_ms else '')
        return f'Compute-bound, {seen.computing:.0%} of the step: the input keeps up{cost}.'
    name, roofline = seen.device.name, seen.roofline
    if roofline is None:
        return f'Compute-bound: {name} computes {seen.computing:.0%} of the step.'
    arithmetic, memory = (f'{share:.0%}' for share in (
        roofline.share_of_peak, roofline.share_of_bandwidth))
    if roofline.memory_bound:
        return (f'Memory-bound: {name} computes {seen.computing:.0%} of the step, at {memory} of '
                f"its memory's bandwidth and {arithmetic} of its peak arithmetic.")
    return (f'Compute-bound: {name} computes {seen.computing:.0%} of the step, at {arithmetic} of '
            f"its peak arithmetic and {memory} of its memory's bandwidth.")

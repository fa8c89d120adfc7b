"""Advises what to change, each with what it can gain: Amdahl's law on the part that it changes."""

import math

from dualstream.traces.evidence import BOUND, Evidence
from dualstream.traces.misplaced import WORTH_A_WARNING


def give_advice(seen: Evidence) -> list[str]:
    """Lists what to change, for the limits of the steps.

    Args:
      seen: of a trace.
    """
    shares, wrong = seen.shares, seen.misplaced
    advice = []
    if wrong.share >= WORTH_A_WARNING:
        advice.append((f'Remove the tf.device around {wrong.most}, or give it a kernel for '
                       f'{wrong.asked}', wrong.share))
    if shares['compile'] >= BOUND:
        advice.append(('Give functions tensors instead of Python numbers, and fixed shapes',
                       shares['compile']))
    if seen.limit == 'input':
        advice += _on_input(seen)
    if seen.limit == 'transfer':
        advice.append(('Send fewer bytes, as uint8 instead of float32, and send a batch while the '
                       'one before is computed', shares['transfer']))
    if seen.limit in ('launch', 'python'):
        advice.append(('A larger --batch_size, or several steps in one call, so that the host '
                       'starts fewer and longer computations', shares['launch'] + shares['python']))
    if seen.limit == 'communication':
        advice.append(('A larger --batch_size on each device, for the same exchange per step',
                       shares['communication']))
    return [f'{what}: {say_gain(share)}.' for what, share in advice]


def say_gain(share: float) -> str:
    """Says how much faster a step can become without a share of it.

    Args:
      share: of the step, in [0, 1].

    Example:
      >>> say_gain(0.2), say_gain(0.999)
      ('up to 1.2 times as fast', 'more than 10 times as fast at best')
    """
    if share > 0.9:
        return 'more than 10 times as fast at best'
    return f'up to {math.floor(10 / (1 - share)) / 10:.1f} times as fast'


def _on_input(seen: Evidence) -> list[tuple[str, float]]:
    """Advice for an input that the step waits for, each with the share of the step that it saves.

    While a step waits for it, the input is what sets the time of a step. A change that saves a
    share of the input's work saves the same share of the step, up to the wait.
    """
    wait = seen.input_bound
    stages = {stage: time for stage, time in seen.input_ms.items() if stage != 'transfer'}
    whole = sum(stages.values())

    def saved(*names: str) -> float:
        return min(wait, sum(stages.get(name, 0.0) for name in names) / whole)

    advice = []
    stage = max(stages, key=stages.get, default='read')
    masks_in_python = any('mask' in name for name in seen.python_ops)
    if masks_in_python:
        advice.append(('--mask=tf, which needs no Python', saved('python')))
    elif stage == 'python':
        advice.append(('Write the py_function in tensor ops', saved('python')))
    if seen.decodes_frames and (stage in ('decode', 'mask', 'crop') or masks_in_python):
        parts = ['decode', 'mask', 'crop'] + ['python'] * masks_in_python
        advice.append(('--look=grid, which decodes the window alone, if the set has leaf grids; '
                       '--look=glance if not', saved(*parts)))
    if stage == 'resize':
        advice.append(('A crop instead of resizing whole frames, --crop=array', saved('resize')))
    return advice or [
        ('More cores, or prepared data kept in memory with Dataset.cache', wait)]

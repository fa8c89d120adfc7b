"""Writes a review as text for people."""

from dualstream.traces.review import Review
from dualstream.traces.split import PARTS

_LONGEST_NAME = 60


def in_words(seen: Review) -> str:
    """Writes a review as text, the verdict first.

    Args:
      seen: of one trace.
    """
    of_device = f' of {seen.device}' * bool(seen.device)
    lines = [seen.verdict, '', f'{seen.steps} {seen.steps_are} of {seen.step_ms:.2f} ms:',
             *_rows([(PARTS[part], time) for part, time in seen.split_ms.items()], seen.step_ms)]
    if len(seen.busy) > 1:
        lines += ['', f'The accelerators computed, a step; the split above is that{of_device}:',
                  *_rows([(name, share * seen.step_ms) for name, share in seen.busy.items()],
                         seen.step_ms)]
    input_total = sum(seen.input_ms.values())
    if input_total:
        ordered = sorted(seen.input_ms.items(), key=lambda pair: -pair[1])
        lines += ['', f"tf.data's threads, {input_total:.2f} ms a step, all together:",
                  *_rows(ordered, input_total)]
    threads = of_device or ', all threads together'
    if seen.network_ms:
        lines += ['', f"The network's ops{of_device}, forward and gradient"
                  f'{"" if of_device else ", all threads together"}:',
                  *_rows(list(seen.network_ms.items()), sum(seen.network_ms.values()))]
    lines += ['', 'Where ops ran, a step:',
              *(f'  {time:9.2f} ms  {device}' for device, time in seen.ran_on.items())]
    if seen.top_ops:
        lines += ['', f"The step's longest ops{threads}:",
                  *(f'  {time:9.2f} ms  {_shortened(kind)}' for kind, time in seen.top_ops)]
    lines += ['', f'Traced {seen.traced} functions and compiled {seen.compiled} programs during '
              'the steps.']
    lines += _rates(seen)
    lines += [f'Warning: {warning}' for warning in seen.warnings]
    lines += [f'Try: {advice}' for advice in seen.advice]
    return '\n'.join(lines)


def compare_in_words(before: Review, after: Review) -> str:
    """Compares two reviews as text, the greatest change first.

    Args:
      before, after: reviews of the same training before and after a change.
    """
    ratio = before.step_ms / after.step_ms
    word = 'faster' if ratio >= 1 else 'slower'
    changes = [(f'{PARTS[part]}', before.split_ms[part], after.split_ms[part]) for part in PARTS]
    changes += [(f'input: {stage}', before.input_ms.get(stage, 0.0), after.input_ms.get(stage, 0.0))
                for stage in dict.fromkeys([*before.input_ms, *after.input_ms])]
    changes += [(f'ops on {device}', before.ran_on.get(device, 0.0), after.ran_on.get(device, 0.0))
                for device in dict.fromkeys([*before.ran_on, *after.ran_on])]
    changes.sort(key=lambda change: -abs(change[2] - change[1]))
    return '\n'.join([
        f'{max(ratio, 1 / ratio):.2f}x {word}: {before.step_ms:.2f} ms a step before, '
        f'{after.step_ms:.2f} ms after.', '', f'Before: {before.verdict}',
        f'After:  {after.verdict}', '',
        *(f'  {one:9.2f} -> {other:9.2f} ms  {what}' for what, one, other in changes
          if max(one, other) >= 0.005)])


def _rates(seen: Review) -> list[str]:
    said = []
    if seen.memory_peak_mb is not None:
        said.append(f'Tensors took {seen.memory_peak_mb:.0f} MB at most.')
    if seen.images_per_second is not None:
        said.append(f'{seen.images_per_second:.1f} images/s.')
    if seen.share_of_peak is not None:
        said.append(f'{seen.gflops:.1f} GFLOP/s of arithmetic, {seen.share_of_peak:.1%} of what a '
                    'large matrix product reaches here.')
    if seen.busy_share_of_peak is not None:
        said.append(f'While they ran, ops of XLA reached {seen.busy_share_of_peak:.0%} of the '
                    f'accelerator\'s peak arithmetic and {seen.busy_share_of_bandwidth:.0%} of its '
                    "memory's bandwidth.")
    return [' '.join(said)] if said else []


def _rows(times: list[tuple[str, float]], of: float) -> list[str]:
    return [f'  {time:9.2f} ms  {time / of:6.1%}  {name}' for name, time in times
            if time >= 0.001 * of]


def _shortened(name: str) -> str:
    """A kernel's name may hold all its template's arguments."""
    return name if len(name) <= _LONGEST_NAME else f'{name[:_LONGEST_NAME - 3]}...'

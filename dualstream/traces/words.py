"""Writes a review for people: as text, and as one HTML page that needs no other file."""

import html
import io

import matplotlib.figure

from dualstream.traces.review import Review
from dualstream.traces.split import PARTS

COLORS = {'compile': 'firebrick', 'input': 'darkorange', 'communication': 'mediumpurple',
          'device': 'darkgreen', 'compute': 'seagreen', 'lock': 'gold', 'python': 'lightsteelblue'}
"""Of the parts of a step, in all plots."""


def in_words(seen: Review) -> str:
    """Writes a review as text, the verdict first.

    Args:
      seen: of one trace.
    """
    input_total = sum(seen.input_ms.values())
    lines = [seen.verdict, '', f'{seen.steps} steps of {seen.step_ms:.2f} ms:',
             *_rows([(PARTS[part], time) for part, time in seen.split_ms.items()], seen.step_ms)]
    if input_total:
        ordered = sorted(seen.input_ms.items(), key=lambda pair: -pair[1])
        lines += ['', f"tf.data's threads, {input_total:.2f} ms a step, all together:",
                  *_rows(ordered, input_total)]
    if seen.network_ms:
        lines += ['', "The network's ops, forward and gradient, all threads together:",
                  *_rows(list(seen.network_ms.items()), sum(seen.network_ms.values()))]
    lines += ['', 'Where ops ran, a step:',
              *(f'  {time:9.2f} ms  {device}' for device, time in seen.ran_on.items())]
    if seen.top_ops:
        lines += ['', "The step's longest ops, all threads together:",
                  *(f'  {time:9.2f} ms  {kind}' for kind, time in seen.top_ops)]
    lines += ['', f'Traced {seen.traced} functions and compiled {seen.compiled} programs during '
              'the steps.']
    lines += _rates(seen)
    lines += [f'Warning: {warning}' for warning in seen.warnings]
    lines += [f'Try: {advice}' for advice in seen.advice]
    return '\n'.join(lines)


def comparison(before: Review, after: Review) -> str:
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


def as_html(seen: Review, title: str) -> str:
    """Writes a review as one self-contained HTML page with plots.

    Args:
      seen: of one trace.
      title: of the page.
    """
    picture = io.StringIO()
    _figure(seen).savefig(picture, format='svg')
    svg = picture.getvalue()
    return f'''<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>body {{ font-family: sans-serif; max-width: 60em; margin: 2em auto; }}
pre {{ background: #f5f5f5; padding: 1em; overflow-x: auto; }}</style></head>
<body><h1>{html.escape(seen.verdict)}</h1><p>{html.escape(title)}</p>
{svg[svg.index("<svg"):]}
<pre>{html.escape(in_words(seen))}</pre></body></html>
'''


def _figure(seen: Review) -> matplotlib.figure.Figure:
    figure = matplotlib.figure.Figure(figsize=(9, 4.5), layout='constrained')
    step, stages = figure.subplots(2, 1, height_ratios=(1, 2.5))
    left = 0.0
    for part, time in seen.split_ms.items():
        if time >= 0.001 * seen.step_ms:
            step.barh('step', time, left=left, color=COLORS[part], label=PARTS[part])
            left += time
    step.set_xlabel('ms of the mean step')
    step.legend(loc='lower center', bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8, frameon=False)
    ordered = sorted(seen.input_ms.items(), key=lambda pair: -pair[1])
    stages.barh([stage for stage, _ in ordered], [time for _, time in ordered], color='darkorange')
    stages.set_xlabel("ms a step of tf.data's threads, all together")
    stages.invert_yaxis()
    return figure


def _rates(seen: Review) -> list[str]:
    said = []
    if seen.memory_peak_mb is not None:
        said.append(f'Tensors took {seen.memory_peak_mb:.0f} MB at most.')
    if seen.images_per_second is not None:
        said.append(f'{seen.images_per_second:.1f} images/s.')
    if seen.share_of_peak is not None:
        said.append(f'{seen.gflops:.1f} GFLOP/s of arithmetic, {seen.share_of_peak:.1%} of what a '
                    'large matrix product reaches here.')
    return [' '.join(said)] if said else []


def _rows(times: list[tuple[str, float]], of: float) -> list[str]:
    return [f'  {time:9.2f} ms  {time / of:6.1%}  {name}' for name, time in times
            if time >= 0.001 * of]

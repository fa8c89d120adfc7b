"""Writes a review as one HTML page that needs no other file."""

import html
import io

import matplotlib.figure

from dualstream.traces.review import Review
from dualstream.traces.split import PARTS
from dualstream.traces.words import in_words

COLORS = {'device': 'darkgreen', 'communication': 'mediumpurple', 'copies': 'plum',
          'transfer': 'saddlebrown', 'compile': 'firebrick', 'input': 'darkorange',
          'compute': 'seagreen', 'lock': 'gold', 'launch': 'steelblue', 'python': 'lightsteelblue'}
"""Of the parts of a step, in all plots."""


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

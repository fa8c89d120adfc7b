"""Splits the network's time by part: the streams, the merges, and the rest.

The name of an op contains that of its layer, also in the gradient, and a layer's name contains that
of its part.
"""

import collections
import re
from collections.abc import Iterable

PARTS = {
    'merges': re.compile(r'/(\w+_merged|pfc|skip_to)(_|/)'),
    'gray stream': re.compile(r'/(lgn_magno|v1_magno|v2_thick|mt|sts)(_|/)'),
    'HSV stream': re.compile(r'/(retina_parvo|lgn_parvo|v1_parvo|v2_thin|v4|it)(_|/)'),
    'head': re.compile(r'/(pool|dropout|logits|probabilities)(_|/)'),
    'optimizer': re.compile(r'(^|/)(adam_?w?|sgd|adafactor|lion|muon)(_\d+)?/', re.IGNORECASE),
    'loss and metrics': re.compile(r'(^|/)(compile_)?(loss|metrics|accuracy)|crossentropy'),
}
"""In this order: an op belongs to the first part whose pattern matches."""


def part_of(name: str) -> str | None:
    """Finds the part of the network that an op belongs to by its name; None if it has none.

    Args:
      name: of an op, with its layer's, as the profiler records it.

    Example:
      >>> part_of('dual_stream_nano/v4_1/convolution')
      'HSV stream'
    """
    return next((part for part, pattern in PARTS.items() if pattern.search(name)), None)


def sum_parts(ops: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Sums the times of each part's ops, forward and gradient.

    Empty where no op belongs to a stream: the trace is not of this package's network.

    Args:
      ops: (name or scope of an op, its time), in any order.

    Example:
      >>> sum_parts([('model/v4_conv/Conv2D', 3.0), ('model/v4_1/Relu', 1.0), ('AddN', 1.0)])
      {'HSV stream': 4.0, 'other': 1.0}
    """
    times = collections.Counter()
    for name, time in ops:
        times[part_of(name) or 'other'] += time
    if not {'gray stream', 'HSV stream'} & set(times):
        return {}
    return dict(times.most_common())

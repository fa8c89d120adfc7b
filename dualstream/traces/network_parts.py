"""Where the network's time goes: to which stream, to the merges, or to what is around them.

Every op's name holds its layer's, in the gradient too; the layers are named after what they are in.
"""

import collections
import re
from collections.abc import Iterable

from dualstream.traces.read import Event

PARTS = {
    'merges': re.compile(r'/(\w+_merged|pfc|skip_to)(_|/)'),
    'gray stream': re.compile(r'/(lgn_magno|v1_magno|v2_thick|mt|sts)(_|/)'),
    'HSV stream': re.compile(r'/(retina_parvo|lgn_parvo|v1_parvo|v2_thin|v4|it)(_|/)'),
    'head': re.compile(r'/(pool|dropout|logits|probabilities)(_|/)'),
    'optimizer': re.compile(r'(^|/)(adam_?w?|sgd|adafactor|lion|muon)(_\d+)?/', re.IGNORECASE),
    'loss and metrics': re.compile(r'(^|/)(compile_)?(loss|metrics|accuracy)|crossentropy'),
}
"""In the order in which they claim an op."""


def part_of(name: str) -> str | None:
    """The part of the network that an op belongs to by its name; None for one of no part."""
    return next((part for part, pattern in PARTS.items() if pattern.search(name)), None)


def network_times(ops: Iterable[Event]) -> dict[str, float]:
    """Microseconds of the ops of each part, of all threads together, forward and gradient.

    Empty where no op is of a stream: the trace is not of this package's network.
    """
    times = collections.Counter()
    for op in ops:
        times[part_of(op.name) or 'other'] += op.duration
    if not {'gray stream', 'HSV stream'} & set(times):
        return {}
    return dict(times.most_common())

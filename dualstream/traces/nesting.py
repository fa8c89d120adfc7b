"""Takes apart events that lie inside each other, as calls do on one thread."""

from collections.abc import Iterator, Sequence

from dualstream.traces.event import Event
from dualstream.traces.spans import Spans


def own_spans(events: Sequence[Event]) -> Iterator[tuple[Event, tuple[Event, ...], Spans]]:
    """Yields each event with the events around it, outermost first, and its own moments.

    An event's own moments are those in which no event inside it runs.

    Args:
      events: of one line, by their start, an outer event before those inside it.

    Example:
      >>> loop, op = Event('while', 0, 9, 'XLA Ops'), Event('fusion', 2, 5, 'XLA Ops')
      >>> [(event.name, own) for event, _, own in own_spans([loop, op])]
      [('fusion', [(2, 5)]), ('while', [(0, 2), (5, 9)])]
    """
    around: list[list] = []  # [event, where its next own moment starts, own moments]

    def close():
        event, begin, own = around.pop()
        if begin < event.end:
            own.append((begin, event.end))
        return event, tuple(outer[0] for outer in around), own

    for event in events:
        while around and around[-1][0].end <= event.start:
            yield close()
        if around:
            outer = around[-1]
            if outer[1] < event.start:
                outer[2].append((outer[1], event.start))
            outer[1] = max(outer[1], event.end)
        around.append([event, event.start, []])
    while around:
        yield close()

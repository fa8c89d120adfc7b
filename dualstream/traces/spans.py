"""Arithmetic of time spans: sorted lists of (start, end) that do not touch."""

import bisect
import operator
from collections.abc import Iterable

Spans = list[tuple[float, float]]


def union(spans: Iterable[tuple[float, float]]) -> Spans:
    """Merges spans: what at least one of them covers.

    Args:
      spans: (start, end), in any order, overlapping or not.

    Example:
      >>> union([(3, 5), (0, 1), (4, 6)])
      [(0, 1), (3, 6)]
    """
    merged: Spans = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def intersection(one: Spans, other: Spans) -> Spans:
    """Intersects two sets of spans: what both cover.

    A few spans are found quickly among many.

    Example:
      >>> intersection([(0, 4), (6, 9)], [(3, 7)])
      [(3, 4), (6, 7)]
    """
    if not one or not other:
        return []
    both, first, second = [], _reaching(one, other[0][0]), _reaching(other, one[0][0])
    while first < len(one) and second < len(other):
        start = max(one[first][0], other[second][0])
        end = min(one[first][1], other[second][1])
        if start < end:
            both.append((start, end))
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return both


def _reaching(spans: Spans, time: float) -> int:
    """The number of the last span that starts by a time; of the first if none does."""
    return max(0, bisect.bisect_right(spans, time, key=operator.itemgetter(0)) - 1)


def difference(one: Spans, other: Spans) -> Spans:
    """Subtracts spans: what the first set covers and the other does not.

    Example:
      >>> difference([(0, 4), (6, 9)], [(3, 7)])
      [(0, 3), (7, 9)]
    """
    infinity = float('inf')
    edges = [-infinity, *(edge for span in other for edge in span), infinity]
    return intersection(one, [gap for gap in zip(edges[::2], edges[1::2]) if gap[0] < gap[1]])


def total(spans: Spans) -> float:
    """Sums the lengths of spans.

    Example:
      >>> total([(0, 3), (7, 9)])
      5
    """
    return sum(end - start for start, end in spans)

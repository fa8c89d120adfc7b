"""Sets of moments, against sets of whole numbers."""

from hypothesis import given
from hypothesis import strategies as st

from dualstream.traces import spans

some_spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
    lambda pair: tuple(sorted(pair))), max_size=8)


def moments(of):
    return {moment for start, end in of for moment in range(start, end)}


@given(some_spans, some_spans)
def test_they_are_sets(one, other):
    one_merged, other_merged = spans.union(one), spans.union(other)
    assert moments(one_merged) == moments(one)
    assert all(before[1] < after[0] for before, after in zip(one_merged, one_merged[1:]))
    both = spans.intersection(one_merged, other_merged)
    assert moments(both) == moments(one) & moments(other)
    assert moments(spans.difference(one_merged, other_merged)) == moments(one) - moments(other)
    assert spans.total(both) == len(moments(one) & moments(other))


class Counted(list):
    """A list that counts how often its elements are read."""

    reads = 0

    def __getitem__(self, place):
        self.reads += 1
        return super().__getitem__(place)


def test_a_few_spans_are_found_among_many_without_reading_all():
    many = Counted((2 * number, 2 * number + 1) for number in range(100_000))
    assert spans.intersection([(150_000, 150_003)], many) == [
        (150_000, 150_001), (150_002, 150_003)]
    assert 0 < many.reads < 100

"""Counts over time: bounded, and nothing gets lost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.analysis.histogram import MOST_SPANS, Histogram, OverTime

NOON = datetime(2026, 8, 21, 12, tzinfo=UTC)
SECOND_US = 1_000_000


def test_spans_are_as_short_as_they_can_be() -> None:
    """Here of ten seconds: from 12:00:03 to 12:03:41 there are 22 of them."""
    histogram = Histogram()
    for seconds, count in ((3, 1), (12, 2), (14, 1), (221, 5)):
        histogram.add("a", NOON + timedelta(seconds=seconds), None, count)

    assert histogram.over_time("a") == OverTime(NOON, None, 10, (1, 3, *[0] * 20, 5), 0)


def test_all_things_have_the_same_spans() -> None:
    """So that one can be held against the other."""
    histogram = Histogram()
    histogram.add("a", None, 60 * SECOND_US, 1)
    histogram.add("b", None, 62 * SECOND_US, 7)

    assert histogram.over_time("a") == OverTime(None, 60, 1, (1, 0, 0), 0)
    assert histogram.over_time("b") == OverTime(None, 60, 1, (0, 0, 7), 0)


def test_what_has_no_time_is_counted_beside() -> None:
    """Nor has an uptime a place among dates."""
    histogram = Histogram()
    histogram.add("a", NOON, None, 1)
    histogram.add("a", None, 60 * SECOND_US, 2)
    histogram.add("a", None, None, 4)

    assert histogram.over_time("a") == OverTime(NOON, None, 1, (1,), 6)


def test_nothing_has_a_time() -> None:
    """Then there are no spans."""
    histogram = Histogram()
    histogram.add("a", None, None, 4)

    assert histogram.over_time("a").counts == ()
    assert histogram.over_time("a").untimed == 4


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(-(10**9), 10**10), st.integers(1, 99)),
        min_size=1,
    )
)
def test_nothing_is_lost_and_no_span_is_too_many(added: list[tuple[str, int, int]]) -> None:
    """At any times in any order; each is counted in the span that it is in."""
    histogram = Histogram()
    for what, second, count in added:
        histogram.add(what, None, second * SECOND_US, count)

    for what in "abc":
        found = histogram.over_time(what)
        assert len(found.counts) <= MOST_SPANS
        assert found.uptime_s is not None
        for place, count in enumerate(found.counts):
            begin = found.uptime_s + place * found.span_s
            within = (n for w, s, n in added if w == what and begin <= s < begin + found.span_s)
            assert sum(within) == count
        assert sum(found.counts) == sum(n for w, _, n in added if w == what)

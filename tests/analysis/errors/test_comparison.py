"""What became of each kind of error from one log to another."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.records import error, group_errors, read_log
from vexfsctl.analysis.errors.comparison import Change, Counts, compare
from vexfsctl.analysis.errors.groups import GroupKey, Sighting

HOUR_S = 3600.0
BY_OPERATION = (GroupKey.OPERATION,)
OPERATIONS = ("storage", "sync", "file", "inode")


def counts(numbers: Iterable[int], observed_s: float | None = HOUR_S) -> Counts:
    """Return so many errors of each of the operations, in a log of that length."""
    lines = [
        (1.0, error(0x2A, op=operation))
        for operation, number in zip(OPERATIONS, numbers, strict=False)
        for _ in range(number)
    ]
    log = read_log(*lines)
    groups = group_errors([Sighting(entry, None, False) for entry in log], BY_OPERATION)
    return Counts(groups, observed_s)


def changes(before: Counts, after: Counts) -> list[tuple[str, str | None, int, int]]:
    """Return what changed, of which operation, from how many to how many."""
    return [
        (str(each.change), each.group.operation, each.before, each.after)
        for each in compare(before, after, BY_OPERATION)
    ]


def test_what_is_worse_comes_first() -> None:
    """New, then more, then the rest; what could be chance is last."""
    assert changes(counts((100, 0, 100, 40)), counts((300, 2, 20, 45))) == [
        ("new", "sync", 0, 2),
        ("more", "storage", 100, 300),
        ("fewer", "file", 100, 20),
        ("same", "inode", 40, 45),
    ]


def test_a_longer_log_has_more_errors() -> None:
    """It is the rate that counts: ten times as many in ten times the time are no change."""
    longer = compare(counts((30,)), counts((300,), 10 * HOUR_S), BY_OPERATION)
    shorter = compare(counts((30,)), counts((300,), HOUR_S), BY_OPERATION)

    assert [each.change for each in longer] == [Change.SAME]
    assert [(each.before_per_hour, each.after_per_hour) for each in longer] == [(30.0, 30.0)]
    assert [each.change for each in shorter] == [Change.MORE]


@pytest.mark.parametrize("length", [None, 0.0])
def test_without_a_length_there_is_no_rate(length: float | None) -> None:
    """What is in both may be more or less: nobody knows. New and gone are certain."""
    assert changes(counts((3, 0, 5)), counts((300, 1), length)) == [
        ("new", "sync", 0, 1),
        ("unknown", "storage", 3, 300),
        ("gone", "file", 5, 0),
    ]


def test_more_kinds_need_more_evidence() -> None:
    """One of four that would be significant alone may be chance."""
    alone = compare(counts((6,)), counts((18,)), BY_OPERATION)
    among_others = compare(counts((6, 9, 9, 9)), counts((18, 9, 9, 9)), BY_OPERATION)

    assert [each.change for each in alone] == [Change.MORE]
    assert {each.change for each in among_others} == {Change.SAME}


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.lists(st.integers(0, 9), max_size=4))
def test_every_error_is_in_one_kind(before: list[int], after: list[int]) -> None:
    """And the same two logs the other way round say the opposite."""
    opposite = {Change.NEW: Change.GONE, Change.MORE: Change.FEWER}
    opposite |= {change: original for original, change in opposite.items()}
    older, newer = counts(before), counts(after)
    forward = compare(older, newer, BY_OPERATION)
    back = {each.group.operation: each for each in compare(newer, older, BY_OPERATION)}

    assert sum(each.before for each in forward) == sum(before)
    assert sum(each.after for each in forward) == sum(after)
    for each in forward:
        other = back[each.group.operation]
        assert other.change is opposite.get(each.change, each.change)
        assert (other.before, other.after) == (each.after, each.before)

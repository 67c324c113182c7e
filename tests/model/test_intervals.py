"""Numbers kept as intervals."""

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.model.intervals import Intervals


@given(st.lists(st.integers(0, 30)))
def test_it_is_a_set(numbers: list[int]) -> None:
    """It has what was added, in whatever order and however often."""
    intervals = Intervals()
    for number in numbers:
        intervals.add(number)

    assert [each for each in range(-1, 32) if each in intervals] == sorted(set(numbers))
    assert "1" not in intervals


@given(st.lists(st.lists(st.integers(0, 30), unique=True)), st.lists(st.integers(0, 31)))
def test_many_can_be_added_at_once(parts: list[list[int]], asked: list[int]) -> None:
    """Numbers that rise, with gaps or without, are added as one by one."""
    intervals = Intervals()
    for part in parts:
        intervals.add_sorted(sorted(part))

    known = {number for part in parts for number in part}
    assert [each for each in range(-1, 32) if each in intervals] == sorted(known)
    assert intervals.isdisjoint(asked) == known.isdisjoint(asked)

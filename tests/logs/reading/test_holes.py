"""Missing records: which, how many, and whether they matter for the window asked."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.reading.holes import Hole, HoleFinder, gaps_since
from vexfsctl.model.coverage import Gap
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread


def numbered(sequence: int | None, uptime_us: int | None = None) -> LogRecord:
    """Return a record of which only number and time matter."""
    return LogRecord("text", "kmsg", uptime_us, sequence=sequence)


def holes(items: Sequence[LogRecord | Unread]) -> tuple[Hole, ...]:
    """Return what is missing among the items."""
    finder = HoleFinder()
    for item in items:
        finder.observe(item)
    return finder.holes


def test_a_whole_log_has_no_hole() -> None:
    """From number 0 on without a jump nothing is missing."""
    assert holes([numbered(0), numbered(1), numbered(2)]) == ()


def test_a_jump_tells_how_many_were_lost() -> None:
    """Overwritten records are counted by their numbers and placed before the next record."""
    assert holes([numbered(0, 10), numbered(1, 20), numbered(9, 90)]) == (
        Hole("overrun", 7, until_us=90),
    )


def test_a_log_that_begins_in_the_middle_starts_late() -> None:
    """The first number is how many records went before it."""
    assert holes([numbered(400, 5_000_000)]) == (Hole("starts_late", 400, until_us=5_000_000),)


def test_text_without_numbers_starts_late_after_boot() -> None:
    """dmesg text that does not begin with the boot may lack anything before."""
    assert holes([numbered(None, 5_000_000)]) == (Hole("starts_late", None, until_us=5_000_000),)
    assert holes([numbered(None, 0), numbered(None, 7)]) == ()


def test_a_sequence_that_begins_anew_lost_nothing() -> None:
    """A new epoch, or a new boot, counts from 0 again."""
    assert holes([numbered(0), numbered(1), numbered(0), numbered(1)]) == ()


def test_torn_lines_are_one_hole_until_the_next_record() -> None:
    """Rubbish in a row is one hole, at the end of the log too."""
    assert holes([numbered(0, 1), Unread.TORN, Unread.TORN, numbered(1, 2), Unread.TORN]) == (
        Hole("torn", 2, until_us=2),
        Hole("torn", 1),
    )


def test_a_gap_counts_only_for_the_window_it_reaches_into() -> None:
    """A ring buffer that begins after boot is no gap for the last hour that it covers."""
    missing = (
        Hole("starts_late", 400, until_us=100),
        Hole("overrun", 3, until_us=200),
        Hole("overrun", 4, until_us=300),
        Hole("torn", 1),
    )

    assert gaps_since("kmsg", missing) == (
        Gap("kmsg", "starts_late", 400),
        Gap("kmsg", "overrun", 7),
        Gap("kmsg", "torn", 1),
    )
    assert gaps_since("kmsg", missing, since_us=250) == (
        Gap("kmsg", "overrun", 4),
        Gap("kmsg", "torn", 1),
    )


def test_an_unknown_loss_makes_the_sum_unknown() -> None:
    """None is not taken for nothing."""
    assert gaps_since("a", [Hole("overrun", 3), Hole("overrun", None)]) == (
        Gap("a", "overrun", None),
    )


@given(st.sets(st.integers(0, 200), min_size=1))
def test_every_missing_number_is_counted(present: set[int]) -> None:
    """Whatever was dropped from a sequence: records and losses add up to its last number."""
    found = holes([numbered(number, number) for number in sorted(present)])

    assert sum(hole.lost or 0 for hole in found) + len(present) == max(present) + 1


@given(st.lists(st.tuples(st.sampled_from((None, 1, 3)), st.integers(0, 50))), st.integers(-1, 60))
def test_joined_holes_are_the_same_gaps(steps: list[tuple[int | None, int]], since_us: int) -> None:
    """However often they are joined, for the uptime that they were joined for."""
    whole, joined = HoleFinder(), HoleFinder()
    sequence = 0
    for step, uptime_us in steps:
        sequence += step or 0
        item = Unread.TORN if step is None else numbered(sequence, uptime_us)
        whole.observe(item)
        joined.observe(item)
        joined.join(since_us)

        assert gaps_since("log", joined.holes, since_us) == gaps_since("log", whole.holes, since_us)
    assert len(joined.holes) <= 5

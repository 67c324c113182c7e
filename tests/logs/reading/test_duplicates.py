"""What several sources have is shown once."""

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.logs.reading.duplicates import Shown
from vexfsctl.logs.sources.reader import LogHost, read_sources
from vexfsctl.model.record import LogRecord


def test_the_same_log_in_two_forms_is_shown_once(tmp_path: Path) -> None:
    """One saved from /dev/kmsg and one from dmesg; each may know more than the other."""
    kmsg, dmesg = tmp_path / "saved.kmsg", tmp_path / "saved.dmesg"
    kmsg.write_text("3,7,1000000,-;VexFS: one\n3,8,2000000,-;VexFS: two\n")
    dmesg.write_text("[    1.000000] VexFS: one\n[    3.000000] VexFS: three\n")

    reading = read_sources([str(kmsg), str(dmesg)], LogHost())

    assert [record.text for record in reading] == ["VexFS: one", "VexFS: two", "VexFS: three"]
    assert [record.text for record in reading] == ["VexFS: one", "VexFS: two", "VexFS: three"]


def test_two_equal_lines_of_one_source_stay_two(tmp_path: Path) -> None:
    """Whether the other source has them once or twice."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("[    1.000000] VexFS: again\n" * 2)
    other.write_text("[    1.000000] VexFS: again\n")

    assert len([*read_sources([str(one), str(other)], LogHost())]) == 2
    assert len([*read_sources([str(other), str(one)], LogHost())]) == 2


def test_other_boots_and_other_numbers_are_other_records() -> None:
    """Two boots may say the same at the same time."""
    first = LogRecord("a", "x", 5, sequence=1, boot_id="1" * 32)
    boot = LogRecord("a", "y", 5, sequence=1, boot_id="2" * 32)
    number = LogRecord("a", "z", 5, sequence=2, boot_id="1" * 32)

    assert [*Shown().take([(0, first), (1, boot), (2, number)])] == [first, boot, number]


def test_what_another_wrote_hides_nothing_of_the_kernel() -> None:
    """Whoever forges a record may know its time; where a source says no writer, it may be equal."""
    forged = LogRecord("a", "x", 5, facility=1)
    found = LogRecord("a", "y", 5, loose=True)
    true, plain = LogRecord("a", "z", 5, facility=0), LogRecord("a", "v", 5)

    records = [(0, forged), (1, found), (2, true), (3, plain)]
    assert [*Shown().take(records)] == [forged, found, true]


def test_syslog_files_have_no_uptime() -> None:
    """Then the time of day has to do; without any, nothing is known to be the same."""
    dated = LogRecord("a", "x", wall_time_s=7.0)
    undated = LogRecord("a", "x")

    records = [(0, dated), (1, dated), (0, undated), (1, undated)]
    assert [*Shown().take(records)] == [dated, undated, undated]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3))))
def test_each_record_is_shown_as_often_as_one_source_has_it(placed: list[tuple[int, int]]) -> None:
    """The largest count of any source, in whatever order they come."""
    shown = Counter(
        record.text
        for record in Shown().take(
            (source, LogRecord(str(word), "x", 1)) for source, word in placed
        )
    )

    for word in range(4):
        counts = Counter(source for source, each in placed if each == word)
        assert shown[str(word)] == max(counts.values(), default=0)


def test_what_was_shown_is_known_later() -> None:
    """A source may have a record long after another: the latest are remembered."""
    shown = Shown()
    old, new = LogRecord("old", "x", 1), LogRecord("new", "x", 2)
    assert [*shown.take([(0, old), (0, new)])] == [old, new]

    shown.forget_older(1)

    assert [*shown.take([(1, old), (1, new)])] == [old]

"""Which lines of the kernel belong to an incident: of its time, of before, or beside it."""

from collections.abc import Iterable, Sequence

from tests.analysis.records import Line, error, read_log
from vexfsctl.analysis.incident.incidents import build_incidents, find_occurrences
from vexfsctl.analysis.incident.kernel_lines import find_vicinity
from vexfsctl.analysis.incident.near_lines import (
    BESIDE,
    CLOSE_AFTER,
    CLOSE_BEFORE,
    MOST_FARTHER,
    find_near_lines,
)
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.record import LogRecord

OFFLINE = "sd 0:0:0:0: Device offlined - not ready after error recovery"
BLOCK = "blk_update_request: I/O error, dev sda, sector {}"
EXT4 = "EXT4-fs error (device sda2): __ext4_find_entry:1612: inode #2: comm ls: reading directory"


def near(entries: Sequence[LogEntry], devices: Iterable[str] | None = None) -> list[str]:
    """Return the texts of the lines that belong to the only incident of *entries*."""
    (incident,) = build_incidents(find_occurrences(entries))
    named = None if devices is None else tuple(devices)
    found = find_near_lines(entries, incident.occurrences, find_vicinity(incident), named)
    return [entries[place].record.text for place in sorted(found)]


def near_in(*lines: Line, devices: Iterable[str] | None = None) -> list[str]:
    """Return the same of a log with *lines* and an error at 200 s."""
    return near(read_log(*sorted((*lines, (200.0, error(0x2A))))), devices)


def bare(*texts: str) -> tuple[LogEntry, ...]:
    """Return the entries of a log without times."""
    return tuple(interpret_records(LogRecord(text, "log") for text in texts))


def test_trouble_of_minutes_before_counts_where_nothing_else_tells_the_cause() -> None:
    """A device that went offline stays so; its filesystem only says that it does."""
    assert near_in((80.0, OFFLINE)) == [OFFLINE]
    assert near_in((80.0, OFFLINE), (199.999, EXT4)) == [OFFLINE, EXT4]
    assert near_in((80.0, OFFLINE), (199.999, BLOCK.format(8))) == [BLOCK.format(8)]


def test_what_was_too_long_ago_or_no_trouble_or_elsewhere_does_not() -> None:
    """Three minutes are enough for all that the kernel tries again."""
    corrected = "md/raid1:md0: read error corrected (8 sectors at 4096 on sda)"

    assert near_in((19.0, OFFLINE)) == []
    assert near_in((80.0, corrected)) == []
    assert near_in((80.0, OFFLINE), devices=("sdb",)) == []


def test_few_lines_of_before_are_kept_of_each_device() -> None:
    """The latest: a disk may complain a thousand times in a minute."""
    lines = [(100.0 + n / 100, BLOCK.format(n)) for n in range(1_000)]

    assert near_in(*lines, (90.0, OFFLINE)) == [
        OFFLINE,
        *(BLOCK.format(n) for n in range(1_000 - MOST_FARTHER, 1_000)),
    ]


def test_a_refused_call_has_no_trouble_of_before() -> None:
    """No device was asked."""
    refused = "VexFS: [CORR-000000000000002A] rejected vol=loop0 op=storage call=read"

    assert near(read_log((80.0, OFFLINE), (200.0, f"{refused} retry_after_ms=9"))) == []


def test_without_times_the_lines_beside_it_belong_to_it() -> None:
    """A few before and after, and those between its records."""
    before = [BLOCK.format(n) for n in range(100)]
    after = [BLOCK.format(n) for n in range(200, 300)]
    entries = bare(*before, error(0x2A), EXT4, error(0x2A, 2), *after)

    assert near(entries) == [*before[-CLOSE_BEFORE:], EXT4, *after[:CLOSE_AFTER]]
    assert near(bare(*before, *([EXT4] * CLOSE_BEFORE), error(0x2A), *after[:2])) == [
        *([EXT4] * CLOSE_BEFORE),
        *after[:2],
    ]


def test_without_times_a_few_lines_more_count_if_none_beside_it_tells_the_cause() -> None:
    """The filesystem complains often of what the disk said once."""
    complaints = [EXT4] * (BESIDE - 1)

    assert near(bare(BLOCK.format(8), *complaints, error(0x2A))) == [BLOCK.format(8), *complaints]
    assert near(bare(BLOCK.format(8), EXT4, *complaints, error(0x2A))) == [EXT4, *complaints]
    assert near(bare(error(0x2A), *complaints, BLOCK.format(8))) == [*complaints, BLOCK.format(8)]
    assert near(bare(BLOCK.format(8), EXT4, error(0x2A)), ("sda2",)) == [EXT4]

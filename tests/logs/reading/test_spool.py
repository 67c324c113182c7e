"""Records that are read more than once, however many."""

from pathlib import Path

import pytest

from vexfsctl.logs.reading.spool import Lines, Spool
from vexfsctl.model.record import LogRecord

COUNTS = (2, 0, 1_000, 15_000)
FULL = LogRecord(
    *("a\nb \udcff ä \0", "kmsg", 2**63, 7, 3, 0, "0123", 1.5, "h", (("DEVICE", "b7:0"), ("", "=")))
)


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 20_000])
def test_records_come_back_as_often_as_asked_for(count: int) -> None:
    """Whole and in their order, from memory and from the file that holds what it does not."""
    placed = [((at, at / 2), LogRecord(f"{at:0400}", "log", at)) for at in range(count)]
    placed.append(((0, 0.0), FULL))
    spool = Spool()
    start = spool.mark()
    for position, record in placed:
        spool.append(position, record)
    end = spool.mark()

    assert list(spool.read(start, end)) == placed
    assert list(spool.read(start, end)) == placed
    assert spool.count(start, end) == count + 1


def test_sections_are_apart() -> None:
    """What was added between two marks is read between them, though more is added later."""
    spool = Spool()
    marks = [spool.mark()]
    for count in COUNTS:
        for at in range(count):
            spool.append((at, 0.0), LogRecord(f"{at:0400}", str(count), at))
        marks.append(spool.mark())

    for start, end, count in zip(marks[:-1], marks[1:], COUNTS, strict=True):
        kept = [each for each in spool.read(start, end) if isinstance(each, tuple)]
        records = [each[1] for each in kept if not isinstance(each, Lines)]
        assert [record.uptime_us for record in records] == list(range(count))
        assert {record.source for record in records} <= {str(count)}
        assert spool.count(start, end) == count


def test_a_full_disk_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be what the log tells of: then memory has to do."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    placed = [((at, 0.0), LogRecord(f"{at:0400}", "log", at)) for at in range(30_000)]
    spool = Spool()
    for position, record in placed:
        spool.append(position, record)

    assert list(spool.read(0, spool.mark())) == placed

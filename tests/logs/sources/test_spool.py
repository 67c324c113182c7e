"""Records that are read more than once, however many."""

from pathlib import Path

import pytest

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.sources.spool import Spool
from vexfsctl.model.record import LogRecord

FULL = LogRecord(
    *("a\nb \udcff ä \0", "kmsg", 2**63, 7, 3, 0, "0123", 1.5, (("DEVICE", "b7:0"), ("", "=")))
)


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 20_000])
def test_records_come_back_as_often_as_asked_for(count: int) -> None:
    """Whole and in their order, from memory and from the file that holds what it does not."""
    placed = [((at, at / 2), LogRecord(f"{at:0400}", "log", at)) for at in range(count)]
    placed.append(((0, 0.0), FULL))
    spool = Spool()
    for position, record in placed:
        spool.append(position, record)

    assert list(spool) == placed
    assert list(spool) == placed
    assert len(spool) == count + 1


def test_it_may_grow_between_two_readings() -> None:
    """A reading that has begun goes on with what was there."""
    spool = Spool()
    spool.append((0, 0.0), FULL)
    reading = iter(spool)
    spool.append((1, 0.0), FULL)

    assert len(list(spool)) == 2
    assert len(list(reading)) >= 1


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    spool = Spool()

    with pytest.raises(LogUnreadable, match="cannot keep its records: No such file") as caught:
        for at in range(30_000):
            spool.append((at, 0.0), LogRecord(f"{at:0400}", "log", at))

    assert caught.value.hint == "set TMPDIR to a directory with more room"

"""What the filters pick: the same filter twice is or, different filters are and."""

import re
from datetime import UTC, datetime

import pytest

from tests.analysis.records import STATE, error, read_log
from vexfsctl.analysis.incident.selection import Selection
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity

LOG = read_log(
    (1.0, STATE),
    (2.0, error(0x2A)),
    (3.0, error(0x3A, vol="sdb1", op="sync", sev="low", err="OutOfSpace", errno="ENOSPC")),
    (4.0, "VexFS: [CORR-000000000000002F] timeout vol=sdb1 op=sync call=fsync limit_ms=5"),
    (5.0, "Buffer I/O error on dev loop0, logical block 512, async page read"),
    (6.0, "VexFS: State transition 1 -> 2"),
)
TWO_O_CLOCK = datetime(2026, 8, 21, 14, 0, tzinfo=UTC)


def picked(selection: Selection) -> list[int]:
    """Return the seconds of the records that are picked."""
    return [
        (entry.record.uptime_us or 0) // 1_000_000
        for entry in LOG
        if selection.accepts(entry, None)
    ]


@pytest.mark.parametrize(
    ("selection", "seconds"),
    [
        (Selection(), [1, 2, 3, 4, 6]),
        (Selection(severity=Severity.LOW), [2, 3, 4]),
        (Selection(severity=Severity.HIGH), [2, 4]),
        (Selection(severity=Severity.CRITICAL), []),
        (Selection(operations=[OperationType.SYNC]), [3, 4]),
        (Selection(operations=[OperationType.SYNC, OperationType.STORAGE]), [2, 3, 4]),
        (Selection(volumes=["loop0"]), [1, 2]),
        (Selection(volumes=["loop*", "sdb1"]), [1, 2, 3, 4]),
        (Selection(volumes=["sdb1"], severity=Severity.HIGH), [4]),
        (Selection(errors=["ioerror"]), [2]),
        (Selection(errors=["IoError.ReadError", "ENOSPC"]), [2, 3]),
        (Selection(errors=["ETIMEDOUT"]), [4]),
        (Selection(errors=["ReadError"]), []),
        (Selection(pattern=re.compile(r"op=sync")), [3, 4]),
        (Selection(devices=["loop0"], device_volumes=["loop0"]), [1, 2, 5]),
        (Selection(devices=["sdb"], device_volumes=["sdb1"]), [3, 4]),
        (Selection(devices=["loop0"], severity=Severity.LOW), []),
    ],
)
def test_every_filter_that_is_set_must_accept(selection: Selection, seconds: list[int]) -> None:
    """Kernel lines are picked by device alone; prose of earlier builds has no keys to pick by."""
    assert picked(selection) == seconds


@pytest.mark.parametrize("device", ["md2", "sdb6"])
def test_a_line_is_picked_by_its_array_and_by_its_member(device: str) -> None:
    """Both are named; another member of the array is not."""
    (line,) = read_log((1.0, "md/raid1:md2: Disk failure on sdb6, disabling device."), facility=0)

    assert Selection(devices=[device]).accepts(line, None)
    assert not Selection(devices=["sda6"]).accepts(line, None)


def test_a_record_without_a_time_is_in_no_stretch_of_time() -> None:
    """Nothing says that it is."""
    entry = LOG[1]
    since = Selection(since=TWO_O_CLOCK)
    until = Selection(until=TWO_O_CLOCK)

    assert not since.accepts(entry, None)
    assert since.accepts(entry, TWO_O_CLOCK)
    assert until.accepts(entry, TWO_O_CLOCK)
    assert not until.accepts(entry, datetime(2026, 8, 21, 14, 0, 1, tzinfo=UTC))


def test_a_record_that_says_its_device_is_picked_by_it_alone() -> None:
    """Whatever the volume is called, and whatever volume of its name there is now."""
    log = read_log((1.0, f"{STATE} dev=vda1"), (2.0, error(0x2A)))

    def seconds(selection: Selection) -> list[int | None]:
        taken = (entry for entry in log if selection.accepts(entry, None))
        return [entry.record.uptime_us for entry in taken]

    assert seconds(Selection(devices=["vda1"])) == [1_000_000, 2_000_000]
    assert seconds(Selection(devices=["loop0"], device_volumes=["loop0"])) == []

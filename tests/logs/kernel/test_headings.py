"""Lines that name no device are about that of the line right before them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from vexfsctl.logs.interpret import interpret_records
from vexfsctl.model.events import KernelEvidence
from vexfsctl.model.record import LogRecord

HEADING = "sd 4:0:0:0: [sdc]  "
RESULT = "Result: hostbyte=DID_OK driverbyte=DRIVER_SENSE"


def told(*lines: tuple[int, str]) -> Sequence[KernelEvidence | None]:
    """Return what each of the lines says; its time is in microseconds."""
    records = [LogRecord(text, "dmesg", uptime_us) for uptime_us, text in lines]
    return [entry.evidence for entry in interpret_records(records)]


def test_a_failed_command_of_linux_3() -> None:
    """Device, sense, direction and sector, though no line has two of them."""
    found = told(
        (100, HEADING),
        (101, RESULT),
        (102, HEADING),
        (103, "Sense Key : Medium Error [current] [descriptor]"),
        (104, HEADING),
        (105, "Add. Sense: Unrecovered read error"),
        (106, "sd 4:0:0:0: [sdc] CDB: "),
        (107, "Read(10): 28 00 00 20 00 00 00 00 08 00"),
        (108, "end_request: I/O error, dev sdc, sector 2097154"),
    )

    evidence = [each for each in found if each is not None]
    assert {each.device for each in evidence} == {"sdc"}
    assert [(each.direction, each.sector, each.errno) for each in evidence] == [
        (None, None, None),
        (None, None, 61),
        (None, None, None),
        ("read", 2097152, None),
        (None, 2097154, 5),
    ]


def test_a_filesystem_that_becomes_read_only() -> None:
    """The line before tells which; other filesystems' lines without a name stay so."""
    error, remount, other = told(
        (100, "EXT3-fs error (device dm-9): ext3_journal_start_sb: Detected aborted journal"),
        (101, "Remounting filesystem read-only"),
        (102, "SQUASHFS error: Unable to read metadata cache entry [2f1a0]"),
    )

    assert [each and each.device for each in (error, remount, other)] == ["dm-9", "dm-9", None]


def test_the_result_of_an_ata_command() -> None:
    """It stands below the command."""
    *_, result = told(
        (100, "ata3.00: cmd c8/00:08:40:28:1c/00:00:00:00:00/e0 tag 22 dma 4096 in"),
        (100, "         res 51/40:08:40:28:1c/00:00:00:00:00/e0 Emask 0x9 (media error)"),
    )

    assert result is not None
    assert (result.device, result.errno) == ("ata3.00", 61)


@pytest.mark.parametrize(
    "lines",
    [
        ((100, RESULT),),
        ((100, HEADING), (20_000, RESULT)),
        ((100, "ata3.00: failed command: READ DMA"), (101, RESULT)),
        ((100, f"{HEADING}Attached SCSI disk"), (101, RESULT)),
        ((100, "app: sd 4:0:0:0: [sdc]  "), (101, RESULT)),
    ],
)
def test_without_a_heading_there_is_no_device(lines: Sequence[tuple[int, str]]) -> None:
    """Nor with one that is too old, of another layer, or only looks like one."""
    result = told(*lines)[-1]

    assert result is not None
    assert result.device is None


def test_a_heading_of_another_program() -> None:
    """What user space writes to the kernel log, or what may be anybody's, is no heading."""
    heading, result = LogRecord(HEADING, "kmsg", 100), LogRecord(RESULT, "kmsg", 101)
    of_user, of_anybody = replace(heading, facility=1), replace(heading, loose=True)

    for first in (of_user, of_anybody):
        _, told = interpret_records([first, result])
        assert told.evidence is not None
        assert told.evidence.device is None

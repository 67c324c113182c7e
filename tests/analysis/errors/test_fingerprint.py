"""A fingerprint is the same for the same error, and another for another."""

import pytest

from tests.analysis.records import error, group_errors, read_log
from vexfsctl.analysis.errors.fingerprint import Fingerprint, fingerprint_of
from vexfsctl.analysis.errors.groups import GroupKey, Sighting
from vexfsctl.model.operations import OperationType

READ = (OperationType.STORAGE, "IoError.ReadError", 5)


def test_the_digits_are_those_of_every_version() -> None:
    """People quote them in bug reports: another algorithm would be another fingerprint."""
    # printf 'storage\x1fIoError.ReadError\x1f5\x1fcannot read block *' | sha256sum | cut -c1-12
    assert fingerprint_of(*READ, "cannot read block 17") == Fingerprint(
        "ab68fbcdb082", "cannot read block *"
    )


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("cannot read block 17", "cannot read block 18", "cannot read block *"),
        (
            "VexFS: [CALL-4] FFI call read_file failed: -5 (failure rate: 50%), using fallback",
            "VexFS: [CALL-99] FFI call read_file failed: -5 (failure rate: 7%), using fallback",
            "FFI call read_file failed: -* (failure rate: *%), using fallback",
        ),
        (
            "VexFS: device sdb1 lost, seen as CORR-000000000000002A",
            "VexFS: device vdc lost, seen as CORR-6F1C93A20000002A",
            "device * lost, seen as *",
        ),
        (
            "leak of 192 bytes at 00000000c0ffee00",
            "leak of 64 bytes at ffff88810a3b2c40",
            "leak of * bytes at *",
        ),
        (
            "cannot open /srv/a.img: 'x y'",
            "cannot open /mnt/other: 'z'",
            "cannot open *: *",
        ),
    ],
)
def test_what_differs_from_one_time_to_the_next_does_not_count(
    one: str, other: str, message: str
) -> None:
    """Numbers, ids, addresses, names of disks and files."""
    assert fingerprint_of(*READ, one).message == message
    assert fingerprint_of(*READ, one) == fingerprint_of(*READ, other)


@pytest.mark.parametrize(
    "other",
    [
        (OperationType.SYNC, "IoError.ReadError", 5, "no"),
        (OperationType.STORAGE, "IoError.WriteError", 5, "no"),
        (OperationType.STORAGE, "IoError.ReadError", 121, "no"),
        (OperationType.STORAGE, "IoError.ReadError", 5, "not so"),
        (None, "IoError.ReadError", 5, "no"),
        (OperationType.STORAGE, "IoError.ReadError", None, "no"),
        (OperationType.STORAGE, "IoError.ReadError", 5, None),
    ],
)
def test_anything_else_is_another_error(
    other: tuple[OperationType | None, str, int | None, str | None],
) -> None:
    """Operation, error, errno and message."""
    assert fingerprint_of(*other).digits != fingerprint_of(*READ, "no").digits


def test_errors_of_several_volumes_are_one_kind() -> None:
    """With the worst severity, and the message that they share."""
    log = read_log(
        (1.0, error(0x2A, vol="loop0")),
        (2.0, error(0x3A, vol="loop1", sev="critical")),
        (3.0, error(0x4A, op="sync")),
    )
    sightings = [Sighting(entry, None, False) for entry in log]

    groups = group_errors(sightings, [GroupKey.FINGERPRINT])

    assert [(str(g.severity), g.operation, g.message, g.volume, g.count) for g in groups] == [
        ("critical", "storage", "failed", None, 2),
        ("high", "sync", "failed", None, 1),
    ]
    assert groups[0].fingerprint == fingerprint_of(*READ, "failed").digits

"""What to do about the kernel's lines of trouble."""

import errno

import pytest

from vexfsctl.catalogue.kernel_kinds import KERNEL_KINDS, advice_for, layer_of
from vexfsctl.logs.interpret import interpret_records
from vexfsctl.logs.kernel.evidence import EVIDENCE_FORMS
from vexfsctl.model.record import LogRecord

MOST = 170
"""Characters that a person reads at a glance."""


def test_every_kind_has_a_meaning_and_advice() -> None:
    """All that any form of a line gives."""
    records = [LogRecord(form.sample, "log", facility=0, level=3) for form in EVIDENCE_FORMS]
    found = {each.evidence.kind for each in interpret_records(records) if each.evidence}

    assert found - KERNEL_KINDS.keys() == set()


@pytest.mark.parametrize("kind", KERNEL_KINDS)
def test_advice_is_short(kind: str) -> None:
    """Whole sentences."""
    for number in (None, *errno.errorcode):
        advice = advice_for([(kind, number)])
        assert len(advice) <= MOST
        assert advice[0].isupper() or advice[0] == "`"
        assert advice.endswith(".")


def test_how_a_request_ended_says_more_than_its_kind() -> None:
    """A bad medium more than a bad path, either more than a line of the driver."""
    lines = [("scsi", None), ("block", errno.ENOLINK), ("block", errno.ENODATA)]

    assert advice_for(lines).startswith("The medium has sectors that cannot be read")
    assert advice_for(lines[:2]).startswith("The path to the device broke")
    assert advice_for(lines[:1]) == KERNEL_KINDS["scsi"].advice


@pytest.mark.parametrize(
    ("device", "kind"),
    [("sdb1", "block"), ("dm-3", "device_mapper"), ("loop0", "loop"), ("nvme0n1p2", "nvme")],
)
def test_a_request_is_about_what_the_device_is(device: str, kind: str) -> None:
    """A mapped device has no cable."""
    lines = [("buffer", errno.EIO), ("block", errno.EIO)]

    assert advice_for(lines, device) == KERNEL_KINDS[kind].advice


def test_an_errno_of_a_filesystem_is_not_that_of_its_device() -> None:
    """XFS says ENODATA of an attribute that is not there."""
    assert advice_for([("filesystem", errno.ENODATA)]) == KERNEL_KINDS["filesystem"].advice


def test_what_the_device_mapper_says_of_its_own_functions() -> None:
    """ENODATA of a cache's metadata is no bad medium; a pool without space is full."""
    lines = [("device_mapper", errno.ENODATA)]

    assert advice_for(lines) == KERNEL_KINDS["device_mapper"].advice
    assert advice_for([*lines, ("device_mapper", errno.ENOSPC)]).startswith("The storage below")


def test_what_a_filesystem_says_of_full_storage_is_repeated() -> None:
    """The line of the pool may have been left out."""
    advice = advice_for([("filesystem", errno.ENOSPC), ("buffer", None)], "dm-4")

    assert advice.startswith("The storage below is full")


@pytest.mark.parametrize("kind", ["nvme", "mmc", "usb", "virtio"])
def test_a_device_without_a_cable_of_its_own(kind: str) -> None:
    """Has another way to be reconnected."""
    late, gone = (advice_for([(kind, number)]) for number in (errno.ETIMEDOUT, errno.ENODEV))

    assert late == f"The device did not answer in time. {KERNEL_KINDS[kind].advice}"
    assert gone == f"The device went away. {KERNEL_KINDS[kind].advice}"


def test_a_medium_that_is_no_longer_there() -> None:
    """Is the cause of what its filesystem says, and has the advice for what the device is."""
    lines = [("filesystem", None), ("capacity", errno.ENODEV)]

    assert advice_for(lines, "sdc").startswith("The device went away: check its cable")
    assert advice_for(lines, "nvme2n1").endswith(KERNEL_KINDS["nvme"].advice)
    assert layer_of(lines, "sdc") < layer_of(lines[:1], "sdc1")


def test_a_kind_of_a_later_version() -> None:
    """There is always something to do."""
    assert advice_for([("of_a_later_version", None)]).startswith("Read the lines themselves")

import os
from pathlib import Path

import pytest

from vexfsctl.devices.disks import BlockDevice
from vexfsctl.recovery.device.restart import restart_device
from vexfsctl.recovery.plan.steps import Outcome, StepResult

DEVICE = BlockDevice(
    path=Path("/dev/sda1"),
    name="sda1",
    number="8:1",
    size=1 << 20,
    logical_block_size=512,
    physical_block_size=512,
    sequence=1,
    read_only=False,
    removable=False,
    disk="sda",
)


@pytest.fixture
def attribute(tmp_path: Path) -> Path:
    """Where the disk of DEVICE would be rescanned; it is not there yet."""
    attribute = tmp_path / "block/sda/device/rescan"
    attribute.parent.mkdir(parents=True)
    return attribute


def test_a_disk_is_rescanned(tmp_path: Path, attribute: Path) -> None:
    """The one thing written is `1`, into the attribute of the whole disk."""
    attribute.touch()

    result = restart_device(DEVICE, 5.0, sys=tmp_path)

    assert attribute.read_text() == "1"
    assert result == StepResult(
        Outcome.OK,
        f"sda rescanned ({attribute})",
        details={"device": "/dev/sda1", "attribute": str(attribute)},
    )


def test_a_disk_that_cannot_be_rescanned_is_refused(tmp_path: Path) -> None:
    """Nothing is done, the reason is the message, and what could be tried the evidence."""
    (tmp_path / "block/sda/slaves/sdb").mkdir(parents=True)

    assert restart_device(DEVICE, 5.0, sys=tmp_path) == StepResult(
        Outcome.REFUSED,
        "nothing can be restarted for /dev/sda1: its driver offers no rescan",
        evidence=("it lies on sdb",),
    )


def test_a_rescan_that_fails_says_why(tmp_path: Path, attribute: Path) -> None:
    """The errno in its name and words."""
    attribute.mkdir()

    result = restart_device(DEVICE, 5.0, sys=tmp_path)

    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "sda was not rescanned: EISDIR (Is a directory)",
    )


def test_a_rescan_that_never_ends_is_left_behind(tmp_path: Path, attribute: Path) -> None:
    """A pipe that nobody reads holds its writer, as a dead disk does."""
    os.mkfifo(attribute)

    result = restart_device(DEVICE, 0.2, sys=tmp_path)

    assert (result.outcome, result.message) == (
        Outcome.ABANDONED,
        "the rescan of sda did not end within 0.2 s",
    )

from pathlib import Path

import pytest

from vexfsctl.devices.disks import BlockDevice
from vexfsctl.devices.rescan import rescan, rescan_attribute
from vexfsctl.exceptions import FacilityUnavailable


def disk(name: str, partition: str | None = None) -> BlockDevice:
    """A disk of that name, or a partition of it."""
    return BlockDevice(
        path=Path("/dev") / (partition or name),
        name=partition or name,
        number="8:0",
        size=1 << 20,
        logical_block_size=512,
        physical_block_size=512,
        sequence=1,
        read_only=False,
        removable=False,
        disk=name,
    )


@pytest.mark.parametrize(
    ("name", "partition", "attribute"),
    [
        ("sda", None, "device/rescan"),
        ("sda", "sda1", "device/rescan"),
        ("nvme0n1", None, "device/rescan_controller"),
        ("nvme0n1", None, "device/device/rescan_controller"),
    ],
)
def test_a_disk_with_a_transport_is_rescanned(
    tmp_path: Path, name: str, partition: str | None, attribute: str
) -> None:
    """A SCSI disk by itself, an NVMe disk by its controller; a partition as its disk."""
    file = tmp_path / "block" / name / attribute
    file.parent.mkdir(parents=True)
    file.touch()

    found = rescan_attribute(disk(name, partition), sys=tmp_path)
    rescan(found)

    assert (found, file.read_text()) == (file, "1")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("loop0", "a loop device has no transport; what its file lies on may have one"),
        ("zram0", "a zram device is memory"),
        ("ram3", "a RAM disk is memory"),
        ("vda", "a virtio disk belongs to the hypervisor: look at the host"),
        ("md127", "an array has no transport; the disks under it may have one"),
        ("ublkb0", "its driver offers no rescan"),
    ],
)
def test_where_nothing_can_be_restarted_the_reason_is_said(
    tmp_path: Path, name: str, reason: str
) -> None:
    """Nothing is made up for a device that has no transport."""
    (tmp_path / "block" / name).mkdir(parents=True)

    with pytest.raises(FacilityUnavailable) as caught:
        rescan_attribute(disk(name), sys=tmp_path)

    assert caught.value.message == f"nothing can be restarted for /dev/{name}: {reason}"
    assert caught.value.hint is None


def test_the_disks_under_a_mapped_device_are_named(tmp_path: Path) -> None:
    """They are what could be rescanned instead."""
    for name in ("sdb", "sda"):
        (tmp_path / "block/dm-0/slaves" / name).mkdir(parents=True)

    with pytest.raises(FacilityUnavailable) as caught:
        rescan_attribute(disk("dm-0"), sys=tmp_path)

    assert caught.value.hint == "it lies on sda, sdb"

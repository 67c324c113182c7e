import os
import uuid
from pathlib import Path

import pytest

from vexfsctl.devices.block import (
    device_name,
    device_number,
    filesystem_uuid,
    named_device_number,
    node_device_number,
)
from vexfsctl.exceptions import DeviceActionFailed


def test_an_anonymous_device_is_none() -> None:
    """/proc lies on no block device; a path that is not there is an exception."""
    assert device_number("/proc") is None
    with pytest.raises(DeviceActionFailed, match="cannot look at /nowhere: No such file"):
        device_number("/nowhere")


def test_a_name_is_read_from_the_tree(tmp_path: Path) -> None:
    """The link /sys/dev/block/M:m ends in the kernel name; without it there is None."""
    (tmp_path / "dev/block").mkdir(parents=True)
    (tmp_path / "dev/block/8:1").symlink_to("../../devices/pci0/block/sda/sda1")

    assert device_name("8:1", sys=tmp_path) == "sda1"
    assert device_name("8:2", sys=tmp_path) is None


def test_a_number_is_read_from_the_tree(tmp_path: Path) -> None:
    """By kernel name; without such a device there is None."""
    (tmp_path / "class/block/sda1").mkdir(parents=True)
    (tmp_path / "class/block/sda1/dev").write_text("8:1\n")

    assert named_device_number("sda1", sys=tmp_path) == "8:1"
    assert named_device_number("sda2", sys=tmp_path) is None


@pytest.mark.parametrize("node", ["/dev/null", "/nowhere", "/", "tmpfs", "", "a\0b"])
def test_what_is_no_node_of_a_device_has_no_number(node: str) -> None:
    """Whatever a mount may have as its source, there is an answer."""
    assert node_device_number(node) is None


def test_without_a_device_there_is_no_uuid() -> None:
    """Nothing to ask is None, not an exception."""
    assert filesystem_uuid("/proc") is None
    assert filesystem_uuid("/nowhere") is None


@pytest.mark.privileged("loop")
def test_a_mounted_loop_device_tells_its_facts(ext4: Path, loop_device: Path) -> None:
    """Number and name of the loop device, and the UUID in its ext4 superblock."""
    minor = os.minor(loop_device.stat().st_rdev)
    with loop_device.open("rb") as device:
        superblock = device.read(2048)[1024:]

    assert device_number(ext4) == f"7:{minor}"
    assert node_device_number(loop_device) == f"7:{minor}"
    assert named_device_number(loop_device.name) == f"7:{minor}"
    assert device_name(f"7:{minor}") == loop_device.name
    assert filesystem_uuid(ext4) == str(uuid.UUID(bytes=superblock[0x68:0x78]))


@pytest.mark.privileged("loop")
def test_blkid_agrees_with_the_kernel(ext4: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel is too old for the ioctl (before 6.9), blkid finds the same UUID."""
    by_kernel = filesystem_uuid(ext4)

    monkeypatch.setattr("vexfsctl.devices.block._FS_IOC_GETFSUUID", 0x801115FF)

    assert filesystem_uuid(ext4) == by_kernel

import os
import stat
from pathlib import Path

import pytest

from vexfsctl.devices.mkfs import make_ext4
from vexfsctl.exceptions import DeviceActionFailed, InvalidInput


@pytest.mark.privileged("loop")
def test_a_file_holds_the_largest_vector(ext4: Path) -> None:
    """An extended attribute of 16 KiB (4096 float32) fits beside others."""
    file = ext4 / "vectors"
    file.touch()

    os.setxattr(file, "user.vexfs.large", b"\x7f" * 16384)
    os.setxattr(file, "user.vexfs.small", b"\x7f" * 4)

    assert os.getxattr(file, "user.vexfs.large") == b"\x7f" * 16384


@pytest.mark.privileged("loop")
def test_the_filesystem_has_its_label(loop_device: Path) -> None:
    """The volume name of the superblock (ext4(5), offset 0x78) is the label."""
    make_ext4(loop_device, label="sixteen-bytes-16")

    with loop_device.open("rb") as device:
        superblock = device.read(2048)[1024:]
    assert superblock[0x38:0x3A] == b"\x53\xef"
    assert superblock[0x78:0x88] == b"sixteen-bytes-16"


def test_a_label_that_does_not_fit_is_invalid() -> None:
    """Seventeen bytes are refused, not cut; the device is not even looked at."""
    with pytest.raises(InvalidInput, match="at most 16 bytes: 'éééééééé1'"):
        make_ext4("/nowhere", label="éééééééé1")


def test_a_file_is_not_formatted(tmp_path: Path) -> None:
    """A path that is no block device is refused and keeps its contents."""
    file = tmp_path / "loop0"
    file.write_text("precious")

    with pytest.raises(DeviceActionFailed, match="is not a loop device: nothing was written"):
        make_ext4(file, label="x")

    assert file.read_text() == "precious"


def test_a_missing_device_is_said(tmp_path: Path) -> None:
    """The message names it and the reason."""
    with pytest.raises(DeviceActionFailed, match=r"cannot look at .*/loop0: No such file"):
        make_ext4(tmp_path / "loop0", label="x")


@pytest.mark.privileged("loop")
def test_another_device_named_like_a_loop_device_is_refused(tmp_path: Path) -> None:
    """The device number counts, not the name: a node of major 1 (ram) is left alone."""
    node = tmp_path / "loop0"
    os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(1, 0))

    with pytest.raises(DeviceActionFailed, match="is not a loop device: nothing was written"):
        make_ext4(node, label="x")


@pytest.mark.privileged("loop")
def test_a_loop_device_with_nothing_attached_is_refused(tmp_path: Path) -> None:
    """There is nothing to write to."""
    node = tmp_path / "loop"
    os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(7, 1 << 19))

    with pytest.raises(DeviceActionFailed, match="nothing is attached to"):
        make_ext4(node, label="x")


@pytest.mark.privileged("loop")
def test_a_mounted_device_is_refused(ext4: Path, loop_device: Path) -> None:
    """A mounted filesystem is never formatted over."""
    (ext4 / "precious").touch()

    with pytest.raises(DeviceActionFailed, match="is mounted: nothing was written to it"):
        make_ext4(loop_device, label="x")

    assert (ext4 / "precious").exists()

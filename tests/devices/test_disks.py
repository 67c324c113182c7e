import os
import re
from pathlib import Path

import pytest

from vexfsctl.devices.disks import (
    BlockDevice,
    describe_block_device,
    read_block_device,
    require_same,
    start_on_disk,
)
from vexfsctl.devices.loop import attach, detach
from vexfsctl.exceptions import (
    DeviceActionFailed,
    DeviceVanished,
    InvalidInput,
    NotFound,
    VexfsctlException,
)

NODE = Path("/dev/sda1")
NOBODY = 65534


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """A copy of /sys with a disk of 4 KiB blocks, 8:0, and its partition 8:1."""
    disk = tmp_path / "devices/pci0/block/sda"
    for name, content in {
        "size": "2000",
        "ro": "0",
        "removable": "1",
        "diskseq": "17",
        "queue/logical_block_size": "4096",
        "queue/physical_block_size": "8192",
        "sda1/size": "1000",
        "sda1/ro": "1",
        "sda1/partition": "1",
    }.items():
        (disk / name).parent.mkdir(parents=True, exist_ok=True)
        (disk / name).write_text(f"{content}\n")
    numbers = tmp_path / "dev/block"
    numbers.mkdir(parents=True)
    (numbers / "8:0").symlink_to("../../devices/pci0/block/sda")
    (numbers / "8:1").symlink_to("../../devices/pci0/block/sda/sda1")
    return tmp_path


def test_a_partition_has_its_own_size_and_the_blocks_of_its_disk(sys: Path) -> None:
    """Sizes in /sys are in sectors of 512 bytes, whatever the blocks are."""
    assert describe_block_device(NODE, "8:1", sys=sys) == BlockDevice(
        path=NODE,
        name="sda1",
        number="8:1",
        size=512_000,
        logical_block_size=4096,
        physical_block_size=8192,
        sequence=17,
        read_only=True,
        removable=True,
        disk="sda",
    )


def test_a_partition_begins_somewhere_on_its_disk(sys: Path) -> None:
    """The kernel counts that in sectors of 512 bytes; a whole disk begins at its beginning."""
    (sys / "dev/block/8:1/start").write_text("2048\n")
    disk, partition = (describe_block_device(NODE, number, sys=sys) for number in ("8:0", "8:1"))

    assert start_on_disk(partition, sys=sys) == 1 << 20
    assert start_on_disk(disk, sys=sys) == 0


def test_a_kernel_without_sequence_numbers(sys: Path) -> None:
    """Before Linux 5.15 there is none, which is None; everything else is there."""
    (sys / "dev/block/8:0/diskseq").unlink()

    device = describe_block_device(Path("/dev/sda"), "8:0", sys=sys)

    assert (device.sequence, device.size, device.disk) == (None, 1_024_000, "sda")


@pytest.mark.parametrize("content", ["", "x\n", "0x10\n", "\xff", "1" * 5000])
def test_a_tree_that_makes_no_sense(sys: Path, content: str) -> None:
    """An attribute that is no number is a failure that names the directory."""
    (sys / "dev/block/8:1/size").write_bytes(content.encode("latin-1"))

    with pytest.raises(DeviceActionFailed, match=r"cannot read what /dev/sda1 is under .*8:1"):
        describe_block_device(NODE, "8:1", sys=sys)


def test_a_device_without_a_medium(sys: Path) -> None:
    """A size of 0 is a detached loop device or an empty drive: nothing to work on."""
    (sys / "dev/block/8:1/size").write_text("0\n")

    with pytest.raises(DeviceActionFailed, match="/dev/sda1 has no medium"):
        describe_block_device(NODE, "8:1", sys=sys)


def test_a_number_the_kernel_does_not_know(sys: Path) -> None:
    """A node can outlive its device."""
    with pytest.raises(
        DeviceActionFailed, match=r"/dev/sda1 does not stand for a device: .* no 8:2"
    ):
        describe_block_device(NODE, "8:2", sys=sys)


def complaint(path: Path) -> tuple[type[VexfsctlException], str, str | None]:
    """How reading *path* as a device fails."""
    with pytest.raises(VexfsctlException) as caught:
        read_block_device(path)
    return type(caught.value), caught.value.message, caught.value.hint


def test_what_is_no_block_device_is_refused(tmp_path: Path) -> None:
    """A missing node, a file, a character device: each says what it is and what to do."""
    image = tmp_path / "image"
    image.touch()

    assert complaint(tmp_path / "missing") == (
        NotFound,
        f"there is no device {tmp_path}/missing",
        "lsblk lists all devices",
    )
    assert complaint(image) == (
        InvalidInput,
        f"{image} is not a block device",
        f"attach it to a loop device: losetup --find --show {image}",
    )
    assert complaint(Path("/dev/null")) == (
        InvalidInput,
        "/dev/null is not a block device",
        "lsblk lists them",
    )


@pytest.mark.privileged("loop")
def test_a_real_device_is_itself_until_it_is_detached(loop_device: Path, image: Path) -> None:
    """The same device stays the same; detached it has vanished, and attached again too."""
    device = read_block_device(loop_device)
    require_same(device)
    detach(loop_device)

    with pytest.raises(DeviceVanished, match=f"{loop_device} went away: .* has no medium"):
        require_same(device)
    again = attach(image)
    try:
        if again == loop_device:
            with pytest.raises(DeviceVanished, match="is not the same device as before"):
                require_same(device)
    finally:
        detach(again)

    assert (device.size, device.number) == (64 << 20, f"7:{os.minor(loop_device.stat().st_rdev)}")


@pytest.mark.privileged("loop")
@pytest.mark.parametrize(
    ("group", "mode", "hint"),
    [
        (0, 0o660, "0660 root:root: run it with sudo"),
        (6, 0o660, r"0660 root:(\w+): run it with sudo, or as a member of group \1 \(.*\)"),
        (6, 0o600, r"0600 root:\w+: run it with sudo"),
        (54321, 0o640, r"0640 root:54321: .*, or as a member of group 54321 \(.*\)"),
    ],
)
def test_who_may_not_read_it_is_told_which_group_may(
    loop_device: Path, tmp_path: Path, group: int, mode: int, hint: str
) -> None:
    """The group that owns the node and may read it, by name where it has one."""
    node = tmp_path / "node"
    os.mknod(node, mode | 0o060000, loop_device.stat().st_rdev)
    os.chown(node, 0, group)
    node.chmod(mode)
    for parent in node.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)

    told = _complaint_as_nobody(node)

    assert re.fullmatch(
        rf"FacilityUnavailable {node} may not be read by you: {node} is {hint}", told
    )


def _complaint_as_nobody(node: Path) -> str:
    # Modules that are loaded on the way may lie where nobody else can read them.
    read_block_device(node)
    answer, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            try:
                read_block_device(node)
            except VexfsctlException as failure:
                told = f"{type(failure).__name__} {failure.message}: {failure.hint}"
                os.write(write_end, told.encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with open(answer) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told

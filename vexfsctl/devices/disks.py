"""One block device by its node: what it is, and whether it is still the same one.

Everything is read under /sys, without opening the device: an open of a dead one may never return.
Names and numbers are reused as soon as they are free; the disk sequence number
(Documentation/ABI/testing/sysfs-block, Linux 5.15) never is.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.block import SYS, device_name
from vexfsctl.exceptions import (
    DeviceActionFailed,
    DeviceVanished,
    FacilityUnavailable,
    InvalidInput,
    NotFound,
)
from vexfsctl.system.access import access_hint

SECTOR_BYTES = 512
"""Unit of sizes in /sys and of sectors in the kernel log, whatever the device's block size."""


@dataclass(frozen=True, slots=True)
class BlockDevice:
    """A disk or partition as it was when it was read."""

    path: Path
    """Its node as given, as in `/dev/sda` or `/dev/disk/by-id/…`."""
    name: str
    """What the kernel calls it, as in `sda1`."""
    number: str
    """`major:minor`."""
    size: int
    """Bytes."""
    logical_block_size: int
    """Bytes; the smallest read possible with O_DIRECT."""
    physical_block_size: int
    """Bytes."""
    sequence: int | None
    """Disk sequence number; for a partition, its disk's. None before Linux 5.15."""
    read_only: bool
    removable: bool
    disk: str
    """Kernel name of the whole disk; its own name if it is not a partition."""


def read_block_device(path: str | Path, *, sys: Path = SYS) -> BlockDevice:
    """Return what the block device at *path* is, without opening it.

    Raises NotFound if there is no such node, InvalidInput if it is not a block device,
    FacilityUnavailable if this user may not read it, DeviceActionFailed if the kernel does not
    know it (any more) or nothing is attached to it.
    """
    node = Path(path)
    number = _number_of_node(node)
    device = describe_block_device(node, number, sys=sys)
    if not os.access(node, os.R_OK, effective_ids=True):
        raise FacilityUnavailable(f"{node} may not be read by you", hint=access_hint(node, os.R_OK))
    return device


def describe_block_device(node: Path, number: str, *, sys: Path = SYS) -> BlockDevice:
    """Return what /sys says about block device *number*; raise DeviceActionFailed if nothing."""
    name = device_name(number, sys=sys)
    if name is None:
        raise DeviceActionFailed(f"{node} does not stand for a device: the kernel has no {number}")
    directory = sys / "dev/block" / number
    # A partition's directory is in that of its disk; only the disk has queue and sequence.
    whole = directory.resolve().parent if (directory / "partition").exists() else directory
    try:
        device = BlockDevice(
            path=node,
            name=name,
            number=number,
            size=_read_int(directory / "size") * SECTOR_BYTES,
            logical_block_size=_read_int(whole / "queue/logical_block_size"),
            physical_block_size=_read_int(whole / "queue/physical_block_size"),
            sequence=_read_int(whole / "diskseq") if (whole / "diskseq").exists() else None,
            read_only=_read_int(directory / "ro") != 0,
            removable=_read_int(whole / "removable") != 0,
            disk=whole.resolve().name,
        )
    except (OSError, ValueError) as cause:
        raise DeviceActionFailed(
            f"cannot read what {node} is under {directory}: {cause}"
        ) from cause
    if device.size == 0:
        raise DeviceActionFailed(f"{node} has no medium: nothing is attached to it")
    return device


def start_on_disk(device: BlockDevice, *, sys: Path = SYS) -> int:
    """Return the byte of its disk at which *device* begins; 0 for a whole disk.

    The kernel's lines about failed requests name the disk and count its sectors.
    """
    try:
        return _read_int(sys / "dev/block" / device.number / "start") * SECTOR_BYTES
    except (OSError, ValueError):
        return 0


def require_same(device: BlockDevice, *, sys: Path = SYS) -> None:
    """Raise DeviceVanished unless *device* exists and is still the same one."""
    try:
        now = describe_block_device(device.path, _number_of_node(device.path), sys=sys)
    except (NotFound, InvalidInput, DeviceActionFailed) as cause:
        raise DeviceVanished(f"{device.path} went away: {cause.message}") from cause
    before = (device.number, device.name, device.sequence, device.size)
    if (now.number, now.name, now.sequence, now.size) != before:
        raise DeviceVanished(
            f"{device.path} is not the same device as before",
            hint="see what it is now (`lsblk`) and start again",
        )


def _number_of_node(node: Path) -> str:
    try:
        status = node.stat()
    except (FileNotFoundError, NotADirectoryError) as cause:
        raise NotFound(f"there is no device {node}", hint="lsblk lists all devices") from cause
    except OSError as cause:
        raise DeviceActionFailed(f"cannot look at {node}: {cause.strerror}") from cause
    if not stat.S_ISBLK(status.st_mode):
        attach = f"attach it to a loop device: losetup --find --show {node}"
        raise InvalidInput(
            f"{node} is not a block device",
            hint=attach if stat.S_ISREG(status.st_mode) else "lsblk lists them",
        )
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def _read_int(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))

"""Facts about one block device, or about the device that a directory lies on."""

import fcntl
import os
import stat
import uuid
from pathlib import Path

from vexfsctl.exceptions import DeviceActionFailed, VexfsctlException
from vexfsctl.system.programs import run

SYS = Path("/sys")
_FS_IOC_GETFSUUID = 0x80111500
"""Linux 6.9: a length byte and 16 bytes."""
_BLKID_TIMEOUT_S = 2.0


def device_number(path: str | Path) -> str | None:
    """`major:minor` of the block device that *path* lies on.

    None if the filesystem has an anonymous device (btrfs, overlay, tmpfs, FUSE). Raises
    DeviceActionFailed if stat(2) of *path* fails. For a mount that may not answer, use
    `Mount.device_number`, which does not touch it.
    """
    try:
        number = os.stat(path).st_dev
    except OSError as cause:
        raise DeviceActionFailed(f"cannot look at {path}: {cause.strerror}") from cause
    return f"{os.major(number)}:{os.minor(number)}" if os.major(number) else None


def device_name(number: str, *, sys: Path = SYS) -> str | None:
    """Kernel name of block device *number* (`7:0` gives `loop0`); None if there is none."""
    try:
        return (sys / "dev/block" / number).readlink().name
    except OSError:
        return None


def named_device_number(name: str, *, sys: Path = SYS) -> str | None:
    """`major:minor` of the block device that the kernel calls *name*; None if there is none."""
    try:
        return (sys / "class/block" / name / "dev").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def node_device_number(node: str | Path) -> str | None:
    """`major:minor` of the block device that *node* stands for; None if it is not one."""
    try:
        status = os.stat(node)
    except (OSError, ValueError):
        return None
    if not stat.S_ISBLK(status.st_mode):
        return None
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def filesystem_uuid(path: str | Path, *, sys: Path = SYS) -> str | None:
    """UUID of the filesystem that *path* lies on; None if it has none or it cannot be found out.

    The kernel says; before Linux 6.9, blkid(8), which fails if the user may not read the device.
    """
    answer = bytearray(17)
    try:
        _ask(path, _FS_IOC_GETFSUUID, answer)
    except DeviceActionFailed:
        return _uuid_by_blkid(path, sys)
    # All zeros: a filesystem that was made without one.
    given = answer[0] == 16 and any(answer[1:])
    return str(uuid.UUID(bytes=bytes(answer[1:]))) if given else None


def _uuid_by_blkid(path: str | Path, sys: Path) -> str | None:
    try:
        number = device_number(path)
        name = device_name(number, sys=sys) if number else None
        if name is None:
            return None
        argv = ["blkid", "-o", "value", "-s", "UUID", "--", f"/dev/{name}"]
        return run(argv, timeout=_BLKID_TIMEOUT_S).strip() or None
    except VexfsctlException:
        return None


def _ask(path: str | Path, request: int, answer: bytearray) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, request, answer)
        finally:
            os.close(descriptor)
    except OSError as cause:
        raise DeviceActionFailed(f"cannot ask {path}: {cause.strerror}") from cause

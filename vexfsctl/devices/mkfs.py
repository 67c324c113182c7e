"""Make a filesystem on one of our loop devices. The only place that writes to a whole device."""

import os
import stat
from pathlib import Path

from vexfsctl.devices.loop import backing_file
from vexfsctl.devices.mountinfo import read_mounts
from vexfsctl.exceptions import DeviceActionFailed, InvalidInput
from vexfsctl.system.programs import run

_LOOP_MAJOR = 7
_LABEL_BYTES = 16


def make_ext4(device: str | Path, *, label: str, timeout: float = 120.0) -> None:
    """Make an ext4 named *label* (at most 16 bytes) on the loop device *device*.

    Its inodes take extended attributes of up to 64 KiB (a vector of 4096 float32 is 16 KiB), and
    nothing is initialised later, so no I/O happens unasked. Raises DeviceActionFailed for anything
    but an attached, unmounted loop device, whatever its name says.
    """
    if len(os.fsencode(label)) > _LABEL_BYTES:
        raise InvalidInput(f"an ext4 label has at most {_LABEL_BYTES} bytes: {label!r}")
    node = Path(device)
    _check_ours(node)
    extended = "lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    argv = ["mkfs.ext4", "-F", "-q", "-L", label, "-O", "ea_inode", "-E", extended, str(node)]
    run(argv, timeout=timeout)


def _check_ours(node: Path) -> None:
    try:
        status = node.stat()
    except OSError as cause:
        raise DeviceActionFailed(f"cannot look at {node}: {cause.strerror}") from cause
    number = (os.major(status.st_rdev), os.minor(status.st_rdev))
    if not stat.S_ISBLK(status.st_mode) or number[0] != _LOOP_MAJOR:
        raise DeviceActionFailed(f"{node} is not a loop device: nothing was written to it")
    # A node of another name could stand for any loop device: look up which one it really is.
    if backing_file(f"loop{number[1]}") is None:
        raise DeviceActionFailed(f"nothing is attached to {node}")
    if any(mount.device == number for mount in read_mounts()):
        raise DeviceActionFailed(f"{node} is mounted: nothing was written to it")

"""Loop devices: attach a file with losetup(8), detach it for certain, see what is attached.

The attached file is read from /sys/block/loopN/loop/backing_file, which exists only while it is
attached.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.devices.block import SYS
from vexfsctl.devices.mountinfo import read_mounts
from vexfsctl.exceptions import DeviceActionFailed
from vexfsctl.system.programs import run

_LOOP_NAME = re.compile(r"loop[0-9]+")
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class LoopDevice:
    """One attached loop device."""

    device: Path
    """Its node, as in `/dev/loop0`."""
    backing_file: str
    """As the kernel shows it: ` (deleted)` is appended when the file has no name any more."""


def attach(image: str | Path, *, timeout: float = 30.0) -> Path:
    """Attach *image* to a free loop device with direct I/O; return its node.

    Without direct I/O every error of *image* would arrive as EIO, from the page cache. Raises
    DeviceActionFailed if the filesystem of *image* cannot do it, with nothing left attached.
    After DeadlineExceeded look for *image* in `attached_devices`: losetup may have attached it.
    """
    # losetup makes the node if there is none, and tries again if another takes the device.
    argv = ["losetup", "--find", "--show", "--direct-io=on", "--", str(image)]
    device = Path(run(argv, timeout=timeout).strip())
    if (SYS / "block" / device.name / "loop/dio").read_text().strip() != "1":
        detach(device)
        raise DeviceActionFailed(
            f"the filesystem of {image} does not let {device} use direct I/O",
            hint="put the image on ext4, xfs or a FUSE file opened with direct I/O",
        )
    if (SYS / "block" / device.name / "ro").read_text().strip() != "0":
        # Somebody set it read-only for an earlier file; that outlasts detaching (Linux 6.18).
        run(["blockdev", "--setrw", str(device)])
    return device


def detach(device: str | Path, *, timeout: float = 10.0) -> None:
    """Detach *device* and return when it is gone; do nothing if nothing is attached to it.

    Linux detaches a device in use only when its last user closes it, but reports success at once.
    Here it is DeviceActionFailed if it has not happened after *timeout* seconds.
    """
    node = Path(device)
    attached = backing_file(node)
    if attached is None:
        return
    ends_at = time.monotonic() + timeout
    try:
        run(["losetup", "--detach", str(node)], timeout=timeout)
    except DeviceActionFailed:
        # Its last user may have closed it since the check.
        if backing_file(node) == attached:
            raise
    # Another file there means that it was detached, and that somebody took the device.
    while backing_file(node) == attached:
        if time.monotonic() >= ends_at:
            raise DeviceActionFailed(
                f"{node} still has {attached} attached", hint=_users_hint(node)
            )
        time.sleep(_POLL_S)


def backing_file(device: str | Path, *, sys: Path = SYS) -> str | None:
    """The file attached to *device* (a node or a kernel name); None if there is none."""
    name = Path(device).name
    if not _LOOP_NAME.fullmatch(name):
        raise DeviceActionFailed(f"{device} is not a loop device")
    try:
        content = (sys / "block" / name / "loop/backing_file").read_bytes()
    except OSError:
        # ENOENT if detached before the open, ENODEV or similar if between open and read.
        return None
    return content.removesuffix(b"\n").decode("utf-8", "surrogateescape") or None


def attached_devices(*, sys: Path = SYS) -> tuple[LoopDevice, ...]:
    """All loop devices with something attached, in the order of their numbers."""
    names = sorted(
        (entry.name for entry in (sys / "block").iterdir() if _LOOP_NAME.fullmatch(entry.name)),
        key=lambda name: int(name.removeprefix("loop")),
    )
    found = ((name, backing_file(name, sys=sys)) for name in names)
    return tuple(LoopDevice(Path("/dev") / name, file) for name, file in found if file is not None)


def _users_hint(node: Path) -> str:
    points = [mount.mount_point for mount in read_mounts() if mount.source == str(node)]
    if points:
        return f"unmount {', '.join(points)}; it is detached with its last user"
    return "a program has it open; it is detached when that ends"

"""Mount a block device, make a mount read-only, unmount anything: mount(8), umount(8), fusermount3.

Each runs as a program with a deadline, because umount(2) writes out dirty pages and waits in the
kernel for the device, where a thread could not be abandoned. Mounting FUSE is the driver's task.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from vexfsctl.exceptions import DeviceActionFailed, MountFailed
from vexfsctl.system.programs import run


def make_mount(
    device: str | Path,
    mount_point: str | Path,
    fs_type: str,
    options: Sequence[str] = (),
    *,
    timeout: float = 30.0,
) -> None:
    """Mount *device* as *fs_type* on *mount_point*; raise MountFailed with the reason."""
    chosen = ["-o", ",".join(options)] if options else []
    try:
        run(["mount", "-t", fs_type, *chosen, "--", str(device), str(mount_point)], timeout=timeout)
    except DeviceActionFailed as cause:
        raise MountFailed(cause.message, hint=_hint(cause.message, mount_point)) from cause


def remount_read_only(mount_point: str | Path, *, timeout: float = 30.0) -> None:
    """Make the filesystem mounted on *mount_point* read-only, wherever else it is mounted.

    It writes out dirty data and marks itself clean. Raises MountFailed with the reason if it
    refuses (a file is open for writing), DeadlineExceeded if it does not end. Uses mount(8): a
    bare mount(2) loses options such as `errors=`.
    """
    argv = ["mount", "-o", "remount,ro", "--", str(mount_point)]
    try:
        run(argv, timeout=timeout)
    except DeviceActionFailed as cause:
        raise MountFailed(cause.message, hint=_hint(cause.message, mount_point)) from cause


def unmount(mount_point: str | Path, *, lazy: bool = False, timeout: float = 10.0) -> None:
    """Unmount the topmost mount of *mount_point*, written as in mountinfo (`resolve_parent`).

    *lazy* detaches it from the tree at once; what still uses it keeps it alive. The mount point
    is never touched, so a mount whose server is dead can be removed too. Raises MountFailed if
    there is none or it is in use, DeadlineExceeded after *timeout* seconds. Users other than root
    can only unmount their own FUSE mounts.
    """
    target = str(mount_point)
    if os.geteuid() == 0:
        # Neither canonicalised nor passed to helpers: both stat the mount point (util-linux 2.38
        # hangs there when the FUSE server does not answer).
        argv = ["umount", "--no-canonicalize", "--internal-only", *(["--lazy"] if lazy else [])]
    else:
        argv = ["fusermount3", "-u", *(["-z"] if lazy else [])]
    try:
        run([*argv, "--", target], timeout=timeout)
    except DeviceActionFailed as cause:
        raise MountFailed(cause.message, hint=_hint(cause.message, mount_point)) from cause


def _hint(message: str, mount_point: str | Path) -> str | None:
    words = message.lower()
    if "busy" in words:
        return f"close what is in use there; `fuser -vm {mount_point}` names it"
    if "permitted" in words or "permission" in words or "superuser" in words:
        return "run as root"
    return None

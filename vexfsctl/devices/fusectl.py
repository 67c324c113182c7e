"""FUSE connections as the kernel lists them, to abort one.

A connection is /sys/fs/fuse/connections/N (Documentation/filesystems/fuse.rst). N is the device
number of the mount, known from mountinfo without touching the mount. Aborting the connection
frees tasks that are stuck in a mount whose server was killed or does not answer. If fusectl is
not mounted, it is opened without being mounted anywhere, so nothing is left behind.
"""

import contextlib
import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from vexfsctl.devices.mountinfo import Mount
from vexfsctl.exceptions import DeviceActionFailed, FacilityUnavailable

CONNECTIONS = Path("/sys/fs/fuse/connections")

# The same numbers on every architecture (Linux 5.2).
_SYS_FSOPEN, _SYS_FSCONFIG, _SYS_FSMOUNT = 430, 431, 432
_CLOEXEC = 1
_FSCONFIG_CMD_CREATE = 6


def abort_connection(mount: Mount, *, connections: Path = CONNECTIONS) -> bool:
    """Make every present and future request to *mount*'s server fail at once (ENOTCONN).

    True if it was aborted, False if the connection no longer exists. The mount itself stays and
    is then safe to unmount. Needs root; if fusectl is mounted, the user who mounted it may too.
    """
    with connection_of(mount, connections=connections) as abort:
        return abort()


@contextlib.contextmanager
def connection_of(mount: Mount, *, connections: Path = CONNECTIONS) -> Iterator[Callable[[], bool]]:
    """Yield what aborts the connection of *mount*, and no other one, as `abort_connection` does.

    For a block that unmounts it first: the number of a connection that is gone is that of the next
    mount, but an attribute that is open stays that of its own connection (fs/fuse/control.c).
    """
    number = _connection_number(mount)
    attribute: int | None = None
    failure: FacilityUnavailable | None = None
    try:
        with _open_connections(connections) as directory:
            attribute = os.open(f"{number}/abort", os.O_WRONLY | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        pass
    except FacilityUnavailable as cause:
        failure = cause
    except PermissionError:
        failure = FacilityUnavailable(
            f"no permission for FUSE connection {number} of {mount.mount_point}",
            hint="run as root, or as the user who mounted it",
        )

    def abort() -> bool:
        if failure is not None:
            raise failure
        if attribute is None:
            return False
        os.write(attribute, b"1")
        return True

    try:
        yield abort
    finally:
        if attribute is not None:
            os.close(attribute)


def _connection_number(mount: Mount) -> int:
    """The name of the connection of a FUSE *mount*: its device number as the kernel keeps it."""
    if not mount.is_fuse:
        raise DeviceActionFailed(f"{mount.mount_point} is {mount.fs_type}, not a FUSE mount")
    major, minor = mount.device
    # 20 bits of minor; major is 0 except for fuseblk.
    return major << 20 | minor


@contextlib.contextmanager
def _open_connections(connections: Path) -> Iterator[int]:
    """A directory descriptor of fusectl; if *connections* is bare, of one that is not mounted."""
    directory = _mount_nowhere() if _is_bare(connections) else _open_directory(connections)
    try:
        yield directory
    finally:
        os.close(directory)


def _is_bare(connections: Path) -> bool:
    """Whether *connections* is only the mount point for fusectl, with nothing mounted on it."""
    try:
        same_device = connections.stat().st_dev == connections.parent.stat().st_dev
        return same_device and not any(connections.iterdir())
    except FileNotFoundError as cause:
        raise FacilityUnavailable(f"no FUSE in this kernel: {connections} is missing") from cause


def _open_directory(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _mount_nowhere() -> int:
    """Descriptor of the root of a fusectl that no path leads to (fsopen(2), fsmount(2))."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *arguments: int | bytes | None) -> int:
        result = int(libc.syscall(number, *arguments))
        if result == -1:
            code = ctypes.get_errno()
            raise FacilityUnavailable(
                f"cannot open fusectl: {os.strerror(code)}",
                hint="run as root" if code == errno.EPERM else None,
            )
        return result

    context = call(_SYS_FSOPEN, b"fusectl", _CLOEXEC)
    try:
        call(_SYS_FSCONFIG, context, _FSCONFIG_CMD_CREATE, None, None, 0)
        return call(_SYS_FSMOUNT, context, _CLOEXEC, 0)
    finally:
        os.close(context)

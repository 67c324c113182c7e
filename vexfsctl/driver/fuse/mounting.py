"""Mounting and unmounting a FUSE filesystem: mount(2) as root, fusermount3 as a user.

Knows nothing about the protocol. The descriptor it returns is an open /dev/fuse whose INIT request
is waiting to be read.
"""

import ctypes
import errno
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from vexfsctl.exceptions import (
    DeadlineExceeded,
    DeviceActionFailed,
    FacilityUnavailable,
    MountFailed,
)
from vexfsctl.system.access import access_hint
from vexfsctl.system.programs import run

_DEVICE = "/dev/fuse"
_HELPER = "fusermount3"

_MS_RDONLY = 1
_MS_NOSUID = 2
_MS_NODEV = 4
_MNT_FORCE = 1
_MNT_DETACH = 2
_UMOUNT_NOFOLLOW = 8

_CAP_SYS_ADMIN = 21

_HINT_FOR_MOUNT = "is the mount point missing, in use, or a dead mount? see findmnt"
_HINT_FOR_UNMOUNT = "unmount it with: umount -l"

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class MountOptions:
    """How a filesystem is mounted."""

    source: str
    """First column of /proc/mounts."""
    subtype: str
    """The type is `fuse.<subtype>`."""
    allow_other: bool = False
    """Other users may use it; without root this needs `user_allow_other` in /etc/fuse.conf."""
    default_permissions: bool = True
    """The kernel checks modes and owners."""
    read_only: bool = False
    nosuid: bool = True
    """For a user always so."""
    nodev: bool = True
    """For a user always so."""


def require_fuse() -> None:
    """Raise FacilityUnavailable, with a hint, if FUSE is unavailable."""
    try:
        os.close(_open_device())
    except OSError as cause:
        words = f"FUSE cannot be used here: {_DEVICE}: {cause.strerror}"
        raise FacilityUnavailable(words, hint=_hint_for_device(cause.errno)) from cause
    if os.geteuid() != 0:
        if not shutil.which(_HELPER):
            raise FacilityUnavailable(
                f"FUSE cannot be used here: {_HELPER} is not installed", hint="package fuse3"
            )
    elif not _has_sys_admin():
        raise FacilityUnavailable(
            "FUSE cannot be used here: this process may not mount (no CAP_SYS_ADMIN)",
            hint="in a container: --cap-add SYS_ADMIN --device /dev/fuse",
        )


def mount(mountpoint: str, options: MountOptions) -> int:
    """Mount on *mountpoint* (absolute, a directory or a file); return the descriptor to serve.

    Raises FacilityUnavailable if FUSE is unavailable, MountFailed if this mount fails.
    """
    require_fuse()
    if os.geteuid() == 0:
        return _mount_as_root(mountpoint, options)
    return _mount_as_user(mountpoint, options)


def unmount(mountpoint: str) -> None:
    """Unmount; files that are open on it work until they are closed.

    Does nothing if nothing is mounted (any more). Raises MountFailed.
    """
    if os.geteuid() == 0:
        _umount2(mountpoint, _MNT_DETACH | _UMOUNT_NOFOLLOW)
    else:
        _unmount_as_user(mountpoint)


def abort(mountpoint: str) -> None:
    """Unmount, and end the connection at once: calls waiting for an answer get ECONNABORTED.

    Only as root, which does not need fusectl for it; for other users the same as `unmount`.
    """
    if os.geteuid() == 0:
        _umount2(mountpoint, _MNT_FORCE | _MNT_DETACH | _UMOUNT_NOFOLLOW)
    else:
        unmount(mountpoint)


def _hint_for_device(error: int | None) -> str | None:
    if error in (errno.EACCES, errno.EPERM):
        who = access_hint(Path(_DEVICE), os.R_OK | os.W_OK)
        # udev makes it 0666: fusermount3 decides what a user may mount.
        for_all = f"for every user: sudo chmod 666 {_DEVICE}"
        return for_all if who is None else f"{who}; {for_all}"
    return "load the module: modprobe fuse; in a container, give it the host's /dev/fuse"


def _has_sys_admin() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) >> _CAP_SYS_ADMIN & 1)
    return True


def _open_device() -> int:
    return os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC)


def _mount_as_root(mountpoint: str, options: MountOptions) -> int:
    descriptor = _open_device()
    try:
        root_mode = os.stat(mountpoint).st_mode
        data = f"fd={descriptor},rootmode={root_mode & 0o170000:o},user_id=0,group_id=0"
        if options.allow_other:
            data += ",allow_other"
        if options.default_permissions:
            data += ",default_permissions"
        _mount(options, mountpoint, data)
    except OSError as cause:
        os.close(descriptor)
        raise _mount_failed(mountpoint, cause.strerror or str(cause)) from cause
    return descriptor


def _mount(options: MountOptions, mountpoint: str, data: str) -> None:
    flags = _MS_RDONLY * options.read_only + _MS_NOSUID * options.nosuid + _MS_NODEV * options.nodev
    result = _libc.mount(
        os.fsencode(options.source),
        os.fsencode(mountpoint),
        f"fuse.{options.subtype}".encode(),
        ctypes.c_ulong(flags),
        data.encode(),
    )
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _umount2(mountpoint: str, flags: int) -> None:
    if _libc.umount2(os.fsencode(mountpoint), flags) == 0:
        return
    error = ctypes.get_errno()
    if error not in (errno.EINVAL, errno.ENOENT):
        raise _unmount_failed(mountpoint, os.strerror(error))


def _mount_as_user(mountpoint: str, options: MountOptions) -> int:
    ours, helpers = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, helpers:
        complaint = _run_helper("-o", _helper_options(options), "--", mountpoint, pass_to=helpers)
        if complaint is not None:
            raise _mount_failed(mountpoint, complaint)
        helpers.close()
        _data, descriptors, _flags, _address = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        raise _mount_failed(mountpoint, f"{_HELPER} passed no descriptor")
    os.set_inheritable(descriptors[0], False)
    return descriptors[0]


def _helper_options(options: MountOptions) -> str:
    # fusermount3 splits at commas that no backslash precedes.
    source = options.source.replace("\\", "\\\\").replace(",", "\\,")
    words = [f"fsname={source}", f"subtype={options.subtype}"]
    words += [
        word
        for word, wanted in (
            ("ro", options.read_only),
            ("allow_other", options.allow_other),
            ("default_permissions", options.default_permissions),
        )
        if wanted
    ]
    return ",".join(words)


def _unmount_as_user(mountpoint: str) -> None:
    complaint = _run_helper("-u", "-z", "--", mountpoint)
    if complaint is not None and "not found in" not in complaint:
        raise _unmount_failed(mountpoint, complaint)


def _run_helper(*arguments: str, pass_to: socket.socket | None = None) -> str | None:
    """Run fusermount3; return its complaint if it fails."""
    argv = [_HELPER, *arguments]
    try:
        if pass_to is None:
            run(argv)
        else:
            number = pass_to.fileno()
            run(argv, pass_fds=[number], environment={"_FUSE_COMMFD": str(number)})
    except (DeviceActionFailed, DeadlineExceeded) as failure:
        return failure.message
    return None


def _mount_failed(mountpoint: str, reason: str) -> MountFailed:
    return MountFailed(f"cannot mount on {mountpoint}: {reason}", hint=_HINT_FOR_MOUNT)


def _unmount_failed(mountpoint: str, reason: str) -> MountFailed:
    return MountFailed(f"cannot unmount {mountpoint}: {reason}", hint=_HINT_FOR_UNMOUNT)

"""What scenarios are written with: enlisting them, outcomes, and calls that Python lacks."""

import contextlib
import ctypes
import errno
import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NOBODY = 65534
STRANGER = 12345
TEAM = 1000

Scenario = Callable[[], None]
SCENARIOS: dict[str, Scenario] = {}

libc = ctypes.CDLL(None, use_errno=True)
UTIME_NOW = (1 << 30) - 1
UTIME_OMIT = (1 << 30) - 2
AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100


def scenario(function: Scenario) -> Scenario:
    """Enlist a scenario."""
    SCENARIOS[function.__name__] = function
    return function


def say(what: str, outcome: object = "") -> None:
    """Print one outcome."""
    print(what, outcome, flush=True)  # noqa: T201 - the output is the outcome


def attempt(what: str, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    """Call *function* and print what it returns, or the errno it fails with."""
    try:
        say(what, function(*args, **kwargs))
    except OSError as failure:
        say(what, errno.errorcode[failure.errno or 0])


def become(uid: int, *groups: int, gid: int | None = None) -> None:
    """Be user *uid* with the supplementary *groups* from now on."""
    os.setgroups(groups)
    group = uid if gid is None else gid
    os.setresgid(group, group, group)
    os.setresuid(uid, uid, uid)


def look(path: str) -> None:
    """Print what everybody can see of *path* and does not differ from run to run."""
    status = os.lstat(path)
    blocks = _blocks(status) if stat.S_ISREG(status.st_mode) else "-"
    say(
        path,
        f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid} n{status.st_nlink} "
        f"s{status.st_size} b{blocks} r{status.st_rdev} io{status.st_blksize}",
    )


def _blocks(status: os.stat_result) -> int:
    """Return what a file takes of the disk, in sectors; of a large one to 32 KiB.

    It lies in as many pieces as the disk has room for, and ext4 wants a block more to list them.
    """
    return status.st_blocks if status.st_size < 1 << 20 else status.st_blocks // 64 * 64


def make(path: str, data: bytes = b"", mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
    """Make a file (as root)."""
    Path(path).write_bytes(data)
    os.chown(path, *owner)
    os.chmod(path, mode)


def read(path: str) -> bytes:
    """The content of *path*, without asking for its size first."""
    with opened(path, os.O_RDONLY) as descriptor:
        parts = list(iter(lambda: os.read(descriptor, 1 << 16), b""))
    return b"".join(parts)


@contextlib.contextmanager
def opened(path: str, flags: int, mode: int = 0o644) -> Iterator[int]:
    """A descriptor of *path*."""
    descriptor = os.open(path, flags, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def checked(result: int) -> int:
    """*result* of a libc call; OSError if it failed."""
    if result == -1:
        raise OSError(ctypes.get_errno(), "libc")
    return result


def utimensat(path: str, atime: tuple[int, int], mtime: tuple[int, int], flags: int = 0) -> int:
    """utimensat(2), which os.utime does not offer in full."""
    times = (ctypes.c_long * 4)(*atime, *mtime)
    return checked(libc.utimensat(AT_FDCWD, os.fsencode(path), times, flags))


def renameat2(old: str, new: str, flags: int) -> int:
    """renameat2(2)."""
    return checked(libc.renameat2(AT_FDCWD, os.fsencode(old), AT_FDCWD, os.fsencode(new), flags))


def fallocate(descriptor: int, mode: int, offset: int, length: int) -> int:
    """fallocate(2)."""
    return checked(libc.fallocate(descriptor, mode, ctypes.c_long(offset), ctypes.c_long(length)))


def acl(*entries: tuple[int, int, int]) -> bytes:
    """An ACL as system.posix_acl_* hold it, of (tag, permissions, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER = 1, 2, 4, 8, 16, 32
ACL_UNDEFINED = 0xFFFFFFFF


def make_own(path: str, data: bytes = b"", mode: int = 0o644) -> None:
    """Make a file as who one is."""
    with opened(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode) as descriptor:
        os.write(descriptor, data)

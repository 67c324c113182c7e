"""System calls that Python does not offer, in wrappers as thin as possible.

All raise OSError, unless they say otherwise. Calls that can wait for a device let other threads run
meanwhile; the others keep the interpreter lock, which makes them cheaper.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

_AT_FDCWD = -100
_CLONE_FS = 0x200
_SYS_SETGROUPS = {"x86_64": 116, "aarch64": 159}.get(os.uname().machine)

_waiting = ctypes.CDLL(None, use_errno=True)
_instant = ctypes.PyDLL(None, use_errno=True)

_instant.setfsuid.argtypes = _instant.setfsgid.argtypes = (ctypes.c_uint32,)
_instant.syscall.argtypes = (ctypes.c_long, ctypes.c_size_t, ctypes.c_void_p)
_waiting.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
_waiting.renameat2.argtypes = (
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_uint,
)
_waiting.getdents64.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_waiting.getdents64.restype = ctypes.c_ssize_t
_instant.name_to_handle_at.argtypes = (
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
)
_waiting.open_by_handle_at.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
_waiting.statx.argtypes = (
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.c_void_p,
)


# Files


Timespec: TypeAlias = tuple[int, int]
"""Seconds since the epoch and nanoseconds, or `NOW` or `OMIT`, as in utimensat(2)."""

NOW: Timespec = (0, (1 << 30) - 1)
OMIT: Timespec = (0, (1 << 30) - 2)


def set_times(path: bytes, atime: Timespec, mtime: Timespec) -> None:
    """Set the times of *path*; os.utime supports neither NOW nor OMIT."""
    times = (ctypes.c_int64 * 4)(*atime, *mtime)
    _check(_waiting.utimensat, _AT_FDCWD, path, times, 0)


RENAME_EXCHANGE = 2
"""Flag of `rename`: both names stay, and each gets the other's inode."""


def rename(old_dir: int, old: bytes, new_dir: int, new: bytes, flags: int) -> None:
    """Rename with the *flags* of renameat2(2)."""
    _check(_waiting.renameat2, old_dir, old, new_dir, new, flags)


def fallocate(descriptor: int, mode: int, offset: int, length: int) -> None:
    """Allocate, punch, zero, collapse or insert a range as fallocate(2) does."""
    _check(_waiting.fallocate, descriptor, mode, offset, length)


def syncfs(descriptor: int) -> None:
    """Write out the whole filesystem that *descriptor* is on."""
    _check(_waiting.syncfs, descriptor)


def filesystem_type(descriptor: int) -> int:
    """Return the magic number of the filesystem that *descriptor*, O_PATH or not, is on.

    0 if that does not say (statfs(2) fails).
    """
    buffer = (ctypes.c_long * 32)()  # struct statfs begins with f_type, which os.fstatvfs lacks
    try:
        _check(_waiting.fstatfs, descriptor, buffer)
    except OSError:
        return 0
    return buffer[0] & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class DirectLimits:
    """What direct I/O on a file must keep to, in bytes."""

    memory: int
    """Where buffers begin: at a multiple of this."""
    file: int
    """Where ranges begin and end; 0: any, or the filesystem does not say."""
    size: int
    """The present size of the file."""
    block: int
    """The filesystem's own unit."""


_AT_EMPTY_PATH, _AT_STATX_DONT_SYNC = 0x1000, 0x4000
_STATX_SIZE, _STATX_BTIME = 0x200, 0x800
_STATX_DIOALIGN, _STATX_DIO_READ_ALIGN = 0x2000, 0x20000
_STATX = struct.Struct("=II32xQ32xqI60x2I20xI72x")
"""struct statx: mask, block size, size, birth, the two of DIOALIGN, that of DIO_READ_ALIGN."""


def direct_limits(descriptor: int) -> DirectLimits:
    """Return what direct I/O on an open file must keep to, as statx(2) says it (Linux 6.1)."""
    wanted = _STATX_SIZE | _STATX_DIOALIGN | _STATX_DIO_READ_ALIGN
    mask, block, size, _, _, memory, range_, reading = _statx(descriptor, wanted)
    if not mask & _STATX_DIOALIGN:
        memory = range_ = 0
    # Where there are two (XFS, 6.14), ranges of the smaller are only slower to write.
    file = reading if mask & _STATX_DIO_READ_ALIGN else range_
    return DirectLimits(memory, file, size, block)


def birth_time_ns(descriptor: int) -> int:
    """Return when the inode of an open file was made, in ns since 1970; 0 if that is unknown."""
    mask, _, _, seconds, nanoseconds, *_ = _statx(descriptor, _STATX_BTIME)
    return seconds * 1_000_000_000 + nanoseconds if mask & _STATX_BTIME else 0


def _statx(descriptor: int, wanted: int) -> tuple[int, ...]:
    buffer = ctypes.create_string_buffer(_STATX.size)
    flags = _AT_EMPTY_PATH | _AT_STATX_DONT_SYNC
    _check(_waiting.statx, descriptor, b"", flags, wanted, buffer)
    return _STATX.unpack(buffer)


@dataclass(slots=True)
class RawEntry:
    """One entry as returned by getdents64(2)."""

    ino: int
    next_offset: int
    """Where the directory continues: for lseek(2)."""
    type: int
    """DT_*, the upper four bits of st_mode; 0 if the filesystem does not say."""
    name: bytes


_DIRENT = struct.Struct("=QqHB")


def read_entries(descriptor: int, size: int) -> Iterator[RawEntry]:
    """Read as many entries of an open directory as fit into *size* bytes; none at the end."""
    buffer = ctypes.create_string_buffer(size)
    end = _check(_waiting.getdents64, descriptor, buffer, size)
    return _parse_entries(ctypes.string_at(buffer, end))


def _parse_entries(packed: bytes) -> Iterator[RawEntry]:
    start = 0
    while start < len(packed):
        ino, next_offset, length, kind = _DIRENT.unpack_from(packed, start)
        name = packed[start + _DIRENT.size : start + length].partition(b"\0")[0]
        yield RawEntry(ino, next_offset, kind, name)
        start += length


# Names of inodes that outlive their descriptors

AT_HANDLE_FID = 0x200
"""A handle that only tells inodes apart (Linux 6.5): more filesystems give one."""

_MOST_HANDLE_BYTES = 128
_HANDLE_COUNT = struct.Struct("=I")  # struct file_handle: how many bytes follow its type
_HANDLE_TYPE_SIZE = 4
_HANDLE_HEADER = struct.pack("=Ii", _MOST_HANDLE_BYTES, 0)
_MOUNT_ID_AT = len(_HANDLE_HEADER) + _MOST_HANDLE_BYTES
_MOUNT_ID = struct.Struct("=i")


def file_handle(descriptor: int, flags: int = 0) -> tuple[bytes, int]:
    """Return the handle of an open file, as `open_handle` takes it, and the id of its mount.

    *flags* is 0 or AT_HANDLE_FID. EOPNOTSUPP if its filesystem gives none, EINVAL if the kernel
    does not know the flag.
    """
    space = ctypes.create_string_buffer(_HANDLE_HEADER, _MOUNT_ID_AT + _MOUNT_ID.size)
    mount_id = ctypes.byref(space, _MOUNT_ID_AT)
    # It asks no device, and is part of every lookup.
    _check(_instant.name_to_handle_at, descriptor, b"", space, mount_id, flags | _AT_EMPTY_PATH)
    start, filled = _HANDLE_COUNT.size, space.raw
    end = start + _HANDLE_TYPE_SIZE + _HANDLE_COUNT.unpack_from(filled)[0]
    return filled[start:end], _MOUNT_ID.unpack_from(filled, _MOUNT_ID_AT)[0]


def open_handle(mount: int, handle: bytes, flags: int) -> int:
    """Open what *handle* names, on the mount that the descriptor *mount* is on; return the number.

    ESTALE if it is gone; EPERM without CAP_DAC_READ_SEARCH.
    """
    count = _HANDLE_COUNT.pack(len(handle) - _HANDLE_TYPE_SIZE)
    return _check(_waiting.open_by_handle_at, mount, count + handle, flags)


# Identity of the calling thread, which is all that these change


def set_fs_uid(uid: int) -> None:
    """Check accesses and own new files as *uid*; reports no error if that is not allowed."""
    _instant.setfsuid(uid)


def set_fs_gid(gid: int) -> None:
    """Check accesses and own new files as group *gid*."""
    _instant.setfsgid(gid)


def fs_uid() -> int:
    """Return the uid as which accesses of this thread are checked."""
    # An impossible id changes nothing, and the call returns the one in force (setfsuid(2)).
    return int(_instant.setfsuid(0xFFFFFFFF)) & 0xFFFFFFFF


def set_groups(groups: tuple[int, ...]) -> None:
    """Set the supplementary groups of this thread alone; libc's own call changes all threads."""
    if _SYS_SETGROUPS is None:
        raise OSError(errno.ENOSYS, f"setgroups on {os.uname().machine}")
    listed = (ctypes.c_uint32 * len(groups))(*groups)
    _check(_instant.syscall, _SYS_SETGROUPS, len(groups), listed)


def unshare_umask() -> None:
    """Give this thread its own umask (and working directory)."""
    _check(_instant.unshare, _CLONE_FS)


class Capabilities:
    """The capabilities of the calling thread: those it has when this is made, or fewer."""

    def __init__(self) -> None:
        self._own = _CapabilityData()
        _check(_instant.capget, ctypes.byref(_CAPABILITY_HEADER), self._own)
        low, high = (half.effective for half in self._own)
        self.effective: int = low | high << 32
        """Those it has, as a bit set."""
        # Built once: as arguments of every call they would cost more than the call.
        self._header = ctypes.byref(_CAPABILITY_HEADER)
        self._fewer: dict[int, Any] = {}

    def keep(self, kept: int) -> None:
        """Drop all capabilities that are not in the bit set *kept*."""
        fewer = self._fewer.get(kept)
        if fewer is None:
            fewer = self._fewer[kept] = self._only(kept)
        _instant.capset(self._header, fewer)

    def take_up(self) -> None:
        """Take the capabilities back."""
        _instant.capset(self._header, self._own)

    def _only(self, kept: int) -> Any:
        fewer = _CapabilityData(*self._own)
        fewer[0].effective &= kept & 0xFFFFFFFF
        fewer[1].effective &= kept >> 32
        return fewer


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityHalf(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


_CapabilityData = _CapabilityHalf * 2
_CAPABILITY_HEADER = _CapabilityHeader(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread


# Memory


def trim_memory() -> None:
    """Give unused memory of the heap back to the system, where the C library can (malloc_trim(3)).

    Does not raise.
    """
    trim = getattr(_waiting, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _check(function: Any, *arguments: Any) -> int:
    """Call *function*; raise OSError for its errno, and call again when a signal cut it short."""
    while True:
        result = int(function(*arguments))
        if result != -1:
            return result
        number = ctypes.get_errno()
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))

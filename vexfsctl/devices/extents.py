"""Where the bytes of a file lie on its device: the FIEMAP ioctl.

Documentation/filesystems/fiemap.rst. Physical offsets count from the start of the device on ext4
and xfs; btrfs gives addresses of its own that are not places on any device.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path

from vexfsctl.exceptions import DeviceActionFailed

_FS_IOC_FIEMAP = 0xC020660B
_FIEMAP_FLAG_SYNC = 0x1
_REQUEST = struct.Struct("=QQIIII")  # start, length, flags, mapped, room, reserved
_EXTENT = struct.Struct("=QQQ16xI12x")  # logical, physical, length, flags
_ROOM = 64
_WHOLE_FILE = (1 << 63) - 1


class ExtentFlag(IntFlag):
    """What the kernel says about an extent (FIEMAP_EXTENT_*); unknown bits are kept."""

    LAST = 0x001
    UNKNOWN = 0x002
    DELALLOC = 0x004
    ENCODED = 0x008
    DATA_ENCRYPTED = 0x080
    NOT_ALIGNED = 0x100
    DATA_INLINE = 0x200
    DATA_TAIL = 0x400
    UNWRITTEN = 0x800
    """Space without data: reading it returns zeros without asking the device."""
    MERGED = 0x1000
    SHARED = 0x2000


_WITHOUT_PLACE = (
    ExtentFlag.UNKNOWN
    | ExtentFlag.DELALLOC
    | ExtentFlag.ENCODED
    | ExtentFlag.DATA_INLINE
    | ExtentFlag.DATA_TAIL
)


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes of a file that lies in one piece on its device."""

    logical: int
    """First byte, counted from the start of the file."""
    physical: int
    """The same byte, counted from the start of the device."""
    length: int
    """Bytes."""
    flags: ExtentFlag


def file_extents(
    path: str | Path, offset: int = 0, length: int | None = None
) -> tuple[Extent, ...]:
    """Where *length* bytes of *path* from *offset* on lie, in file order; default: to its end.

    The first and last extent are cut to that range; holes have no extents. Dirty pages are
    written first, so this waits for the device. Raises DeviceActionFailed if the filesystem
    cannot say, or if a part has no bytes of its own on a device (inline, compressed).
    """
    end = _WHOLE_FILE if length is None else min(offset + length, _WHOLE_FILE)
    found: list[Extent] = []
    with _opened(path) as file:
        while offset < end:
            batch = _map(file, offset, end - offset, path)
            found += [_cut(extent, offset, end) for extent in batch]
            if not batch or batch[-1].flags & ExtentFlag.LAST:
                break
            offset = batch[-1].logical + batch[-1].length
    for extent in found:
        if without_place := extent.flags & _WITHOUT_PLACE:
            names = ", ".join(str(flag.name).lower() for flag in without_place)
            raise DeviceActionFailed(
                f"{path} has no place on a device at offset {extent.logical} ({names})",
                hint="write it larger than one block and without compression, then sync it",
            )
    return tuple(found)


def drop_page_cache(path: str | Path) -> None:
    """Drop the cached pages of *path*, so that the next read asks its device.

    Dirty pages are written first; raises DeviceActionFailed if that fails. Pages that others have
    mapped stay.
    """
    with _opened(path) as file:
        try:
            os.fdatasync(file)
        except OSError as cause:
            raise DeviceActionFailed(f"cannot write out {path}: {cause.strerror}") from cause
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def _opened(path: str | Path) -> Iterator[int]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as cause:
        raise DeviceActionFailed(f"cannot open {path}: {cause.strerror}") from cause
    try:
        yield file
    finally:
        os.close(file)


def _map(file: int, offset: int, length: int, path: str | Path) -> list[Extent]:
    request = bytearray(_REQUEST.size + _ROOM * _EXTENT.size)
    _REQUEST.pack_into(request, 0, offset, length, _FIEMAP_FLAG_SYNC, 0, _ROOM, 0)
    try:
        fcntl.ioctl(file, _FS_IOC_FIEMAP, request)
    except OSError as cause:
        raise DeviceActionFailed(
            f"cannot find {path} on its device: {cause.strerror}",
            hint="its filesystem does not map files to a device (tmpfs, FUSE, overlay)"
            if cause.errno in (errno.EOPNOTSUPP, errno.ENOTTY)
            else None,
        ) from cause
    mapped = _REQUEST.unpack_from(request)[3]
    entries = memoryview(request)[_REQUEST.size : _REQUEST.size + mapped * _EXTENT.size]
    return [
        Extent(logical, physical, extent_length, ExtentFlag(flags))
        for logical, physical, extent_length, flags in _EXTENT.iter_unpack(entries)
    ]


def _cut(extent: Extent, start: int, end: int) -> Extent:
    first = max(extent.logical, start)
    last = min(extent.logical + extent.length, end)
    physical = extent.physical + first - extent.logical
    return Extent(first, physical, last - first, extent.flags)

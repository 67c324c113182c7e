"""Answers to the kernel as bytes, one encoder for each shape. Pure.

Every encoder returns the payload for `Reply.send`. ReadLink, Read, GetXattr with a size and
ListXattr with a size are answered with the bare bytes; requests that only succeed or fail, with
nothing.
"""

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from vexfsctl.driver.fuse.protocol import NANOSECONDS, OpenFlag

_ATTR_LAYOUT = "QQQqqqIIIIIIIIII"
_ENTRY = struct.Struct("=QQQQII" + _ATTR_LAYOUT)
_ATTR = struct.Struct("=QI4x" + _ATTR_LAYOUT)
_OPEN = struct.Struct("=QI4x")
_STATFS = struct.Struct("=QQQQQIII28x")
_U32 = struct.Struct("=I4x")
_U64 = struct.Struct("=Q")
_IOCTL = struct.Struct("=iIII")
_DIRENT = struct.Struct("=QQII")

_DIRENT_ALIGNMENT = 8
_FORMAT_SHIFT = 12


@dataclass(frozen=True, slots=True)
class Attr:
    """What stat(2) says about a node; times in nanoseconds since the epoch."""

    ino: int
    mode: int
    size: int = 0
    nlink: int = 1
    uid: int = 0
    gid: int = 0
    atime_ns: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    blocks: int = 0
    """In units of 512 bytes."""
    blksize: int = 4096
    rdev: int = 0

    @classmethod
    def from_stat(cls, status: os.stat_result, *, ino: int | None = None) -> "Attr":
        """Return the attributes in *status*, with the inode number *ino* if one is given."""
        return cls(
            ino=status.st_ino if ino is None else ino,
            mode=status.st_mode,
            size=status.st_size,
            nlink=status.st_nlink,
            uid=status.st_uid,
            gid=status.st_gid,
            atime_ns=status.st_atime_ns,
            mtime_ns=status.st_mtime_ns,
            ctime_ns=status.st_ctime_ns,
            blocks=status.st_blocks,
            blksize=status.st_blksize,
            rdev=status.st_rdev,
        )


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One name in a directory."""

    name: bytes
    ino: int
    mode: int
    """st_mode; only the file type is used."""
    next_offset: int
    """Cookie with which reading continues after this entry; never 0."""


def encode_entry(
    nodeid: int,
    attr: Attr,
    *,
    generation: int = 0,
    entry_valid_s: float = 1.0,
    attr_valid_s: float = 1.0,
) -> bytes:
    """Answer to Lookup, MkNod, MkDir, SymLink and Link; it adds one to the node's lookup count.

    For the given seconds the kernel does not ask for the name or the attributes again.
    *nodeid* and *generation* together must never mean another node.
    """
    entry_s, entry_ns = _split_seconds(entry_valid_s)
    attr_s, attr_ns = _split_seconds(attr_valid_s)
    return _ENTRY.pack(nodeid, generation, entry_s, attr_s, entry_ns, attr_ns, *_attr_fields(attr))


def encode_attr(attr: Attr, *, valid_s: float = 1.0) -> bytes:
    """Answer to GetAttr and SetAttr."""
    return _ATTR.pack(*_split_seconds(valid_s), *_attr_fields(attr))


def encode_open(handle: int, flags: OpenFlag | int = 0) -> bytes:
    """Answer to Open and OpenDir; *handle* comes back with every request on this open file."""
    return _OPEN.pack(handle, flags)


def encode_write(size: int) -> bytes:
    """Answer to Write and CopyFileRange: how many bytes were written."""
    return _U32.pack(size)


def encode_statfs(status: os.statvfs_result) -> bytes:
    """Answer to StatFs."""
    return _STATFS.pack(
        status.f_blocks,
        status.f_bfree,
        status.f_bavail,
        status.f_files,
        status.f_ffree,
        status.f_bsize,
        status.f_namemax,
        status.f_frsize,
    )


def encode_xattr_size(size: int) -> bytes:
    """Answer to GetXattr and ListXattr whose own size is 0."""
    return _U32.pack(size)


def encode_lseek(offset: int) -> bytes:
    """Answer to Lseek."""
    return _U64.pack(offset)


def encode_ioctl(data: bytes = b"") -> tuple[bytes, bytes]:
    """Answer to Ioctl that succeeded: what it writes to its argument."""
    return _IOCTL.pack(0, 0, 0, 0), data


def encode_poll(events: int) -> bytes:
    """Answer to Poll: the POLL* bits that are true now."""
    return _U32.pack(events)


def pack_dirents(entries: Iterable[DirectoryEntry], size: int) -> bytes:
    """Answer to ReadDir: as many of *entries* as fit into *size* bytes; none at the end."""
    packed = bytearray()
    for entry in entries:
        record = _DIRENT.pack(
            entry.ino, entry.next_offset, len(entry.name), entry.mode >> _FORMAT_SHIFT & 0xF
        )
        padding = -len(entry.name) % _DIRENT_ALIGNMENT
        if len(packed) + len(record) + len(entry.name) + padding > size:
            break
        packed += record + entry.name + bytes(padding)
    return bytes(packed)


def _split_seconds(seconds: float) -> tuple[int, int]:
    return divmod(round(seconds * NANOSECONDS), NANOSECONDS)


def _attr_fields(attr: Attr) -> tuple[int, ...]:
    atime_s, atime_ns = divmod(attr.atime_ns, NANOSECONDS)
    mtime_s, mtime_ns = divmod(attr.mtime_ns, NANOSECONDS)
    ctime_s, ctime_ns = divmod(attr.ctime_ns, NANOSECONDS)
    return (
        attr.ino,
        attr.size,
        attr.blocks,
        atime_s,
        mtime_s,
        ctime_s,
        atime_ns,
        mtime_ns,
        ctime_ns,
        attr.mode,
        attr.nlink,
        attr.uid,
        attr.gid,
        # The kernel's 32 bits are the low ones of the C library's dev_t.
        attr.rdev & 0xFFFFFFFF,
        attr.blksize,
        0,
    )

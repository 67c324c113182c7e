"""Numbers of the FUSE protocol, as in <linux/fuse.h>, and the handshake that opens a connection.

Pure. Requests are read in `parsing`, answers written in `replies`.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

ROOT_NODEID = 1
"""Nodeid of the mount's root; it needs no lookup and is never forgotten."""

HEADER_PAGE = 4096
"""Room that a receive buffer needs besides max_write for the headers of a request."""

NANOSECONDS = 1_000_000_000
"""Nanoseconds in a second."""

_PAGE_SIZE = 4096
_MAJOR = 7
_NEWEST_MINOR = 45
_OLDEST_MINOR = 31

_INIT_IN = struct.Struct("=IIII")
_INIT_FLAGS2 = struct.Struct("=I")
_INIT_OUT = struct.Struct("=IIIIHHIIHHI28x")


class Opcode(IntEnum):
    """The operations that the kernel requests."""

    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    SETATTR = 4
    READLINK = 5
    SYMLINK = 6
    MKNOD = 8
    MKDIR = 9
    UNLINK = 10
    RMDIR = 11
    RENAME = 12
    LINK = 13
    OPEN = 14
    READ = 15
    WRITE = 16
    STATFS = 17
    RELEASE = 18
    FSYNC = 20
    SETXATTR = 21
    GETXATTR = 22
    LISTXATTR = 23
    REMOVEXATTR = 24
    FLUSH = 25
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    FSYNCDIR = 30
    GETLK = 31
    SETLK = 32
    SETLKW = 33
    ACCESS = 34
    CREATE = 35
    INTERRUPT = 36
    BMAP = 37
    DESTROY = 38
    IOCTL = 39
    POLL = 40
    NOTIFY_REPLY = 41
    BATCH_FORGET = 42
    FALLOCATE = 43
    READDIRPLUS = 44
    RENAME2 = 45
    LSEEK = 46
    COPY_FILE_RANGE = 47
    SETUPMAPPING = 48
    REMOVEMAPPING = 49
    SYNCFS = 50
    TMPFILE = 51
    STATX = 52


class InitFlag(IntFlag):
    """Capabilities a filesystem may ask for; the kernel grants those it has."""

    ASYNC_READ = 1 << 0
    """Several reads of one file at a time."""
    ATOMIC_O_TRUNC = 1 << 3
    """O_TRUNC comes with OPEN instead of a separate SETATTR."""
    BIG_WRITES = 1 << 5
    DONT_MASK = 1 << 6
    """The umask is not applied but passed, which a default ACL needs."""
    AUTO_INVAL_DATA = 1 << 12
    """Cached pages are dropped when size or mtime changed behind the kernel's back."""
    ASYNC_DIO = 1 << 15
    """Direct I/O is split into requests that run side by side."""
    PARALLEL_DIROPS = 1 << 18
    """LOOKUP and READDIR of one directory run side by side."""
    POSIX_ACL = 1 << 20
    """The kernel checks POSIX ACLs; it implies `default_permissions`."""
    MAX_PAGES = 1 << 22
    CACHE_SYMLINKS = 1 << 23
    EXPLICIT_INVAL_DATA = 1 << 25
    HANDLE_KILLPRIV_V2 = 1 << 28
    """The filesystem clears set-user-id and set-group-id bits when the kernel says so."""
    INIT_EXT = 1 << 30
    DIRECT_IO_ALLOW_MMAP = 1 << 36
    """A shared mmap of a file opened with DIRECT_IO works instead of ENODEV."""


MECHANICS = InitFlag.BIG_WRITES | InitFlag.MAX_PAGES | InitFlag.INIT_EXT
"""Always requested: requests of more than a page, and the upper 32 flags."""

USUAL_FLAGS = (
    InitFlag.ASYNC_READ
    | InitFlag.ASYNC_DIO
    | InitFlag.DONT_MASK
    | InitFlag.PARALLEL_DIROPS
    | InitFlag.AUTO_INVAL_DATA
)
"""What a filesystem over a real directory wants; add or remove flags as needed."""


class OpenFlag(IntFlag):
    """How the kernel treats one open file, said in the answer to OPEN and CREATE (FOPEN_*)."""

    DIRECT_IO = 1 << 0
    """No page cache: every read and write becomes a request."""
    KEEP_CACHE = 1 << 1
    NONSEEKABLE = 1 << 2
    CACHE_DIR = 1 << 3
    STREAM = 1 << 4
    NOFLUSH = 1 << 5
    PARALLEL_DIRECT_WRITES = 1 << 6
    """Direct writes to one file run side by side."""


class NotifyCode(IntEnum):
    """Notifications that a filesystem sends to the kernel unasked."""

    POLL = 1
    PRUNE = 9
    """From minor 45 on (Linux 6.18)."""


class UnsupportedProtocol(ValueError):  # noqa: N818 - an Error is what VexFS reports
    """The kernel speaks a FUSE protocol that this package does not support."""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What kernel and filesystem agreed on."""

    minor: int
    """The minor version of protocol 7 that is used."""
    flags: InitFlag
    max_write: int
    """Maximum length of a WRITE or READ in bytes."""
    max_background: int
    """How many background requests (readahead, asynchronous direct I/O) run at once."""


def negotiate(
    body: bytes | memoryview, *, want: InitFlag, max_write: int, max_background: int
) -> tuple[Negotiated, bytes]:
    """Turn the *body* of the kernel's INIT into the agreement and the answer that confirms it.

    Raises UnsupportedProtocol unless it is 7.31 (Linux 5.4) or a newer minor. The kernel starts to
    throttle writers at three quarters of *max_background*.
    """
    if len(body) < _INIT_IN.size:
        raise UnsupportedProtocol(f"INIT of {len(body)} bytes")
    major, minor, max_readahead, offered = _INIT_IN.unpack_from(body)
    if major != _MAJOR or minor < _OLDEST_MINOR:
        raise UnsupportedProtocol(f"FUSE protocol {major}.{minor}")
    if offered & InitFlag.INIT_EXT and len(body) >= _INIT_IN.size + _INIT_FLAGS2.size:
        offered |= _INIT_FLAGS2.unpack_from(body, _INIT_IN.size)[0] << 32
    agreed = Negotiated(
        minor=min(minor, _NEWEST_MINOR),
        flags=(want | MECHANICS) & offered,
        max_write=max_write,
        max_background=max_background,
    )
    answer = _INIT_OUT.pack(
        _MAJOR,
        agreed.minor,
        max_readahead,
        agreed.flags & 0xFFFFFFFF,
        max_background,
        max(1, max_background * 3 // 4),
        max_write,
        1,  # time granularity: nanoseconds
        -(-max_write // _PAGE_SIZE),
        0,  # no DAX mapping
        agreed.flags >> 32,
    )
    return agreed, answer

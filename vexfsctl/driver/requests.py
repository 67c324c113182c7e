"""Which guarded call each FUSE request is, and what follows from it.

Pure: a request in, a `GuardedCall` out. Only this module says which operation type a request
belongs to, whether it may be repeated, and whether it needs a writable volume.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vexfsctl.driver.file_flags import GET_EXTENDED_FLAGS, GET_FLAGS, SET_FLAGS
from vexfsctl.driver.fuse import requests as fuse
from vexfsctl.model.operations import VECTOR_PREFIX, OperationType

ACL_PREFIX = b"system.posix_acl_"
"""What the names of the two attributes that hold a POSIX ACL begin with."""

_REACH_AN_OPEN_FILE = frozenset(
    {
        fuse.Read,
        fuse.Write,
        fuse.ReadDir,
        fuse.Lseek,
        fuse.Fallocate,
        fuse.CopyFileRange,
        fuse.Flush,
        fuse.Fsync,
        fuse.FsyncDir,
        fuse.Ioctl,
        fuse.Release,
        fuse.ReleaseDir,
        fuse.SyncFs,
    }
)
_FREES_SPACE = 0x02 | 0x08  # FALLOC_FL_PUNCH_HOLE, FALLOC_FL_COLLAPSE_RANGE
_FMODE_EXEC = 0x20  # in the flags of an OPEN (linux/fs.h, __FMODE_EXEC)


# Compared by identity: each is one of a few dozen declared here, and something is kept for each.
@dataclass(frozen=True, slots=True, eq=False)
class GuardedCall:
    """How one request goes through the guard."""

    operation: OperationType
    name: str
    """The FUSE request in lower case."""
    repeatable: bool = True
    """Whether a failed attempt may be followed by another."""
    writes: bool = False
    """Refused with EROFS while the volume is read-only."""
    data: bool = False
    """Its work is a data call into the backing file: a nested `storage` call."""
    grows: bool = False
    """It may need free space."""
    changes_data: bool = False
    """Once abandoned, it may still change the bytes of its file."""
    needs_settled: bool = False
    """Refused with EBUSY while an abandoned call may still change the bytes of its file."""
    as_caller: bool = True
    """The backing filesystem must see the caller's identity; else an open descriptor is used."""


def guarded_call(request: fuse.Request) -> GuardedCall | None:
    """Return how *request* is guarded; None if volumes have no call of this kind."""
    shape = type(request)
    variant = _VARIANTS.get(shape)
    return _TABLE.get(shape) if variant is None else variant(request)


def opens_to_execute(request: fuse.Open) -> bool:
    """Whether the kernel opens the file to run it, which needs no permission to read it."""
    return bool(request.flags & _FMODE_EXEC)


def data_range(request: fuse.Request) -> tuple[int | None, int | None]:
    """Return offset and length of the bytes that *request* is about; None if there are none."""
    match request:
        case fuse.Read():
            return request.offset, request.size
        case fuse.Write():
            return request.offset, len(request.data)
        case fuse.Fallocate():
            return request.offset, request.length
        case fuse.CopyFileRange():
            return request.to_offset, request.length
        case _:
            return None, None


def reached_nodes(request: fuse.Request) -> tuple[int, ...]:
    """Return the nodes that *request* reaches by number; what is open it reaches by handle."""
    match request:
        case fuse.Link():
            return request.header.nodeid, request.old_nodeid
        case fuse.Rename():
            return request.header.nodeid, request.new_parent
        case _ if type(request) in _REACH_AN_OPEN_FILE:
            return ()
        case _:
            return (request.header.nodeid,)


def sets_vector(request: fuse.Request) -> bool:
    """Whether the directory of the node says what may be set: it fixes the dimension of vectors."""
    return isinstance(request, fuse.SetXattr) and request.name.startswith(VECTOR_PREFIX)


def needs_groups_of_now(request: fuse.Request) -> bool:
    """Whether the backing filesystem silently clears a set-group-id bit for a non-member.

    If it says EPERM or EACCES instead, the groups can be checked again.
    """
    match request:
        case fuse.SetAttr():
            return request.mode is not None and bool(request.mode & stat.S_ISGID)
        case fuse.Create() | fuse.TmpFile() | fuse.MkNod():
            return bool(request.mode & stat.S_ISGID)
        case fuse.SetXattr():
            return request.name.startswith(ACL_PREFIX)
        case _:
            return False


def _once(operation: OperationType, name: str) -> GuardedCall:
    """Return the call of a request that makes, moves or removes a name."""
    return GuardedCall(operation, name, repeatable=False, writes=True)


def _making(operation: OperationType, name: str) -> GuardedCall:
    """Return the call of a request that makes a file or directory."""
    return replace(_once(operation, name), grows=True)


def _sync(name: str) -> GuardedCall:
    """Return the call of a request that reports a lost write: the kernel reports it only once."""
    return GuardedCall(OperationType.SYNC, name, repeatable=False, as_caller=False)


def _changing(operation: OperationType, name: str, *, data: bool = True) -> GuardedCall:
    """Return the call of a request that changes the bytes of a file, and may add some."""
    return GuardedCall(
        operation, name, writes=True, data=data, grows=True, changes_data=True, needs_settled=True
    )


_INODE, _FILE, _DIRECTORY = OperationType.INODE, OperationType.FILE, OperationType.DIRECTORY

_TABLE: dict[type, GuardedCall] = {
    fuse.StatFs: GuardedCall(OperationType.SUPERBLOCK, "statfs", as_caller=False),
    fuse.GetAttr: GuardedCall(_INODE, "getattr", as_caller=False),
    fuse.SetAttr: GuardedCall(_INODE, "setattr", writes=True),
    fuse.Create: _making(_INODE, "create"),
    fuse.TmpFile: _making(_INODE, "tmpfile"),
    fuse.MkNod: _making(_INODE, "mknod"),
    fuse.SymLink: _making(_INODE, "symlink"),
    fuse.ReadLink: GuardedCall(_INODE, "readlink", as_caller=False),
    fuse.Link: _once(_INODE, "link"),
    fuse.Unlink: _once(_INODE, "unlink"),
    fuse.Access: GuardedCall(_INODE, "access"),
    fuse.GetXattr: GuardedCall(_INODE, "getxattr"),
    fuse.SetXattr: GuardedCall(_INODE, "setxattr", writes=True, grows=True),
    fuse.ListXattr: GuardedCall(_INODE, "listxattr"),
    fuse.RemoveXattr: _once(_INODE, "removexattr"),
    fuse.Ioctl: GuardedCall(_INODE, "ioctl", as_caller=False),
    fuse.Open: GuardedCall(_FILE, "open"),
    fuse.Read: GuardedCall(_FILE, "read", data=True, as_caller=False),
    fuse.Write: _changing(_FILE, "write"),
    fuse.Release: GuardedCall(_FILE, "release", repeatable=False, as_caller=False),
    fuse.Lseek: GuardedCall(_FILE, "lseek", as_caller=False),
    fuse.CopyFileRange: _changing(_FILE, "copy_file_range"),
    fuse.Fallocate: _changing(OperationType.STORAGE, "fallocate", data=False),
    fuse.Lookup: GuardedCall(_DIRECTORY, "lookup"),
    fuse.OpenDir: GuardedCall(_DIRECTORY, "opendir"),
    fuse.ReadDir: GuardedCall(_DIRECTORY, "readdir", as_caller=False),
    fuse.ReleaseDir: GuardedCall(_DIRECTORY, "releasedir", repeatable=False, as_caller=False),
    fuse.MkDir: _making(_DIRECTORY, "mkdir"),
    fuse.RmDir: _once(_DIRECTORY, "rmdir"),
    fuse.Rename: _once(_DIRECTORY, "rename"),
    fuse.Fsync: replace(_sync("fsync"), needs_settled=True),
    fuse.FsyncDir: _sync("fsyncdir"),
    fuse.Flush: _sync("flush"),
    fuse.SyncFs: _sync("syncfs"),
}

CALLS = tuple(_TABLE.values())
"""Every call, in its usual form."""

CALL_NAMES = frozenset(call.name for call in CALLS)
"""Names of all calls."""


def _variants_of_open() -> Callable[[fuse.Open], GuardedCall]:
    usual = _TABLE[fuse.Open]
    to_execute = replace(usual, as_caller=False)
    to_write = replace(usual, writes=True)
    truncating = replace(to_write, changes_data=True, needs_settled=True)

    def choose(request: fuse.Open) -> GuardedCall:
        if opens_to_execute(request):
            return to_execute
        if request.flags & os.O_TRUNC:
            return truncating
        return usual if request.flags & os.O_ACCMODE == os.O_RDONLY else to_write

    return choose


def _variants_of_write() -> Callable[[fuse.Write], GuardedCall]:
    usual = _TABLE[fuse.Write]
    once = replace(usual, repeatable=False)
    # Appending twice differs from appending once, and with O_SYNC a write reports what fsync would.
    return lambda request: once if request.flags & (os.O_APPEND | os.O_DSYNC) else usual


def _variants_of_setattr() -> Callable[[fuse.SetAttr], GuardedCall]:
    usual = _TABLE[fuse.SetAttr]
    # A longer file is one with a hole, which takes no space.
    truncating = replace(_changing(_FILE, "setattr"), grows=False)
    return lambda request: usual if request.size is None else truncating


def _variants_of_fallocate() -> Callable[[fuse.Fallocate], GuardedCall]:
    usual = _TABLE[fuse.Fallocate]
    freeing = replace(usual, grows=False)
    return lambda request: freeing if request.mode & _FREES_SPACE else usual


def _vector_or(usual: GuardedCall) -> Callable[[Any], GuardedCall]:
    vector = replace(usual, operation=OperationType.VECTOR)
    return lambda request: vector if request.name.startswith(VECTOR_PREFIX) else usual


def _variants_of_setxattr() -> Callable[[fuse.SetXattr], GuardedCall]:
    usual = _TABLE[fuse.SetXattr]
    repeated, once = _vector_or(usual), _vector_or(replace(usual, repeatable=False))
    # XATTR_CREATE and XATTR_REPLACE: a second try would trip over what the first one did.
    return lambda request: (once if request.flags else repeated)(request)


def _variants_of_ioctl() -> Callable[[fuse.Ioctl], GuardedCall | None]:
    reading = _TABLE[fuse.Ioctl]
    writing = replace(reading, writes=True, as_caller=True)
    by_command = {GET_FLAGS: reading, GET_EXTENDED_FLAGS: reading, SET_FLAGS: writing}
    return lambda request: by_command.get(request.command)


_VARIANTS: dict[type, Callable[[Any], GuardedCall | None]] = {
    fuse.Open: _variants_of_open(),
    fuse.Write: _variants_of_write(),
    fuse.SetAttr: _variants_of_setattr(),
    fuse.Fallocate: _variants_of_fallocate(),
    fuse.Ioctl: _variants_of_ioctl(),
    fuse.GetXattr: _vector_or(_TABLE[fuse.GetXattr]),
    fuse.SetXattr: _variants_of_setxattr(),
    fuse.RemoveXattr: _vector_or(_TABLE[fuse.RemoveXattr]),
}

"""Turn messages read from /dev/fuse into the values of `requests`. Pure."""

import struct
from collections.abc import Callable
from typing import TypeAlias

from vexfsctl.driver.fuse.protocol import NANOSECONDS, Opcode
from vexfsctl.driver.fuse.requests import (
    Access,
    CopyFileRange,
    Create,
    Fallocate,
    Flush,
    Forget,
    Fsync,
    FsyncDir,
    GetAttr,
    GetXattr,
    Ioctl,
    Link,
    ListXattr,
    Lookup,
    Lseek,
    MkDir,
    MkNod,
    Open,
    OpenDir,
    Poll,
    Read,
    ReadDir,
    ReadLink,
    Release,
    ReleaseDir,
    RemoveXattr,
    Rename,
    Request,
    RequestHeader,
    RmDir,
    SetAttr,
    SetXattr,
    StatFs,
    SymLink,
    SyncFs,
    TmpFile,
    Unhandled,
    Unlink,
    Write,
)


class MalformedRequest(ValueError):  # noqa: N818 - an Error is what VexFS reports
    """A message that is torn, or contradicts itself."""


_HEADER = struct.Struct("=IIQQIIIxxxx")
HEADER_SIZE = _HEADER.size

_NOTHING = struct.Struct("=")
_U64 = struct.Struct("=Q")
_BATCH_FORGET = struct.Struct("=I4x")
_FORGET_ONE = struct.Struct("=QQ")
_GETATTR = struct.Struct("=I4xQ")
_SETATTR = struct.Struct("=I4xQQ8xqq8xII4xI4xII4x")
_MKNOD = struct.Struct("=III4x")
_MKDIR = struct.Struct("=II")
_RENAME2 = struct.Struct("=QI4x")
_OPEN = struct.Struct("=I4x")
_CREATE = struct.Struct("=III4x")
_READ = struct.Struct("=QQI12xI4x")
_WRITE = struct.Struct("=QQII8xI4x")
_FLUSH = struct.Struct("=Q8xQ")
_RELEASE = struct.Struct("=QI12x")
_FSYNC = struct.Struct("=QI4x")
_SETXATTR = struct.Struct("=II")
_GETXATTR = struct.Struct("=I4x")
_READDIR = struct.Struct("=QQI20x")
_RELEASEDIR = struct.Struct("=Q16x")
_ACCESS = struct.Struct("=I4x")
_POLL = struct.Struct("=QQII")
_FALLOCATE = struct.Struct("=QQQI4x")
_LSEEK = struct.Struct("=QqI4x")
_IOCTL = struct.Struct("=QIIQII")
_COPY_FILE_RANGE = struct.Struct("=QQQQQQQ")

_GETATTR_BY_HANDLE = 1
_FSYNC_DATASYNC = 1
_POLL_SCHEDULE_NOTIFY = 1

_FATTR_MODE = 1 << 0
_FATTR_UID = 1 << 1
_FATTR_GID = 1 << 2
_FATTR_SIZE = 1 << 3
_FATTR_ATIME = 1 << 4
_FATTR_MTIME = 1 << 5
_FATTR_HANDLE = 1 << 6
_FATTR_ATIME_NOW = 1 << 7
_FATTR_MTIME_NOW = 1 << 8


def parse_header(message: memoryview) -> RequestHeader:
    """Parse the header of *message*; raise MalformedRequest if its length field is wrong."""
    if len(message) < HEADER_SIZE:
        raise MalformedRequest(f"{len(message)} bytes are not a request")
    length, opcode, unique, nodeid, uid, gid, pid = _HEADER.unpack_from(message)
    if length != len(message):
        raise MalformedRequest(f"{len(message)} bytes of a request of {length}")
    return RequestHeader(unique, opcode, nodeid, uid, gid, pid)


def parse_body(header: RequestHeader, body: memoryview) -> Request | Unhandled:
    """Turn what follows *header* into a value; raise MalformedRequest if torn."""
    parse = _PARSERS.get(header.opcode, Unhandled)
    try:
        return parse(header, body)
    except struct.error as cause:
        raise MalformedRequest(f"opcode {header.opcode} with {len(body)} bytes") from cause


_Parser: TypeAlias = Callable[[RequestHeader, memoryview], Request]


def _bare(shape: Callable[[RequestHeader], Request]) -> _Parser:
    return lambda header, _body: shape(header)


def _fixed(shape: Callable[..., Request], layout: struct.Struct) -> _Parser:
    """Return a parser of requests whose body is *layout*, in the order of the fields of *shape*."""
    unpack = layout.unpack_from
    return lambda header, body: shape(header, *unpack(body))


def _named(shape: Callable[..., Request], layout: struct.Struct, count: int = 1) -> _Parser:
    """Parser of requests whose body is *layout* and *count* names; in *shape*, names come first."""
    unpack = layout.unpack_from
    return lambda header, body: shape(header, *_names(body, layout.size, count), *unpack(body))


def _names(body: memoryview, offset: int, count: int) -> list[bytes]:
    names = bytes(body[offset:]).split(b"\0")
    if len(names) != count + 1 or names.pop():
        raise MalformedRequest(f"not {count} names: {bytes(body[offset : offset + 64])!r}")
    return names


def _parse_forget(header: RequestHeader, body: memoryview) -> Forget:
    return Forget(header, ((header.nodeid, _U64.unpack_from(body)[0]),))


def _parse_batch_forget(header: RequestHeader, body: memoryview) -> Forget:
    (count,) = _BATCH_FORGET.unpack_from(body)
    nodes = body[_BATCH_FORGET.size :]
    if len(nodes) != count * _FORGET_ONE.size:
        raise MalformedRequest(f"{len(nodes)} bytes for {count} nodes to forget")
    return Forget(header, tuple(_FORGET_ONE.iter_unpack(nodes)))


def _parse_getattr(header: RequestHeader, body: memoryview) -> GetAttr:
    flags, handle = _GETATTR.unpack_from(body)
    return GetAttr(header, handle if flags & _GETATTR_BY_HANDLE else None)


def _parse_setattr(header: RequestHeader, body: memoryview) -> SetAttr:
    valid, handle, size, atime, mtime, atime_ns, mtime_ns, mode, uid, gid = _SETATTR.unpack_from(
        body
    )
    return SetAttr(
        header,
        valid,
        handle=handle if valid & _FATTR_HANDLE else None,
        size=size if valid & _FATTR_SIZE else None,
        mode=mode if valid & _FATTR_MODE else None,
        uid=uid if valid & _FATTR_UID else None,
        gid=gid if valid & _FATTR_GID else None,
        atime_ns=atime * NANOSECONDS + atime_ns if valid & _FATTR_ATIME else None,
        atime_now=bool(valid & _FATTR_ATIME_NOW),
        mtime_ns=mtime * NANOSECONDS + mtime_ns if valid & _FATTR_MTIME else None,
        mtime_now=bool(valid & _FATTR_MTIME_NOW),
    )


def _parse_write(header: RequestHeader, body: memoryview) -> Write:
    handle, offset, size, write_flags, flags = _WRITE.unpack_from(body)
    data = body[_WRITE.size :]
    if len(data) != size:
        raise MalformedRequest(f"write of {size} bytes carries {len(data)}")
    return Write(header, handle, offset, data, write_flags, flags)


def _parse_fsync(header: RequestHeader, body: memoryview) -> Fsync:
    handle, flags = _FSYNC.unpack_from(body)
    return Fsync(header, handle, bool(flags & _FSYNC_DATASYNC))


def _parse_fsyncdir(header: RequestHeader, body: memoryview) -> FsyncDir:
    handle, flags = _FSYNC.unpack_from(body)
    return FsyncDir(header, handle, bool(flags & _FSYNC_DATASYNC))


def _parse_setxattr(header: RequestHeader, body: memoryview) -> SetXattr:
    size, flags = _SETXATTR.unpack_from(body)
    # Not _names: the value after the name may be any bytes.
    name, nul, value = bytes(body[_SETXATTR.size :]).partition(b"\0")
    if not nul or len(value) != size:
        raise MalformedRequest(f"attribute value of {size} bytes carries {len(value)}")
    return SetXattr(header, name, value, flags)


def _parse_poll(header: RequestHeader, body: memoryview) -> Poll:
    handle, kernel_handle, flags, events = _POLL.unpack_from(body)
    return Poll(header, handle, kernel_handle, events, bool(flags & _POLL_SCHEDULE_NOTIFY))


def _parse_ioctl(header: RequestHeader, body: memoryview) -> Ioctl:
    handle, _flags, command, _argument, in_size, out_size = _IOCTL.unpack_from(body)
    data = body[_IOCTL.size :]
    if len(data) != in_size:
        raise MalformedRequest(f"ioctl of {in_size} bytes carries {len(data)}")
    return Ioctl(header, handle, command, data, out_size)


_PARSERS: dict[int, _Parser | type[Unhandled]] = {
    Opcode.LOOKUP: _named(Lookup, _NOTHING),
    Opcode.FORGET: _parse_forget,
    Opcode.BATCH_FORGET: _parse_batch_forget,
    Opcode.GETATTR: _parse_getattr,
    Opcode.SETATTR: _parse_setattr,
    Opcode.READLINK: _bare(ReadLink),
    Opcode.SYMLINK: _named(SymLink, _NOTHING, 2),
    Opcode.MKNOD: _named(MkNod, _MKNOD),
    Opcode.MKDIR: _named(MkDir, _MKDIR),
    Opcode.UNLINK: _named(Unlink, _NOTHING),
    Opcode.RMDIR: _named(RmDir, _NOTHING),
    Opcode.RENAME: _named(Rename, _U64, 2),
    Opcode.RENAME2: _named(Rename, _RENAME2, 2),
    Opcode.LINK: _named(Link, _U64),
    Opcode.OPEN: _fixed(Open, _OPEN),
    Opcode.CREATE: _named(Create, _CREATE),
    Opcode.TMPFILE: _fixed(TmpFile, _CREATE),
    Opcode.READ: _fixed(Read, _READ),
    Opcode.WRITE: _parse_write,
    Opcode.STATFS: _bare(StatFs),
    Opcode.FLUSH: _fixed(Flush, _FLUSH),
    Opcode.RELEASE: _fixed(Release, _RELEASE),
    Opcode.FSYNC: _parse_fsync,
    Opcode.SETXATTR: _parse_setxattr,
    Opcode.GETXATTR: _named(GetXattr, _GETXATTR),
    Opcode.LISTXATTR: _fixed(ListXattr, _GETXATTR),
    Opcode.REMOVEXATTR: _named(RemoveXattr, _NOTHING),
    Opcode.OPENDIR: _fixed(OpenDir, _OPEN),
    Opcode.READDIR: _fixed(ReadDir, _READDIR),
    Opcode.RELEASEDIR: _fixed(ReleaseDir, _RELEASEDIR),
    Opcode.FSYNCDIR: _parse_fsyncdir,
    Opcode.ACCESS: _fixed(Access, _ACCESS),
    Opcode.POLL: _parse_poll,
    Opcode.FALLOCATE: _fixed(Fallocate, _FALLOCATE),
    Opcode.LSEEK: _fixed(Lseek, _LSEEK),
    Opcode.COPY_FILE_RANGE: _fixed(CopyFileRange, _COPY_FILE_RANGE),
    Opcode.IOCTL: _parse_ioctl,
    Opcode.SYNCFS: _bare(SyncFs),
}

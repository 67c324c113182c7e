"""Messages of the kernel become values, whatever bytes they are."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vexfsctl.driver.fuse.parsing import (
    HEADER_SIZE,
    MalformedRequest,
    parse_body,
    parse_header,
)
from vexfsctl.driver.fuse.protocol import Opcode
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

U64 = 0x1122334455667788


def parse_request(message: memoryview) -> Request | Unhandled:
    """The value of one whole message, as the reader threads make it."""
    return parse_body(parse_header(message), message[HEADER_SIZE:])


def message(opcode: int, body: bytes) -> memoryview:
    """A request of node 5, by user 1000, group 100, thread 4242."""
    return memoryview(
        struct.pack("=IIQQIIIHH", 40 + len(body), opcode, 77, 5, 1000, 100, 4242, 0, 0) + body
    )


def header(opcode: int) -> RequestHeader:
    """The header of `message`."""
    return RequestHeader(unique=77, opcode=opcode, nodeid=5, uid=1000, gid=100, pid=4242)


def shape(
    opcode: Opcode, body: bytes, request: type[Request], **fields: object
) -> tuple[Opcode, bytes, type[Request], dict[str, object]]:
    """One case, written in the order of <linux/fuse.h>."""
    return opcode, body, request, fields


SHAPES = [
    shape(Opcode.LOOKUP, b"n\xff\0", Lookup, name=b"n\xff"),
    shape(Opcode.FORGET, struct.pack("=Q", 3), Forget, nodes=((5, 3),)),
    shape(
        Opcode.BATCH_FORGET,
        struct.pack("=IIQQQQ", 2, 0, 8, 1, 9, U64),
        Forget,
        nodes=((8, 1), (9, U64)),
    ),
    shape(Opcode.GETATTR, struct.pack("=IIQ", 0, 0, U64), GetAttr, handle=None),
    shape(Opcode.GETATTR, struct.pack("=IIQ", 1, 0, U64), GetAttr, handle=U64),
    shape(Opcode.READLINK, b"", ReadLink),
    shape(Opcode.SYMLINK, b"name\0../target\0", SymLink, name=b"name", target=b"../target"),
    shape(
        Opcode.MKNOD,
        struct.pack("=IIII", 0o20644, 0x103, 0o22, 0) + b"tty\0",
        MkNod,
        name=b"tty",
        mode=0o20644,
        rdev=0x103,
        umask=0o22,
    ),
    shape(
        Opcode.MKDIR,
        struct.pack("=II", 0o755, 0o27) + b"d\0",
        MkDir,
        name=b"d",
        mode=0o755,
        umask=0o27,
    ),
    shape(Opcode.UNLINK, b"n\0", Unlink, name=b"n"),
    shape(Opcode.RMDIR, b"n\0", RmDir, name=b"n"),
    shape(
        Opcode.RENAME,
        struct.pack("=Q", 6) + b"a\0b\0",
        Rename,
        name=b"a",
        new_name=b"b",
        new_parent=6,
        flags=0,
    ),
    shape(
        Opcode.RENAME2,
        struct.pack("=QII", 6, 2, 0) + b"a\0b\0",
        Rename,
        name=b"a",
        new_name=b"b",
        new_parent=6,
        flags=2,
    ),
    shape(Opcode.LINK, struct.pack("=Q", 6) + b"b\0", Link, new_name=b"b", old_nodeid=6),
    shape(Opcode.OPEN, struct.pack("=II", 0o102, 0), Open, flags=0o102),
    shape(Opcode.OPENDIR, struct.pack("=II", 0o200000, 0), OpenDir, flags=0o200000),
    shape(
        Opcode.CREATE,
        struct.pack("=IIII", 0o101, 0o100644, 0o22, 0) + b"n\0",
        Create,
        name=b"n",
        flags=0o101,
        mode=0o100644,
        umask=0o22,
    ),
    shape(
        Opcode.TMPFILE,
        struct.pack("=IIII", 0o2, 0o100600, 0o22, 0) + b"/\0",
        TmpFile,
        flags=0o2,
        mode=0o100600,
        umask=0o22,
    ),
    shape(
        Opcode.READ,
        struct.pack("=QQIIQII", U64, 1 << 40, 4096, 2, 99, 0o40000, 0),
        Read,
        handle=U64,
        offset=1 << 40,
        size=4096,
        flags=0o40000,
    ),
    shape(
        Opcode.READDIR,
        struct.pack("=QQIIQII", U64, 3, 4096, 0, 0, 0, 0),
        ReadDir,
        handle=U64,
        offset=3,
        size=4096,
    ),
    shape(
        Opcode.WRITE,
        struct.pack("=QQIIQII", U64, 1 << 40, 4, 1, 99, 0o2, 0) + b"\0ata",
        Write,
        handle=U64,
        offset=1 << 40,
        data=b"\0ata",
        write_flags=1,
        flags=0o2,
    ),
    shape(Opcode.STATFS, b"", StatFs),
    shape(Opcode.FLUSH, struct.pack("=QIIQ", U64, 0, 0, 9), Flush, handle=U64, lock_owner=9),
    shape(Opcode.RELEASE, struct.pack("=QIIQ", U64, 0o2, 1, 9), Release, handle=U64, flags=0o2),
    shape(Opcode.RELEASEDIR, struct.pack("=QIIQ", U64, 0, 0, 0), ReleaseDir, handle=U64),
    shape(Opcode.FSYNC, struct.pack("=QII", U64, 0, 0), Fsync, handle=U64, datasync=False),
    shape(Opcode.FSYNC, struct.pack("=QII", U64, 1, 0), Fsync, handle=U64, datasync=True),
    shape(Opcode.FSYNCDIR, struct.pack("=QII", U64, 1, 0), FsyncDir, handle=U64, datasync=True),
    shape(
        Opcode.SETXATTR,
        struct.pack("=II", 3, 1) + b"user.a\0v\0w",
        SetXattr,
        name=b"user.a",
        value=b"v\0w",
        flags=1,
    ),
    shape(
        Opcode.GETXATTR, struct.pack("=II", 64, 0) + b"user.a\0", GetXattr, name=b"user.a", size=64
    ),
    shape(Opcode.LISTXATTR, struct.pack("=II", 64, 0), ListXattr, size=64),
    shape(Opcode.REMOVEXATTR, b"user.a\0", RemoveXattr, name=b"user.a"),
    shape(Opcode.ACCESS, struct.pack("=II", 4, 0), Access, mask=4),
    shape(
        Opcode.POLL,
        struct.pack("=QQII", U64, 12, 1, 2),
        Poll,
        handle=U64,
        kernel_handle=12,
        events=2,
        schedule=True,
    ),
    shape(
        Opcode.FALLOCATE,
        struct.pack("=QQQII", U64, 1, 2, 3, 0),
        Fallocate,
        handle=U64,
        offset=1,
        length=2,
        mode=3,
    ),
    shape(Opcode.LSEEK, struct.pack("=QQII", U64, 7, 3, 0), Lseek, handle=U64, offset=7, whence=3),
    shape(
        Opcode.COPY_FILE_RANGE,
        struct.pack("=QQQQQQQ", U64, 1, 2, 3, 4, 5, 0),
        CopyFileRange,
        handle=U64,
        offset=1,
        to_nodeid=2,
        to_handle=3,
        to_offset=4,
        length=5,
        flags=0,
    ),
    shape(
        Opcode.IOCTL,
        struct.pack("=QIIQII", U64, 0, 0x40086602, 0, 4, 16) + b"\x10\0\0\0",
        Ioctl,
        handle=U64,
        command=0x40086602,
        data=b"\x10\0\0\0",
        out_size=16,
    ),
    shape(Opcode.SYNCFS, struct.pack("=Q", 0), SyncFs),
]


@pytest.mark.parametrize(("opcode", "body", "request_type", "fields"), SHAPES)
def test_every_shape_is_read_as_the_kernel_writes_it(
    opcode: Opcode, body: bytes, request_type: type[Request], fields: dict[str, object]
) -> None:
    """Each field has the value at the place <linux/fuse.h> gives it."""
    assert parse_request(message(opcode, body)) == request_type(header(opcode), **fields)  # type: ignore[arg-type]


def test_no_torn_message_is_taken_for_a_whole_one() -> None:
    """Cut at any byte, a message is malformed: its length says so."""
    taken = []
    for opcode, body, _, _ in SHAPES:
        whole = message(opcode, body)
        for length in range(len(whole)):
            try:
                taken.append(parse_request(whole[:length]))
            except MalformedRequest:
                continue

    assert taken == []


def setattr_body(valid: int) -> bytes:
    """A fuse_setattr_in in which every field is set."""
    times = struct.pack("=qqqIII", -1, 2, 3, 999_999_999, 5, 6)
    return (
        struct.pack("=IIQQQ", valid, 0, 10, 20, 30)
        + times
        + struct.pack("=IIIII", 0o640, 0, 40, 50, 0)
    )


SETATTR_BITS: list[tuple[int, dict[str, object]]] = [
    (1 << 0, {"mode": 0o640}),
    (1 << 1, {"uid": 40}),
    (1 << 2, {"gid": 50}),
    (1 << 3, {"size": 20}),
    (1 << 4, {"atime_ns": -1}),
    (1 << 5, {"mtime_ns": 2_000_000_005}),
    (1 << 6, {"handle": 10}),
    (1 << 7, {"atime_now": True}),
    (1 << 8, {"mtime_now": True}),
]


@given(st.sets(st.sampled_from(range(len(SETATTR_BITS)))), st.integers(9, 31))
def test_setattr_has_what_its_bits_name_and_nothing_else(chosen: set[int], other: int) -> None:
    """Every combination of bits sets those fields, and leaves the rest None or False."""
    valid = 1 << other
    fields: dict[str, object] = {
        "handle": None,
        "size": None,
        "mode": None,
        "uid": None,
        "gid": None,
        "atime_ns": None,
        "atime_now": False,
        "mtime_ns": None,
        "mtime_now": False,
    }
    for bit, field in (SETATTR_BITS[index] for index in chosen):
        valid |= bit
        fields |= field

    request = parse_request(message(Opcode.SETATTR, setattr_body(valid)))

    assert request == SetAttr(header(Opcode.SETATTR), valid, **fields)  # type: ignore[arg-type]


@given(st.sampled_from(Opcode), st.binary(max_size=200))
def test_any_body_is_a_value_or_malformed(opcode: Opcode, body: bytes) -> None:
    """No bytes behind a header raise anything but MalformedRequest."""
    try:
        request = parse_request(message(opcode, body))
    except MalformedRequest:
        return
    assert request.header == header(opcode)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_malformed(data: bytes) -> None:
    """No bytes at all raise anything but MalformedRequest."""
    try:
        request = parse_request(memoryview(data))
    except MalformedRequest:
        return
    assert struct.pack("=I", len(data)) == data[:4]
    assert request.header.unique == struct.unpack_from("=Q", data, 8)[0]


@pytest.mark.parametrize("opcode", [Opcode.INTERRUPT, Opcode.STATX, 4096])
def test_other_opcodes_are_unhandled(opcode: int) -> None:
    """What has no shape keeps its body undecoded."""
    request = parse_request(message(opcode, b"body"))

    assert isinstance(request, Unhandled)
    assert (request.header, bytes(request.body)) == (header(opcode), b"body")


@pytest.mark.parametrize(
    ("opcode", "body"),
    [
        (Opcode.LOOKUP, b"no end"),
        (Opcode.LOOKUP, b"two\0names\0"),
        (Opcode.SYMLINK, b"one name\0"),
        (Opcode.WRITE, struct.pack("=QQIIQII", 1, 0, 5, 0, 0, 0, 0) + b"four"),
        (Opcode.SETXATTR, struct.pack("=II", 2, 0) + b"user.a\0v"),
        (Opcode.BATCH_FORGET, struct.pack("=IIQQ", 2, 0, 8, 1)),
        (Opcode.BATCH_FORGET, struct.pack("=II", 1 << 31, 0)),
    ],
)
def test_counts_and_names_that_do_not_fit_are_malformed(opcode: Opcode, body: bytes) -> None:
    """A body that contradicts itself is not guessed at."""
    with pytest.raises(MalformedRequest):
        parse_request(message(opcode, body))


def test_write_data_is_not_copied() -> None:
    """The data of a WRITE is a view into the receive buffer."""
    buffer = bytearray(
        message(Opcode.WRITE, struct.pack("=QQIIQII", 1, 0, 4, 0, 0, 0, 0) + b"data")
    )
    request = parse_request(memoryview(buffer))
    assert isinstance(request, Write)

    buffer[-4:] = b"DATA"

    assert bytes(request.data) == b"DATA"

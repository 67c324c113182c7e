"""Which guarded call each request is."""

import os
from typing import get_args

import pytest

from vexfsctl.driver.file_flags import GET_EXTENDED_FLAGS, GET_FLAGS, SET_FLAGS
from vexfsctl.driver.fuse import requests as fuse
from vexfsctl.driver.requests import (
    CALL_NAMES,
    data_range,
    guarded_call,
    needs_groups_of_now,
)
from vexfsctl.model.operations import OperationType

HEADER = fuse.RequestHeader(unique=1, opcode=0, nodeid=1, uid=0, gid=0, pid=1)
DATA = memoryview(b"12345")
FS_IOC_FSSETXATTR, TCGETS = 0x401C5820, 0x5401


def setattr_request(size: int | None = None, mode: int | None = None) -> fuse.SetAttr:
    """A SETATTR of size, mode, or nothing."""
    return fuse.SetAttr(HEADER, 0, None, size, mode, None, None, None, False, None, False)


def write_request(flags: int = 0) -> fuse.Write:
    """A WRITE of five bytes at offset 7."""
    return fuse.Write(HEADER, 1, 7, DATA, 0, flags)


SAMPLES: dict[str, tuple[fuse.Request, ...]] = {
    "superblock": (fuse.StatFs(HEADER),),
    "inode": (
        fuse.GetAttr(HEADER, None),
        setattr_request(mode=0o644),
        fuse.Create(HEADER, b"name", 0, 0o644, 0),
        fuse.TmpFile(HEADER, 0, 0o644, 0),
        fuse.MkNod(HEADER, b"name", 0o644, 0, 0),
        fuse.SymLink(HEADER, b"name", b"target"),
        fuse.ReadLink(HEADER),
        fuse.Link(HEADER, b"name", 2),
        fuse.Unlink(HEADER, b"name"),
        fuse.Access(HEADER, os.R_OK),
        fuse.GetXattr(HEADER, b"user.mime_type", 0),
        fuse.SetXattr(HEADER, b"user.vexfs", b"", 0),
        fuse.ListXattr(HEADER, 0),
        fuse.RemoveXattr(HEADER, b"security.capability"),
        fuse.Ioctl(HEADER, 1, SET_FLAGS, DATA, 0),
        fuse.Ioctl(HEADER, 1, GET_FLAGS, DATA, 4),
        fuse.Ioctl(HEADER, 1, GET_EXTENDED_FLAGS, DATA, 28),
    ),
    "file": (
        fuse.Open(HEADER, os.O_RDONLY),
        fuse.Read(HEADER, 1, 3, 4, 0),
        write_request(),
        setattr_request(size=0),
        fuse.Release(HEADER, 1, 0),
        fuse.Lseek(HEADER, 1, 0, os.SEEK_DATA),
        fuse.CopyFileRange(HEADER, 1, 0, 2, 2, 9, 11, 0),
    ),
    "directory": (
        fuse.Lookup(HEADER, b"name"),
        fuse.OpenDir(HEADER, 0),
        fuse.ReadDir(HEADER, 1, 5, 4096),
        fuse.ReleaseDir(HEADER, 1),
        fuse.MkDir(HEADER, b"name", 0o755, 0),
        fuse.RmDir(HEADER, b"name"),
        fuse.Rename(HEADER, b"name", b"other", 1, 0),
    ),
    "vector": (
        fuse.GetXattr(HEADER, b"user.vexfs.embedding", 0),
        fuse.SetXattr(HEADER, b"user.vexfs.dim", b"3", 0),
        fuse.RemoveXattr(HEADER, b"user.vexfs.embedding"),
    ),
    "storage": (fuse.Fallocate(HEADER, 1, 5, 6, 0),),
    "sync": (
        fuse.Fsync(HEADER, 1, False),
        fuse.FsyncDir(HEADER, 1, True),
        fuse.Flush(HEADER, 1, 0),
        fuse.SyncFs(HEADER),
    ),
}
EVERY_SAMPLE = [
    (OperationType(operation), request)
    for operation, requests in SAMPLES.items()
    for request in requests
]


def name_of(request: fuse.Request) -> str:
    """Name of the call that *request* is."""
    call = guarded_call(request)
    assert call is not None
    return call.name


def test_each_request_belongs_to_its_operation_type() -> None:
    """By what it asks for: a SETATTR of the size is file data, an xattr may be a vector."""
    calls = [(operation, request, guarded_call(request)) for operation, request in EVERY_SAMPLE]

    assert [
        (request, call)
        for operation, request, call in calls
        if call is None or call.operation is not operation
    ] == []


def test_every_request_but_forget_and_poll_is_a_call() -> None:
    """The samples above leave out no request; FORGET has no answer, POLL is the kernel's own."""
    sampled = {type(request) for _, request in EVERY_SAMPLE}

    assert set(get_args(fuse.Request)) - sampled == {fuse.Forget, fuse.Poll}
    assert guarded_call(fuse.Forget(HEADER, ())) is None
    assert guarded_call(fuse.Poll(HEADER, 1, 1, 0, False)) is None


def test_of_ioctl_only_flags_are_passed_on() -> None:
    """Setting them needs a writable volume and the caller's rights; other commands are no call."""
    calls = {
        command: guarded_call(fuse.Ioctl(HEADER, 1, command, DATA, 0))
        for command in (GET_FLAGS, GET_EXTENDED_FLAGS, SET_FLAGS, FS_IOC_FSSETXATTR, TCGETS)
    }

    assert {command: call and call.writes for command, call in calls.items()} == {
        GET_FLAGS: False,
        GET_EXTENDED_FLAGS: False,
        SET_FLAGS: True,
        FS_IOC_FSSETXATTR: None,
        TCGETS: None,
    }
    assert calls[SET_FLAGS].as_caller  # type: ignore[union-attr]


def test_calls_are_named_like_the_request_in_lower_case() -> None:
    """The names are those of <linux/fuse.h>, and `CALL_NAMES` has all of them."""
    names = {name_of(request) for _, request in EVERY_SAMPLE}

    assert names == CALL_NAMES
    assert {"copy_file_range", "setattr", "mknod", "readdir", "getxattr"} < names


def test_what_is_never_retried() -> None:
    """What reports lost writes, closes, or makes and moves names has one attempt."""
    once = {name_of(r) for _, r in EVERY_SAMPLE if not guarded_call(r).repeatable}  # type: ignore[union-attr]

    assert once == {
        *("fsync", "fsyncdir", "flush", "syncfs", "release", "releasedir"),
        *("create", "tmpfile", "rename", "link", "unlink", "mkdir", "mknod", "symlink", "rmdir"),
        "removexattr",
    }


def test_what_a_read_only_volume_refuses() -> None:
    """Whatever changes the volume, and nothing else: syncing and reading go on."""
    writing = {name_of(r) for _, r in EVERY_SAMPLE if guarded_call(r).writes}  # type: ignore[union-attr]

    assert writing == {
        *("create", "tmpfile", "rename", "link", "unlink", "mkdir", "mknod", "symlink", "rmdir"),
        *("setattr", "setxattr", "removexattr", "write", "copy_file_range", "fallocate", "ioctl"),
    }


@pytest.mark.parametrize(
    ("flags", "writes", "changes_data"),
    [
        (os.O_RDONLY, False, False),
        (os.O_WRONLY, True, False),
        (os.O_RDWR | os.O_APPEND, True, False),
        (os.O_RDONLY | os.O_TRUNC, True, True),
        (os.O_RDWR | os.O_TRUNC, True, True),
    ],
)
def test_opening_to_write_is_writing(flags: int, writes: bool, changes_data: bool) -> None:
    """An open for writing meets a read-only volume; O_TRUNC is a truncation."""
    call = guarded_call(fuse.Open(HEADER, flags))

    assert call is not None
    assert (call.writes, call.changes_data, call.needs_settled) == (
        writes,
        changes_data,
        changes_data,
    )


@pytest.mark.parametrize("flag", [os.O_APPEND, os.O_SYNC, os.O_DSYNC])
def test_appending_and_synchronous_writes_have_one_attempt(flag: int) -> None:
    """A second append would append twice; a second O_SYNC write would hide a lost one."""
    assert guarded_call(write_request()).repeatable  # type: ignore[union-attr]
    assert not guarded_call(write_request(os.O_WRONLY | flag)).repeatable  # type: ignore[union-attr]


def test_conditional_setxattr_has_one_attempt() -> None:
    """XATTR_CREATE after an attempt that did create would answer EEXIST."""
    create = fuse.SetXattr(HEADER, b"user.vexfs.v", b"", os.XATTR_CREATE)

    assert guarded_call(fuse.SetXattr(HEADER, b"user.vexfs.v", b"", 0)).repeatable  # type: ignore[union-attr]
    assert not guarded_call(create).repeatable  # type: ignore[union-attr]


def test_what_nests_a_storage_call() -> None:
    """The data calls of `file` do; fallocate is a `storage` call itself."""
    nesting = {name_of(r) for _, r in EVERY_SAMPLE if guarded_call(r).data}  # type: ignore[union-attr]

    assert nesting == {"read", "write", "copy_file_range", "setattr"}
    assert not guarded_call(setattr_request(mode=0)).data  # type: ignore[union-attr]


def test_what_an_abandoned_write_holds_up() -> None:
    """Writing, truncating and syncing of its file wait for its end; reading does not."""
    held_up = {name_of(r) for _, r in EVERY_SAMPLE if guarded_call(r).needs_settled}  # type: ignore[union-attr]

    assert held_up == {"write", "setattr", "copy_file_range", "fallocate", "fsync"}


def test_running_a_program_needs_no_read_permission() -> None:
    """An open to execute is made by the server, for the kernel has checked the right to do that."""
    call = guarded_call(fuse.Open(HEADER, os.O_RDONLY | 0x20))

    assert call is not None
    assert not call.as_caller
    assert guarded_call(fuse.Open(HEADER, os.O_RDONLY)).as_caller  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (fuse.Read(HEADER, 1, 3, 4, 0), (3, 4)),
        (write_request(), (7, 5)),
        (fuse.Fallocate(HEADER, 1, 5, 6, 0), (5, 6)),
        (fuse.CopyFileRange(HEADER, 1, 0, 2, 2, 9, 11, 0), (9, 11)),
        (fuse.ReadDir(HEADER, 1, 5, 4096), (None, None)),
        (fuse.Fsync(HEADER, 1, False), (None, None)),
    ],
)
def test_range_of_bytes(request_: fuse.Request, expected: tuple[int | None, int | None]) -> None:
    """Requests about bytes tell which; a directory's cookie is no offset."""
    assert data_range(request_) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (setattr_request(mode=0o2755), True),
        (setattr_request(mode=0o4755), False),
        (setattr_request(size=0), False),
        (fuse.Create(HEADER, b"name", 0, 0o2770, 0), True),
        (fuse.Create(HEADER, b"name", 0, 0o770, 0), False),
        (fuse.MkDir(HEADER, b"name", 0o2770, 0), False),
        (fuse.SetXattr(HEADER, b"system.posix_acl_access", b"", 0), True),
        (fuse.SetXattr(HEADER, b"user.key", b"", 0), False),
    ],
)
def test_set_group_id_needs_the_groups_of_now(request_: fuse.Request, expected: bool) -> None:
    """Where a bit would be cleared in silence, a cached list of groups is not good enough."""
    assert needs_groups_of_now(request_) is expected

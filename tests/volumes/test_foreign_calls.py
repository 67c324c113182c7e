"""libc on a failing loop device: what `safe_ffi_call` makes of real errors of a real filesystem."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ECONNABORTED, ENOTCONN
from pathlib import Path

import pytest

from tests.guard.volume import STORAGE
from tests.support.waiting import wait_until
from tests.volumes.conftest import LiveLab
from vexfsctl.guard.ffi import Boundary, CallRejected, EnhancedError, error_of
from vexfsctl.model.operations import OperationType

pytestmark = pytest.mark.privileged("fuse", "loop")

PAGE = 4096
STATVFS_BYTES = 112
"""`struct statvfs` of 64-bit Linux; its first word is the block size."""


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """A descriptor."""
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def page() -> tuple[object, int]:
    """A buffer of a page, aligned for direct I/O, and its address."""
    room = ctypes.create_string_buffer(2 * PAGE)
    return room, -(-ctypes.addressof(room) // PAGE) * PAGE


def error(failure: BaseException) -> EnhancedError:
    """The error that *failure* carries."""
    known = error_of(failure)
    assert known is not None
    return known


def test_libc_on_a_device_that_fails_hangs_and_fails_again(live: LiveLab) -> None:
    """pread, statvfs and fsync: the error, the breaker, the deadline, the fallback."""
    lines: list[str] = []
    boundary = Boundary("libc", log=lines.append)
    libc = ctypes.CDLL(None)
    libc.pread.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64]
    libc.pread.restype = ctypes.c_ssize_t
    pread = boundary(operation="storage")(libc.pread)
    content = live.make_file("data", PAGE)
    buffer, address = page()

    with opened(live.source / "data", os.O_RDONLY | os.O_DIRECT) as data:
        assert pread(data, address, PAGE, 0) == PAGE
        assert ctypes.string_at(address, PAGE) == content

        live.fail("read", "data")
        ids = []
        for number in range(2, 7):
            with pytest.raises(OSError, match="pread failed: I/O error: read operation") as caught:
                pread(data, address, PAGE, 0)
            known = error(caught.value)
            assert (known.entry.name, known.number, known.code) == ("IoError.ReadError", number, -5)
            ids.append(known.id)
        with pytest.raises(CallRejected):
            pread(data, address, PAGE, 0)
        assert lines[0] == (
            f"VexFS: [CALL-2] [{ids[0]}] FFI call pread failed: -5 (failure rate: 50%)"
        )
        assert boundary.guard.status(STORAGE).breaker.trips == 1

        status = ctypes.create_string_buffer(STATVFS_BYTES)
        source = os.fsencode(live.source)
        assert boundary(libc.statvfs, source, status, operation="superblock", deadline=60) == 0
        assert int.from_bytes(status.raw[:8], "little") == os.statvfs(source).f_bsize
        with pytest.raises(FileNotFoundError):
            boundary(libc.statvfs, source + b"/absent", status, operation="superblock")

        live.heal()
        live.fail("read", "data", delay_ms=600_000)
        hung = boundary(operation="file", deadline=0.05, fallback=(-7,))(libc.pread)
        assert hung(data, address, PAGE, 0) == -7
        assert boundary.workers.abandoned == 1
        live.heal()
        wait_until(lambda: boundary.workers.busy == 0)

    with opened(live.source / "data", os.O_WRONLY) as data:
        os.pwrite(data, b"new", 0)
        live.fail("fsync")
        with pytest.raises(OSError, match="fsync failed: I/O error: flush operation") as caught:
            boundary(libc.fsync, data, operation="sync")
        assert error(caught.value).operation is OperationType.SYNC
    live.heal()

    live.kill_driver()
    with pytest.raises(OSError, match="statvfs failed") as caught:
        boundary(libc.statvfs, os.fsencode(live.mountpoint), status, operation="superblock")
    known = error(caught.value)
    assert known.errno in (ECONNABORTED, ENOTCONN)
    assert known.code == -known.errno
    del buffer

"""Free space that is kept, and locks that nobody waits for too long, on a real mount."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from errno import EBUSY, ENOSPC
from pathlib import Path

import pytest

from tests.driver.passthrough.conftest import BOUND_S, MountedVolume
from tests.support.waiting import wait_until
from vexfsctl.driver import system_calls
from vexfsctl.model.events import ErrorReported
from vexfsctl.model.operations import OperationType

pytestmark = pytest.mark.privileged("fuse")

MORE_THAN_ANY_DISK = 1 << 60
PUNCH_HOLE, KEEP_SIZE = 2, 1


def keep(volume: MountedVolume, reserve_bytes: int) -> None:
    """Set the reserve."""
    volume.guard.resources = replace(volume.guard.resources, reserve_bytes=reserve_bytes)


def errno_of(call: Callable[[], object]) -> int:
    """The errno an application gets; 0 for success."""
    try:
        call()
    except OSError as refused:
        return refused.errno or -1
    return 0


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """An open file."""
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_what_needs_space_gets_enospc_below_the_reserve(volume: MountedVolume) -> None:
    """And nothing else: what is there can be read, overwritten, moved, cut and removed."""
    top = volume.mountpoint
    for name in ("whole", "other", "gone"):
        (top / name).write_bytes(b"x" * 8192)
    os.sync()
    keep(volume, MORE_THAN_ANY_DISK)

    with opened(top / "whole", os.O_RDWR) as file, opened(top / "other", os.O_RDWR) as other:
        refused = {
            "append": errno_of(lambda: os.pwrite(file, b"x", 8192)),
            "beyond the end": errno_of(lambda: os.pwrite(file, b"x" * 10, 8190)),
            "allocate": errno_of(lambda: os.posix_fallocate(file, 0, 1 << 20)),
            "copy": errno_of(lambda: os.copy_file_range(file, other, 4096, 0, 8192)),
            "file": errno_of((top / "new").touch),
            "directory": errno_of((top / "directory").mkdir),
            "link": errno_of(lambda: (top / "symbolic").symlink_to("whole")),
            "pipe": errno_of(lambda: os.mkfifo(top / "pipe")),
            "attribute": errno_of(lambda: os.setxattr(top / "whole", "user.x", b"1")),
        }
        works = {
            "read": errno_of(lambda: os.pread(file, 100, 0)),
            "overwrite": errno_of(lambda: os.pwrite(file, b"y" * 4096, 4096)),
            "sync": errno_of(lambda: os.fsync(file)),
            "move": errno_of(lambda: (top / "gone").rename(top / "moved")),
            "cut": errno_of(lambda: os.ftruncate(other, 10)),
            "hole": errno_of(lambda: system_calls.fallocate(file, PUNCH_HOLE | KEEP_SIZE, 0, 4096)),
            "into the hole": errno_of(lambda: os.pwrite(file, b"z", 0)),
            "longer": errno_of(lambda: os.ftruncate(other, 1 << 20)),
            "empty": errno_of((top / "whole").open("wb").close),
            "remove": errno_of((top / "moved").unlink),
        }

    assert refused == dict.fromkeys(refused, ENOSPC)
    assert works == dict.fromkeys(works, 0) | {"into the hole": ENOSPC}
    keep(volume, 0)
    assert errno_of(lambda: (top / "whole").write_bytes(b"x" * 9000)) == 0


def test_an_early_enospc_is_an_error_that_no_breaker_counts(volume: MountedVolume) -> None:
    """It is in the log as a real one is, each of them."""
    keep(volume, MORE_THAN_ANY_DISK)
    for number in range(9):
        assert errno_of((volume.mountpoint / f"new{number}").touch) == ENOSPC

    errors = [event for event in volume.events if isinstance(event, ErrorReported)]
    assert [(each.error, each.errno) for each in errors] == [("OutOfSpace", ENOSPC)] * 9
    status = volume.guard.status(OperationType.INODE)
    assert (status.failures, status.breaker.failures) == (9, 0)


def test_a_reserve_that_is_there_costs_nothing(volume: MountedVolume) -> None:
    """Free space above it is as usable as without."""
    statistics = os.statvfs(volume.source)
    keep(volume, statistics.f_bavail * statistics.f_frsize // 2)

    (volume.mountpoint / "file").write_bytes(b"x" * (4 << 20))
    assert (volume.source / "file").stat().st_size == 4 << 20
    assert volume.events == []


def limit_locks(volume: MountedVolume, timeout_ms: int) -> None:
    """Set the limit, and let no refusal be tried again."""
    volume.guard.retry = replace(volume.guard.retry, max_attempts=1)
    volume.guard.resources = replace(volume.guard.resources, lock_timeout_ms=timeout_ms)


def test_a_lock_is_not_waited_for_too_long(volume: MountedVolume) -> None:
    """The call gets EBUSY, which counts against no breaker; when the lock is free all is well."""
    names = [volume.source / f"file{number}" for number in range(8)]
    for name in names:
        name.touch()
    limit_locks(volume, 5)

    seen = [volume.mountpoint / name.name for name in names]
    with volume.passthrough.backing.inodes._lock:
        assert [errno_of(each.stat) for each in seen] == [EBUSY] * 8

    assert [errno_of(each.stat) for each in seen] == [0] * 8
    status = volume.guard.status(OperationType.DIRECTORY)
    assert (status.failures, status.breaker.failures) == (8, 0)


def test_without_a_limit_a_call_waits_for_the_lock(volume: MountedVolume) -> None:
    """As long as it takes, or until its deadline; so does a release, whatever the limit is."""
    (volume.source / "file").touch()
    looked_up = threading.Event()

    def look_up() -> None:
        (volume.mountpoint / "file").stat()
        looked_up.set()

    lock = volume.passthrough.backing.inodes._lock
    with lock:
        threading.Thread(target=look_up, daemon=True).start()
        wait_until(lambda: volume.guard.active_operations == 1)
        assert not looked_up.is_set()
    assert looked_up.wait(BOUND_S)

    limit_locks(volume, 1)
    table = volume.passthrough.backing.inodes
    known = len(table)
    with lock:
        forgetting = threading.Thread(target=table.forget, args=([(2, 1 << 40)],), daemon=True)
        forgetting.start()
    forgetting.join(BOUND_S)
    assert len(table) == known - 1


@pytest.mark.parametrize("handles", [False])
def test_a_move_is_not_waited_for_too_long(volume: MountedVolume) -> None:
    """What is not found by name while something moves is looked for again, but not for ever."""
    # Not through the volume: it would have a descriptor until its release comes.
    (volume.source / "file").touch()
    limit_locks(volume, 5)
    with opened(volume.mountpoint / "file", os.O_PATH) as file:
        (volume.source / "file").rename(volume.source / "elsewhere")
        with volume.passthrough.backing.inodes.moving():
            refused = errno_of(lambda: os.chmod(f"/proc/self/fd/{file}", 0o600))

    assert refused == EBUSY

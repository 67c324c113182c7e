"""What the guard sees of the calls on a mount, and what an application gets when they fail."""

import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from tests.driver.fuse.memory import MemoryFilesystem
from tests.driver.passthrough.conftest import BOUND_S, MountedVolume, VolumeMaker
from tests.support.waiting import wait_until
from vexfsctl.driver.fuse import Connection, MountOptions, Reply, serve
from vexfsctl.driver.fuse.replies import encode_write
from vexfsctl.driver.fuse.requests import Write
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.events import (
    CallFailed,
    CallRecovered,
    CallTimedOut,
    ErrorReported,
    FallbackUsed,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, OperationStatus, RetrySettings

pytestmark = pytest.mark.privileged("fuse")

T = TypeVar("T")


def start(function: Callable[[], T]) -> "Future[T]":
    """Call *function* in a thread of its own."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(function)
    executor.shutdown(wait=False)
    return future


def errno_of(function: Callable[[], object]) -> str:
    """Name of the errno *function* fails with, `ok` if it does not."""
    try:
        start(function).result(BOUND_S)
    except OSError as failure:
        return errno.errorcode[failure.errno or 0]
    return "ok"


def read_once(path: Path, size: int = 4096, offset: int = 0) -> bytes:
    """One pread(2)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.pread(descriptor, size, offset)
    finally:
        os.close(descriptor)


def quick_retries(volume: MountedVolume) -> None:
    """Let retries follow at once."""
    volume.guard.retry = RetrySettings(base_delay_ms=1, max_delay_ms=1)


def counts(status: OperationStatus) -> tuple[int, int, int]:
    """Calls, failures and retries."""
    return status.calls, status.failures, status.retries


def events_of(volume: MountedVolume, shape: type[T]) -> list[T]:
    """What was reported of *shape* so far."""
    return [event for event in volume.events if isinstance(event, shape)]


# Counting


def test_a_read_is_a_file_call_with_a_storage_call_in_it(volume: MountedVolume) -> None:
    """One pread(2) is one READ: one `file` call and one nested `storage` call."""
    (volume.source / "file").write_bytes(b"x" * 100_000)
    descriptor = os.open(volume.mountpoint / "file", os.O_RDONLY)
    before = volume.calls(OperationType.FILE), volume.calls(OperationType.STORAGE)

    assert len(os.pread(descriptor, 65_536, 4096)) == 65_536

    assert volume.calls(OperationType.FILE) == before[0] + 1
    assert volume.calls(OperationType.STORAGE) == before[1] + 1
    os.close(descriptor)


def test_a_missing_file_is_no_failure(volume: MountedVolume) -> None:
    """ENOENT is an answer."""
    assert errno_of(lambda: (volume.mountpoint / "missing").read_bytes()) == "ENOENT"

    assert volume.guard.status(OperationType.DIRECTORY).failures == 0
    assert volume.events == []


def test_a_read_error_is_reported_where_it_arose(volume: MountedVolume) -> None:
    """A READ that fails every time: three `storage` errors with inode and range, then EIO."""
    path = volume.source / "file"
    path.write_bytes(b"x" * 8192)
    quick_retries(volume)
    volume.faults.command("read path=file errno=EREMOTEIO")

    assert errno_of(lambda: read_once(volume.mountpoint / "file", 1024, 512)) == "EREMOTEIO"

    assert counts(volume.guard.status(OperationType.STORAGE)) == (1, 1, 2)
    file = volume.guard.status(OperationType.FILE)
    assert (file.failures, file.retries, file.breaker.failures) == (1, 0, 0)
    errors = events_of(volume, ErrorReported)
    assert [(e.operation, e.call, e.inode, e.offset, e.length) for e in errors] == [
        (OperationType.STORAGE, "read", path.stat().st_ino, 512, 1024)
    ] * 3
    failed = events_of(volume, CallFailed)
    assert [(f.operation, f.call) for f in failed] == [("storage", "read"), ("file", "read")]
    assert failed[0].parent == failed[1].id


def test_a_read_that_succeeds_at_last(volume: MountedVolume) -> None:
    """An error that passes is repaired by a retry, and the application never knows."""
    (volume.source / "file").write_bytes(b"content")
    quick_retries(volume)
    volume.faults.command("read count=2")

    assert read_once(volume.mountpoint / "file") == b"content"

    assert [event.attempts for event in events_of(volume, CallRecovered)] == [3]


def test_faults_are_met_by_path(volume: MountedVolume) -> None:
    """Paths are relative to the root of the volume and name what the request is about."""
    for name in ("a", "b"):
        (volume.source / name).mkdir()
        (volume.source / name / "file").write_bytes(b"x")
    volume.guard.retry = RetrySettings(max_attempts=1)
    volume.faults.command("unlink path=a/file errno=ENOMEM")
    volume.faults.command("getxattr path=b/file errno=EREMOTEIO")
    volume.faults.command("opendir path=b errno=EIO")

    assert errno_of(lambda: (volume.mountpoint / "a/file").unlink()) == "ENOMEM"
    assert errno_of(lambda: (volume.mountpoint / "b/file").unlink()) == "ok"
    assert errno_of(lambda: os.getxattr(volume.mountpoint / "a/file", "user.x")) == "ENODATA"
    assert errno_of(lambda: os.listdir(volume.mountpoint / "a")) == "ok"
    assert errno_of(lambda: os.listdir(volume.mountpoint / "b")) == "EIO"


def test_a_path_that_is_not_utf_8(volume: MountedVolume) -> None:
    """A rule means the bytes of a name, however they are spelt, and not the spelling."""
    for name in (b"caf\xe9", rb"caf\xe9"):
        (volume.source / os.fsdecode(name)).write_bytes(b"x")
    volume.guard.retry = RetrySettings(max_attempts=1)
    for rule in (r'open path="caf\xe9"', os.fsdecode(b"open path=caf\xe9")):
        volume.faults.command(f"{rule} errno=EREMOTEIO")

        assert volume.faults.active() == 'open path="caf\\xe9" errno=EREMOTEIO\n'
        assert errno_of((volume.mountpoint / os.fsdecode(b"caf\xe9")).read_bytes) == "EREMOTEIO"
        assert errno_of((volume.mountpoint / r"caf\xe9").read_bytes) == "ok"
        volume.faults.command("clear")


def test_a_lost_write_is_reported_once_and_never_recovered(volume: MountedVolume) -> None:
    """fsync(2) fails once and is not tried again."""
    descriptor = os.open(volume.mountpoint / "file", os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, b"data")
    volume.faults.command("fsync count=1")

    assert errno_of(lambda: os.fsync(descriptor)) == "EIO"
    assert errno_of(lambda: os.fsync(descriptor)) == "ok"

    assert counts(volume.guard.status(OperationType.SYNC)) == (2, 1, 0)
    assert events_of(volume, CallRecovered) == []
    os.close(descriptor)


def test_close_reports_what_flush_met(volume: MountedVolume) -> None:
    """An error at FLUSH is close(2)'s, and the file is closed all the same."""
    descriptor = os.open(volume.mountpoint / "file", os.O_CREAT | os.O_WRONLY)
    volume.faults.command("flush count=1 errno=EDQUOT")

    assert errno_of(lambda: os.close(descriptor)) == "EDQUOT"
    wait_until(lambda: open_files(volume) == 0)


def test_statfs_falls_back_to_the_last_good_one(volume: MountedVolume) -> None:
    """A statfs(2) that fails is served from the one before; without one it fails."""
    quick_retries(volume)
    volume.faults.command("statfs count=3")
    assert errno_of(lambda: os.statvfs(volume.mountpoint)) == "EIO"
    good = os.statvfs(volume.mountpoint)
    volume.faults.command("statfs count=3")

    assert os.statvfs(volume.mountpoint).f_blocks == good.f_blocks

    assert [(e.via, e.result) for e in events_of(volume, FallbackUsed)] == [
        ("last_good", "EIO"),
        ("last_good", "ok"),
    ]


def test_corruption_makes_the_volume_read_only(volume: MountedVolume) -> None:
    """A corrupted filesystem answers EUCLEAN, and the volume is read-only from then on."""
    (volume.source / "file").write_bytes(b"x")
    volume.faults.command("read errno=EBADMSG count=1")

    assert errno_of(lambda: read_once(volume.mountpoint / "file")) == "EUCLEAN"
    assert errno_of(lambda: (volume.mountpoint / "new").touch()) == "EROFS"
    assert errno_of(lambda: read_once(volume.mountpoint / "file")) == "ok"


# Refusing


def test_a_read_only_volume(volume: MountedVolume) -> None:
    """With `access_mode` ro whatever writes is EROFS; reading and syncing work."""
    path = volume.mountpoint / "file"
    path.write_bytes(b"content")
    writer = os.open(path, os.O_WRONLY)
    volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=0)

    for refused in (
        lambda: os.write(writer, b"x"),
        lambda: os.ftruncate(writer, 0),
        lambda: os.open(path, os.O_WRONLY),
        lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
        lambda: path.unlink(),
        lambda: path.rename(path.with_name("other")),
        lambda: path.with_name("new").mkdir(),
        lambda: path.with_name("new").touch(),
        lambda: os.link(path, path.with_name("new")),
        lambda: path.with_name("new").symlink_to("x"),
        lambda: path.chmod(0o600),
        lambda: os.utime(path),
        lambda: os.setxattr(path, "user.key", b""),
    ):
        assert errno_of(refused) == "EROFS"
    assert read_once(path) == b"content"
    assert errno_of(lambda: os.fsync(writer)) == "ok"
    assert volume.guard.status(OperationType.FILE).failures == 0
    os.close(writer)

    volume.guard.set_access_mode(AccessMode.READ_WRITE, uid=0, pid=0)
    assert errno_of(lambda: path.unlink()) == "ok"


def test_an_open_breaker_refuses_and_leaks_nothing(volume: MountedVolume) -> None:
    """Calls of the operation type are EBUSY; what was open is closed although RELEASE is too."""
    path = volume.mountpoint / "file"
    path.write_bytes(b"content")
    wait_until(lambda: open_files(volume) == 0)
    descriptor = os.open(path, os.O_RDONLY)
    trip = BreakerCommand(BreakerAction.TRIP)
    volume.guard.command_breaker(OperationType.FILE, trip, uid=0, pid=0)

    assert errno_of(lambda: os.read(descriptor, 10)) == "EBUSY"
    assert errno_of(lambda: os.listdir(volume.mountpoint)) == "ok"
    os.close(descriptor)

    wait_until(lambda: open_files(volume) == 0)
    state = volume.guard.status(OperationType.FILE).breaker.state
    assert state is BreakerState.FORCED_OPEN


def test_what_a_volume_refuses_itself_is_no_verdict(volume: MountedVolume) -> None:
    """A vector that is none never reaches the backing; that there is no vector, the backing says.

    Only the latter is a success of a half-open breaker.
    """
    path = volume.mountpoint / "file"
    path.write_bytes(b"content")
    for action in (BreakerAction.TRIP, BreakerAction.PROBE):
        command = BreakerCommand(action)
        volume.guard.command_breaker(OperationType.VECTOR, command, uid=0, pid=0)

    def successes() -> int:
        return volume.guard.status(OperationType.VECTOR).breaker.successes

    assert errno_of(lambda: os.setxattr(path, "user.vexfs.a", b"odd")) == "EINVAL"
    assert successes() == 0
    assert errno_of(lambda: os.getxattr(path, "user.vexfs.a")) == "ENODATA"
    assert successes() == 1


# Past the deadline


def open_files(volume: MountedVolume) -> int:
    """How many files the passthrough holds open."""
    return len(volume.passthrough.backing.files)


def stick(volume: MountedVolume, fault: str, operation: OperationType) -> None:
    """Make calls hang until the faults are cleared, and their deadline short."""
    volume.guard.operations[operation].timeout_ms = 50
    volume.faults.command(f"{fault} delay_ms=3600000")


def in_flight(volume: MountedVolume, operation: OperationType) -> int:
    """Calls running, hung ones included."""
    return volume.guard.status(operation).in_flight


def test_a_hung_read_times_out_and_the_mount_goes_on(volume: MountedVolume) -> None:
    """The application gets ETIMEDOUT at the deadline, others are served, and the call is counted
    as running until it really ends."""
    for name in ("file", "other"):
        (volume.source / name).write_bytes(b"content")
    stick(volume, "read path=file", OperationType.FILE)

    assert errno_of(lambda: read_once(volume.mountpoint / "file")) == "ETIMEDOUT"
    assert read_once(volume.mountpoint / "other") == b"content"

    assert in_flight(volume, OperationType.STORAGE) == 1
    assert [event.operation for event in events_of(volume, CallTimedOut)] == ["storage"]
    volume.faults.command("clear")
    wait_until(lambda: in_flight(volume, OperationType.STORAGE) == 0)
    assert read_once(volume.mountpoint / "file") == b"content"


def test_until_an_abandoned_write_ends_its_file_takes_no_other(volume: MountedVolume) -> None:
    """write, truncate and fsync of that file are EBUSY, whoever asks; reads and others work."""
    path = volume.mountpoint / "file"
    path.write_bytes(b"old content")
    descriptor = os.open(path, os.O_RDWR)
    other = os.open(path, os.O_WRONLY)
    stick(volume, "write path=file count=1", OperationType.FILE)

    assert errno_of(lambda: os.pwrite(descriptor, b"LATE", 0)) == "ETIMEDOUT"

    for refused in (
        lambda: os.pwrite(descriptor, b"next", 0),
        lambda: os.write(other, b"next"),
        lambda: os.ftruncate(other, 0),
        lambda: os.truncate(path, 0),
        lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
        lambda: os.fsync(other),
        lambda: os.posix_fallocate(other, 0, 100),
    ):
        assert errno_of(refused) == "EBUSY"
    assert os.pread(descriptor, 100, 0) == b"old content"
    assert errno_of(lambda: path.with_name("new").write_bytes(b"x")) == "ok"
    assert errno_of(lambda: path.chmod(0o600)) == "ok"

    volume.faults.command("clear")
    wait_until(lambda: in_flight(volume, OperationType.STORAGE) == 0)
    assert os.pread(descriptor, 100, 0) == b"LATEcontent"
    assert errno_of(lambda: os.pwrite(descriptor, b"next", 0)) == "ok"
    for number in (descriptor, other):
        os.close(number)


def test_the_refusal_survives_closing_and_opening_again(volume: MountedVolume) -> None:
    """It is the file that is busy, not the descriptor through which the write was made."""
    path = volume.mountpoint / "file"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    stick(volume, "write count=1", OperationType.FILE)
    assert errno_of(lambda: os.write(descriptor, b"late")) == "ETIMEDOUT"
    os.close(descriptor)
    os.rename(path, path.with_name("renamed"))
    time.sleep(1.1)  # until the kernel asks for names anew

    assert errno_of(lambda: os.truncate(path.with_name("renamed"), 0)) == "EBUSY"

    volume.faults.command("clear")
    wait_until(lambda: in_flight(volume, OperationType.STORAGE) == 0)
    assert errno_of(lambda: os.truncate(path.with_name("renamed"), 0)) == "ok"
    wait_until(lambda: open_files(volume) == 0)


def test_a_late_write_goes_to_its_own_file(make_volume: VolumeMaker, tmp_path: Path) -> None:
    """However many files are opened after the stuck one was closed, none takes its descriptor."""
    backing = MemoryFilesystem(file=b"")
    stuck, freed = threading.Event(), threading.Event()
    written: list[tuple[int, bytes]] = []

    def write(request: Write, reply: Reply) -> None:
        stuck.set()
        assert freed.wait(BOUND_S)
        written.append((request.header.nodeid, bytes(request.data)))
        reply.send(encode_write(len(request.data)))

    backing.intercept(Write, write)
    connection = Connection.mount(tmp_path, MountOptions(source="memory", subtype="test"))
    serve(connection, backing, on_crash=lambda crash: None)
    try:
        volume = make_volume(tmp_path)
        volume.guard.operations[OperationType.FILE].timeout_ms = 50
        path = volume.mountpoint / "file"
        descriptor = os.open(path, os.O_WRONLY)
        assert errno_of(lambda: os.write(descriptor, b"late")) == "ETIMEDOUT"
        assert stuck.is_set()
        os.close(descriptor)
        wait_until(lambda: open_files(volume) == 0)
        used = set(os.listdir("/proc/self/fd"))
        others = [os.open(path.with_name(f"{n}"), os.O_CREAT | os.O_RDWR) for n in range(20)]
        abandoned = {number for number in used if links_to(number, tmp_path / "file", os.O_WRONLY)}
        freed.set()
        wait_until(lambda: in_flight(volume, OperationType.STORAGE) == 0)

        assert len(abandoned) == 1
        assert written == [(backing.names[b"file"], b"late")]
        assert not any(links_to(number, tmp_path / "file", os.O_WRONLY) for number in abandoned)
        for other in others:
            os.close(other)
    finally:
        freed.set()
        connection.abort()


def links_to(descriptor: str, path: Path, mode: int) -> bool:
    """Whether the descriptor of that number is open on *path* with access *mode*."""
    try:
        flags = fcntl.fcntl(int(descriptor), fcntl.F_GETFL)
        target = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return False
    return target == str(path) and flags & (os.O_ACCMODE | os.O_PATH) == mode


@pytest.mark.parametrize("call", ["open", "create", "opendir"])
def test_what_is_opened_too_late_is_closed(call: str, volume: MountedVolume) -> None:
    """An open that ends after its deadline leaves no descriptor and no lookup behind."""
    (volume.source / "file").write_bytes(b"x")
    (volume.source / "directory").mkdir()
    ways: dict[str, Callable[[], object]] = {
        "open": lambda: os.open(volume.mountpoint / "file", os.O_RDONLY),
        "create": lambda: os.open(volume.mountpoint / "new", os.O_CREAT | os.O_WRONLY),
        "opendir": lambda: os.listdir(volume.mountpoint / "directory"),
    }
    operation = {"open": "file", "create": "inode", "opendir": "directory"}[call]
    nodes = len(volume.passthrough.backing.inodes)
    stick(volume, f"{call} count=1", OperationType(operation))

    assert errno_of(ways[call]) == "ETIMEDOUT"
    volume.faults.command("clear")
    wait_until(lambda: in_flight(volume, OperationType(operation)) == 0)

    assert open_files(volume) == 0
    assert len(volume.passthrough.backing.inodes) <= nodes + 1


def test_a_name_found_too_late_is_forgotten(volume: MountedVolume) -> None:
    """A LOOKUP that ends after its deadline leaves no node behind."""
    (volume.source / "file").write_bytes(b"x")
    nodes = len(volume.passthrough.backing.inodes)
    stick(volume, "lookup count=1", OperationType.DIRECTORY)

    assert errno_of(lambda: os.stat(volume.mountpoint / "file")) == "ETIMEDOUT"
    volume.faults.command("clear")
    wait_until(lambda: in_flight(volume, OperationType.DIRECTORY) == 0)

    assert len(volume.passthrough.backing.inodes) == nodes


def test_many_hung_calls_leave_the_mount_responsive(volume: MountedVolume) -> None:
    """With a hundred threads stuck, another file is read as ever."""
    for name in ("file", "other"):
        (volume.source / name).write_bytes(b"content")
    disable = BreakerCommand(BreakerAction.DISABLE)
    volume.guard.command_breaker(OperationType.STORAGE, disable, uid=0, pid=0)
    stick(volume, "read path=file", OperationType.FILE)
    # Long enough that all of them get as far as the device on a busy machine.
    volume.guard.operations[OperationType.FILE].timeout_ms = 1_000
    path = volume.mountpoint / "file"
    stuck = [start(lambda: errno_of(lambda: read_once(path))) for _ in range(100)]

    assert {future.result(BOUND_S) for future in stuck} == {"ETIMEDOUT"}
    assert in_flight(volume, OperationType.STORAGE) == 100
    assert read_once(volume.mountpoint / "other") == b"content"

    volume.faults.command("clear")
    wait_until(lambda: in_flight(volume, OperationType.STORAGE) == 0)
    wait_until(lambda: open_files(volume) == 0)

"""What the package promises, on real mounts.

Calls on a mount run in a thread with a bound (`bounded`): if one hangs, the test fails and the
fixture's abort frees it.
"""

import contextlib
import ctypes
import errno
import gc
import os
import select
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

import pytest

from tests.driver.fuse.memory import MemoryFilesystem
from tests.support.waiting import wait_until
from vexfsctl.driver.fuse import (
    ROOT_NODEID,
    USUAL_FLAGS,
    Connection,
    Filesystem,
    InitFlag,
    MountOptions,
    Reply,
    replies,
    serve,
)
from vexfsctl.driver.fuse.replies import Attr
from vexfsctl.driver.fuse.requests import (
    Create,
    Forget,
    Open,
    Poll,
    Read,
    SetAttr,
    Unlink,
    Write,
)
from vexfsctl.exceptions import MountFailed

pytestmark = pytest.mark.privileged("fuse")

BOUND_S = 10.0
AT_FDCWD = -100
UTIME_NOW = (1 << 30) - 1
UTIME_OMIT = (1 << 30) - 2

P = ParamSpec("P")
T = TypeVar("T")


class Mount(Protocol):
    """Mounts and serves a filesystem, by default on a directory of its own."""

    def __call__(
        self,
        filesystem: Filesystem,
        mountpoint: Path | None = None,
        want: InitFlag = USUAL_FLAGS,
        max_readers: int = 256,
    ) -> tuple[Path, Connection]:
        """Where it is mounted, and the connection."""


@pytest.fixture
def crashes() -> list[BaseException]:
    """What escaped from filesystems."""
    return []


@pytest.fixture
def mount(tmp_path: Path, crashes: list[BaseException]) -> Iterator[Mount]:
    """Mounts filesystems; none is left afterwards."""
    connections: list[Connection] = []

    def mount_one(
        filesystem: Filesystem,
        mountpoint: Path | None = None,
        want: InitFlag = USUAL_FLAGS,
        max_readers: int = 256,
    ) -> tuple[Path, Connection]:
        if mountpoint is None:
            mountpoint = tmp_path / f"mount{len(connections)}"
            mountpoint.mkdir()
        options = MountOptions(source="memory", subtype="test")
        connection = Connection.mount(mountpoint, options, want=want)
        connections.append(connection)
        serve(connection, filesystem, on_crash=crashes.append, max_readers=max_readers)
        return mountpoint, connection

    yield mount_one
    for connection in connections:
        connection.abort()
        assert connection.wait(BOUND_S)


def start(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
    """Call *function* in a thread of its own."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(function, *args, **kwargs)
    executor.shutdown(wait=False)
    return future


def bounded(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What *function* gives, within BOUND_S."""
    return start(function, *args, **kwargs).result(BOUND_S)


def read_once(path: Path) -> bytes:
    """The first bytes of a file, by one read(2); an error of close(2) does not hide that one's."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 4096)
    finally:
        with contextlib.suppress(OSError):
            os.close(file)


def errno_of(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> int | None:
    """The errno *function* fails with, within BOUND_S."""
    try:
        bounded(function, *args, **kwargs)
    except OSError as exception:
        return exception.errno
    return None


def utimensat(path: Path, atime: tuple[int, int], mtime: tuple[int, int]) -> None:
    """utimensat(2) with its special nanoseconds, which os.utime does not offer."""
    times = (ctypes.c_long * 4)(*atime, *mtime)
    assert ctypes.CDLL(None).utimensat(AT_FDCWD, os.fsencode(path), times, 0) == 0


def answer_with(payload: bytes) -> Callable[[object, Reply], None]:
    """A handler that succeeds with *payload*."""

    def handle(_request: object, reply: Reply) -> None:
        reply.send(payload)

    return handle


def fail_with(error: int) -> Callable[[object, Reply], None]:
    """A handler that fails with errno *error*."""

    def handle(_request: object, reply: Reply) -> None:
        reply.error(error)

    return handle


def readers_of(connection: Connection) -> int:
    """How many threads serve *connection*."""
    return sum(connection.mountpoint in thread.name for thread in threading.enumerate())


def test_files_are_written_read_and_listed(mount: Mount) -> None:
    """What is written to a file is read back, and the directory lists it."""
    filesystem = MemoryFilesystem(old=b"content")
    mountpoint, _ = mount(filesystem)

    bounded((mountpoint / "new").write_bytes, b"x" * 3_000_000)

    assert bounded((mountpoint / "old").read_bytes) == b"content"
    assert bounded((mountpoint / "new").read_bytes) == b"x" * 3_000_000
    assert sorted(bounded(os.listdir, mountpoint)) == ["new", "old"]


def test_large_directory_is_listed_whole(mount: Mount) -> None:
    """A directory of many READDIR answers loses and repeats no name."""
    names = sorted(f"{number:04d}" + "n" * (number % 200) for number in range(2000))
    mountpoint, _ = mount(MemoryFilesystem(**dict.fromkeys(names, b"")))

    assert sorted(bounded(os.listdir, mountpoint)) == names


def test_writes_arrive_in_mebibytes(mount: Mount) -> None:
    """The max_write of 1 MiB is granted: a long write comes in pieces of that size."""
    filesystem = MemoryFilesystem()
    sizes: list[int] = []

    def write(request: Write, reply: Reply) -> None:
        sizes.append(len(request.data))
        reply.send(replies.encode_write(len(request.data)))

    filesystem.intercept(Write, write)
    mountpoint, _ = mount(filesystem)

    bounded((mountpoint / "new").write_bytes, bytes(2 << 20))

    # A buffer that does not start at a page's beginning leaves a rest for a third.
    assert (max(sizes), sum(sizes)) == (1 << 20, 2 << 20)


def test_request_carries_its_caller(mount: Mount) -> None:
    """A request names the calling thread and its effective user and group."""
    filesystem = MemoryFilesystem()
    mountpoint, _ = mount(filesystem)

    def create() -> int:
        bounded_path = mountpoint / "new"
        os.close(os.open(bounded_path, os.O_CREAT | os.O_WRONLY, 0o640))
        return threading.get_native_id()

    caller = bounded(create)

    (request,) = filesystem.seen_of(Create)
    header = request.header
    assert (header.nodeid, header.uid, header.gid, header.pid) == (ROOT_NODEID, 0, 0, caller)
    assert (request.name, stat.S_IMODE(request.mode)) == (b"new", 0o640)


@pytest.mark.parametrize(
    ("atime", "mtime", "expected"),
    [
        ((0, UTIME_OMIT), (7, 42), (None, False, 7_000_000_042, False)),
        ((-5, 999_999_999), (0, UTIME_OMIT), (-4_000_000_001, False, None, False)),
        ((1, 2), (3, 4), (1_000_000_002, False, 3_000_000_004, False)),
    ],
)
def test_one_sided_utimensat_stays_one_sided(
    mount: Mount,
    atime: tuple[int, int],
    mtime: tuple[int, int],
    expected: tuple[int | None, bool, int | None, bool],
) -> None:
    """UTIME_OMIT arrives as None, and times keep every nanosecond, before 1970 too."""
    filesystem = MemoryFilesystem(f=b"")
    mountpoint, _ = mount(filesystem)

    bounded(utimensat, mountpoint / "f", atime, mtime)

    (request,) = filesystem.seen_of(SetAttr)
    times = (request.atime_ns, request.atime_now, request.mtime_ns, request.mtime_now)
    assert times == expected


def test_utime_now_arrives_as_now(mount: Mount) -> None:
    """UTIME_NOW is marked, with the kernel's time beside it; the omitted side is None."""
    filesystem = MemoryFilesystem(f=b"")
    mountpoint, _ = mount(filesystem)

    bounded(utimensat, mountpoint / "f", (0, UTIME_OMIT), (0, UTIME_NOW))

    (request,) = filesystem.seen_of(SetAttr)
    assert (request.atime_ns, request.atime_now, request.mtime_now) == (None, False, True)
    assert request.mtime_ns is not None


def test_watchdog_answers_for_a_stuck_worker(mount: Mount) -> None:
    """The first answer wins: a deadline's from another thread; the worker's late one is dropped."""
    filesystem = MemoryFilesystem(f=b"content")
    at_work: list[Reply] = []
    unstuck = threading.Event()
    late: list[bool] = []

    def stuck_read(_request: Read, reply: Reply) -> None:
        at_work.append(reply)
        assert unstuck.wait(BOUND_S)
        late.append(reply.send(b"content"))

    filesystem.intercept(Read, stuck_read)
    mountpoint, _ = mount(filesystem)

    caller = start(read_once, mountpoint / "f")
    wait_until(lambda: bool(at_work))
    assert at_work[0].error(errno.ETIMEDOUT)
    exception = caller.exception(BOUND_S)
    unstuck.set()

    assert isinstance(exception, OSError)
    assert exception.errno == errno.ETIMEDOUT
    wait_until(lambda: bool(late))
    assert late == [False]


def test_two_mounts_live_in_one_process(mount: Mount) -> None:
    """Each mount has its own filesystem, and ends alone."""
    one, first = mount(MemoryFilesystem(f=b"one"))
    two, second = mount(MemoryFilesystem(f=b"two"))

    assert bounded((one / "f").read_bytes) == b"one"
    assert bounded((two / "f").read_bytes) == b"two"
    first.unmount()
    assert first.wait(BOUND_S)
    assert not second.closed
    assert bounded((two / "f").read_bytes) == b"two"


def test_crash_of_a_handler_is_eio(mount: Mount, crashes: list[BaseException]) -> None:
    """An exception answers EIO, is reported, and the mount goes on."""
    filesystem = MemoryFilesystem(f=b"content")
    bug = ZeroDivisionError("bug")

    def crash(_request: Read, _reply: Reply) -> None:
        raise bug

    filesystem.intercept(Read, crash)
    mountpoint, _ = mount(filesystem)

    assert errno_of((mountpoint / "f").read_bytes) == errno.EIO
    wait_until(lambda: bool(crashes))
    assert crashes == [bug]
    assert bounded(os.listdir, mountpoint) == ["f"]


def test_reader_survives_a_hook_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing on_crash shows as a trace of its thread, and the mount goes on."""
    traces: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda trace: traces.append(trace.exc_value))
    filesystem = MemoryFilesystem(f=b"content")

    def crash(request: Read, reply: Reply) -> None:
        raise ValueError

    def fail(crash: BaseException) -> None:
        raise RuntimeError

    filesystem.intercept(Read, crash)
    connection = Connection.mount(tmp_path, MountOptions(source="memory", subtype="test"))
    try:
        serve(connection, filesystem, on_crash=fail, max_readers=1)
        assert [errno_of(read_once, tmp_path / "f") for _ in range(3)] == [errno.EIO] * 3
        assert [type(trace) for trace in traces] == [RuntimeError] * 3
    finally:
        connection.abort()
        assert connection.wait(BOUND_S)


def test_killed_caller_ends_with_the_answer(mount: Mount) -> None:
    """A caller killed while its call is served stays until the answer; the mount does not care."""
    filesystem = MemoryFilesystem(f=b"content")
    at_work: list[Reply] = []
    filesystem.intercept(Read, lambda _request, reply: at_work.append(reply))
    mountpoint, _ = mount(filesystem)
    program = "import os, sys; os.read(os.open(sys.argv[1], os.O_RDONLY), 7)"
    caller = subprocess.Popen([sys.executable, "-c", program, str(mountpoint / "f")])
    wait_until(lambda: bool(at_work))

    caller.send_signal(signal.SIGINT)
    caller.kill()

    assert bounded(os.listdir, mountpoint) == ["f"]
    assert caller.poll() is None
    at_work[0].send(b"content")
    assert caller.wait(BOUND_S) == -signal.SIGKILL


@pytest.mark.parametrize("error", [512, 1000, 0, -errno.ENOENT])
def test_what_is_no_errno_becomes_eio(mount: Mount, error: int) -> None:
    """An errno the kernel would drop, leaving the caller to hang, never reaches it."""
    filesystem = MemoryFilesystem(f=b"content")
    filesystem.intercept(Read, fail_with(error))
    mountpoint, _ = mount(filesystem)

    assert errno_of((mountpoint / "f").read_bytes) == errno.EIO


def test_largest_errno_arrives(mount: Mount) -> None:
    """511 is the last one the kernel takes."""
    filesystem = MemoryFilesystem(f=b"content")
    filesystem.intercept(Read, fail_with(511))
    mountpoint, _ = mount(filesystem)

    assert errno_of((mountpoint / "f").read_bytes) == 511


def test_answer_of_a_wrong_length_is_eio(mount: Mount, crashes: list[BaseException]) -> None:
    """A payload the kernel does not take is a bug that is reported; the caller gets EIO."""
    filesystem = MemoryFilesystem(f=b"content")
    filesystem.intercept(Open, answer_with(b"short"))
    mountpoint, _ = mount(filesystem)

    assert errno_of((mountpoint / "f").read_bytes) == errno.EIO
    wait_until(lambda: bool(crashes))
    assert [getattr(crash, "errno", None) for crash in crashes] == [errno.EINVAL]


def test_what_nobody_handles_is_enosys(mount: Mount) -> None:
    """An ioctl without a handler is not supported rather than stuck."""
    mountpoint, _ = mount(MemoryFilesystem(f=b""))

    def get_version() -> None:
        import fcntl

        with open(mountpoint / "f", "rb") as file:
            fcntl.ioctl(file, 0x80087601, bytes(8))  # FS_IOC_GETVERSION

    assert errno_of(get_version) == errno.ENOTTY


def test_notify_poll_wakes_a_poller(mount: Mount) -> None:
    """A poller sleeps until notify_poll makes the kernel ask again and the events are there."""
    filesystem = MemoryFilesystem(f=b"")
    ready = threading.Event()
    asked: list[Poll] = []

    def poll(request: Poll, reply: Reply) -> None:
        asked.append(request)
        events = select.POLLPRI | select.POLLERR if ready.is_set() else 0
        reply.send(replies.encode_poll(events))

    filesystem.intercept(Poll, poll)
    mountpoint, connection = mount(filesystem)

    def wait_for_change() -> int:
        with open(mountpoint / "f", "rb") as file:
            poller = select.poll()
            poller.register(file, select.POLLPRI)
            ((_, events),) = poller.poll(BOUND_S * 1000)
            return events

    caller = start(wait_for_change)
    wait_until(lambda: bool(asked))
    assert asked[0].schedule
    assert not caller.done()
    ready.set()
    connection.notify_poll(asked[0].kernel_handle)

    assert caller.result(BOUND_S) == select.POLLPRI | select.POLLERR


def test_notifying_of_what_the_kernel_forgot_is_no_exception(mount: Mount) -> None:
    """A poll handle the kernel does not have is passed over."""
    mountpoint, connection = mount(MemoryFilesystem())
    bounded(os.listdir, mountpoint)

    connection.notify_poll(4711)

    assert bounded(os.listdir, mountpoint) == []


def test_forgotten_nodes_balance_lookups(mount: Mount) -> None:
    """Each answered lookup comes back in a FORGET, which takes no answer."""
    filesystem = MemoryFilesystem(f=b"content")
    refused: list[bool] = []

    def forget(_request: Forget, reply: Reply) -> None:
        refused.append(reply.error(errno.EIO))

    filesystem.intercept(Forget, forget)
    filesystem.intercept(Unlink, answer_with(b""))
    mountpoint, _ = mount(filesystem)
    bounded((mountpoint / "f").read_bytes)

    bounded(os.unlink, mountpoint / "f")

    wait_until(lambda: bool(refused))
    assert filesystem.seen_of(Forget)[0].nodes == ((filesystem.names[b"f"], 1),)
    assert refused == [False]
    assert bounded((mountpoint / "f").read_bytes) == b"content"


def test_readers_grow_while_handlers_block(mount: Mount) -> None:
    """Thirty calls are at work at once, one more is answered, and surplus readers end later."""
    filesystem = MemoryFilesystem(f=b"content")
    together = threading.Barrier(31)

    def read(_request: Read, reply: Reply) -> None:
        together.wait(BOUND_S)
        reply.send(b"content")

    filesystem.intercept(Read, read)
    mountpoint, connection = mount(filesystem)

    callers = [start(read_once, mountpoint / "f") for _ in range(30)]
    wait_until(lambda: together.n_waiting == 30)
    assert bounded(os.listdir, mountpoint) == ["f"]
    assert readers_of(connection) > 30
    together.wait(BOUND_S)

    for caller in callers:
        assert caller.exception(BOUND_S) is None
    wait_until(lambda: readers_of(connection) <= 5)


def test_readers_stop_growing_at_their_maximum(mount: Mount) -> None:
    """With as many handlers stuck as there may be readers, calls wait and then go on."""
    filesystem = MemoryFilesystem(f=b"content")
    together = threading.Barrier(4)

    def read(_request: Read, reply: Reply) -> None:
        together.wait(BOUND_S)
        reply.send(b"content")

    filesystem.intercept(Read, read)
    mountpoint, connection = mount(filesystem, max_readers=3)

    callers = [start(read_once, mountpoint / "f") for _ in range(3)]
    wait_until(lambda: together.n_waiting == 3)
    waiting = start(os.stat, mountpoint / "missing")
    assert readers_of(connection) == 3
    assert not waiting.done()
    together.wait(BOUND_S)

    assert isinstance(waiting.exception(BOUND_S), FileNotFoundError)
    assert [caller.exception(BOUND_S) for caller in callers] == [None] * 3


def fuse_descriptors() -> int:
    """How many descriptors of /dev/fuse this process has."""
    links = Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(link) == "/dev/fuse" for link in links)


def test_unmount_ends_threads_and_descriptor(mount: Mount) -> None:
    """After unmount nothing is left: no mount, no thread, no descriptor."""
    before = fuse_descriptors()
    mountpoint, connection = mount(MemoryFilesystem(f=b"content"))
    bounded((mountpoint / "f").read_bytes)

    connection.unmount()

    assert connection.wait(BOUND_S)
    assert connection.closed
    wait_until(lambda: readers_of(connection) == 0)
    assert fuse_descriptors() == before
    assert os.listdir(mountpoint) == []
    connection.unmount()


def test_open_files_work_after_a_lazy_unmount(mount: Mount) -> None:
    """Unmount takes away the name; who has a file open finishes first."""
    mountpoint, connection = mount(MemoryFilesystem(f=b"content"))
    file = bounded(open, mountpoint / "f", "rb", buffering=0)

    connection.unmount()

    assert not connection.wait(0.05)
    assert bounded(file.read, 7) == b"content"
    bounded(file.close)
    assert connection.wait(BOUND_S)


def test_abort_frees_a_stuck_caller(mount: Mount) -> None:
    """Abort ends the connection under an open file and a waiting call; late answers go nowhere."""
    filesystem = MemoryFilesystem(f=b"content")
    replies_held: list[Reply] = []
    filesystem.intercept(Read, lambda _request, reply: replies_held.append(reply))
    mountpoint, connection = mount(filesystem)
    caller = start(read_once, mountpoint / "f")
    wait_until(lambda: bool(replies_held))

    connection.abort()

    exception = caller.exception(BOUND_S)
    assert isinstance(exception, OSError)
    assert exception.errno == errno.ECONNABORTED
    assert connection.wait(BOUND_S)
    assert replies_held[0].send(b"content")


def test_late_answer_hits_no_other_descriptor(mount: Mount, tmp_path: Path) -> None:
    """A descriptor number is not reused as long as a stuck worker might write to it."""
    filesystem = MemoryFilesystem(f=b"content")
    replies_held: list[Reply] = []
    filesystem.intercept(Read, lambda _request, reply: replies_held.append(reply))
    mountpoint, connection = mount(filesystem)
    start(read_once, mountpoint / "f")
    wait_until(lambda: bool(replies_held))
    connection.abort()
    assert connection.wait(BOUND_S)
    wait_until(lambda: readers_of(connection) == 0)

    others = [open(tmp_path / f"other{n}", "wb", buffering=0) for n in range(20)]  # noqa: SIM115
    replies_held[0].send(b"content")

    assert [os.fstat(other.fileno()).st_size for other in others] == [0] * 20
    for other in others:
        other.close()


def test_file_can_be_a_mount_point(mount: Mount, tmp_path: Path) -> None:
    """A mount on a regular file is one file, as an image to attach."""
    image = tmp_path / "image"
    image.touch()

    class OneFile(MemoryFilesystem):
        def attr(self, nodeid: int) -> Attr:
            return Attr(ino=nodeid, mode=stat.S_IFREG | 0o600, size=5)

    filesystem = OneFile()
    filesystem.data[ROOT_NODEID] = bytearray(b"image")
    mount(filesystem, mountpoint=image)

    assert bounded(image.read_bytes) == b"image"


def map_shared(path: Path) -> bytes:
    """What a shared mapping of *path* holds.

    From another process: a page fault keeps Python's global lock, and the fault's READ needs it.
    """
    program = (
        "import mmap, os, sys; file = os.open(sys.argv[1], os.O_RDWR); "
        "sys.stdout.buffer.write(mmap.mmap(file, 7)[:])"
    )
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, check=True, timeout=BOUND_S).stdout


def test_wanted_flags_are_negotiated(mount: Mount) -> None:
    """What was wanted and the kernel has is granted, flags above 32 bits too."""
    want = InitFlag.ATOMIC_O_TRUNC | InitFlag.DIRECT_IO_ALLOW_MMAP
    filesystem = MemoryFilesystem(f=b"content")
    mountpoint, connection = mount(filesystem, want=want)

    bounded(os.close, bounded(os.open, mountpoint / "f", os.O_RDWR | os.O_TRUNC))

    assert connection.negotiated.minor >= 31
    assert connection.negotiated.max_write == 1 << 20
    assert InitFlag.ATOMIC_O_TRUNC in connection.negotiated.flags
    assert InitFlag.ASYNC_READ not in connection.negotiated.flags
    assert filesystem.seen_of(SetAttr) == []
    assert filesystem.seen_of(Open)[0].flags & os.O_TRUNC
    if InitFlag.DIRECT_IO_ALLOW_MMAP in connection.negotiated.flags:
        assert map_shared(mountpoint / "f") == b"content"


def test_mount_names_what_is_wrong(tmp_path: Path) -> None:
    """Mounting on nothing is MountFailed, with place, reason and a next step."""
    missing = tmp_path / "missing"
    before = fuse_descriptors()

    with pytest.raises(MountFailed) as raised:
        Connection.mount(missing, MountOptions(source="memory", subtype="test"))

    assert raised.value.message == f"cannot mount on {missing}: No such file or directory"
    assert raised.value.hint is not None
    gc.collect()
    assert fuse_descriptors() == before


def test_mount_table_shows_source_type_and_options(mount: Mount) -> None:
    """Source, type and options are those asked for."""
    mountpoint, _ = mount(MemoryFilesystem())

    (line,) = [
        line.split()
        for line in Path("/proc/self/mounts").read_text().splitlines()
        if line.split()[1] == str(mountpoint)
    ]
    assert line[0] == "memory"
    assert line[2] == "fuse.test"
    assert set(line[3].split(",")) >= {"rw", "nosuid", "nodev", "default_permissions"}

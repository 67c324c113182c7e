"""The tree of a real guard, mounted, has the manners of sysfs.

Each claim is what vexfs-sysfs(5) promises, or what Linux 6.18 was seen to need. They run as root,
for whom the kernel checks no modes: what is refused here is refused to everybody.
"""

import ctypes
import errno
import mmap
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vexfsctl.driver.fuse import Connection, MountOptions, serve
from vexfsctl.driver.volume.attributes import AttributeSource
from vexfsctl.driver.volume.facts import VolumeFacts
from vexfsctl.driver.volume.tree import TreeFilesystem
from vexfsctl.exceptions import VolumeStale
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import Event, OperatorActed
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, DegradationLevel, ModuleState, Presence
from vexfsctl.sysfs.attributes import attributes
from vexfsctl.sysfs.tree import SysfsTree, read_volumes
from vexfsctl.system.children import run_in_children
from vexfsctl.system.clock import MonotonicClock

pytestmark = pytest.mark.privileged("fuse")

BOUND_S = 60.0
NOBODY = 65534
RW = "retry/max_attempts"
RO = "errors/total"
WO = "operations/file/breaker/control"
CHANGED = select.POLLPRI | select.POLLERR
CALM = select.POLLIN | select.POLLOUT | select.POLLRDNORM | select.POLLWRNORM
EVERYTHING = CHANGED | CALM


@dataclass
class Served:
    """A tree that is mounted, and the engine behind it."""

    root: Path
    path: Path
    guard: Guard
    facts: VolumeFacts
    events: list[Event]

    def read(self, name: str) -> bytes:
        """Read an attribute as a program does."""
        return (self.path / name).read_bytes()

    def write(self, name: str, data: bytes) -> int:
        """Write to an attribute in one write(2)."""
        descriptor = os.open(self.path / name, os.O_WRONLY)
        try:
            return os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def command(self, action: BreakerAction) -> None:
        """Give the breaker of `file` a command, past the tree."""
        self.guard.command_breaker(OperationType.FILE, BreakerCommand(action), uid=0, pid=1)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One volume for all claims; each leaves it as it found it."""
    # Other users reach it there, and not below what pytest keeps to itself.
    root = Path(tempfile.mkdtemp(prefix="vexfs-test-"))
    root.chmod(0o755)
    path = root / "loop0"
    path.mkdir()
    events: list[Event] = []
    guard = Guard(
        "loop0", clock=MonotonicClock(), log=ImmediateLog(events.append), ids=CorrelationSource()
    )
    facts = VolumeFacts("loop0", epoch=7, mountpoint="/mnt", log="kmsg")
    facts.move_to(ModuleState.INITIALIZED, events.append)
    filesystem = TreeFilesystem(AttributeSource(guard, facts))
    crashes: list[BaseException] = []
    options = MountOptions("loop0", subtype="test-sysfs", allow_other=True)
    connection = Connection.mount(path, options)
    filesystem.attach(connection)
    serve(connection, filesystem, on_crash=crashes.append)
    # A claim that hangs is cut off and fails, it does not hold the tests up for ever.
    rescue = threading.Timer(BOUND_S, connection.abort)
    rescue.daemon = True
    rescue.start()
    yield Served(root, path, guard, facts, events)
    rescue.cancel()
    connection.abort()
    assert connection.wait(BOUND_S)
    assert crashes == []
    shutil.rmtree(root)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        pytest.param(RO, stat.S_IFREG | 0o444, id="what can only be read is 0444"),
        pytest.param(RW, stat.S_IFREG | 0o644, id="what can be set is 0644"),
        pytest.param(WO, stat.S_IFREG | 0o200, id="what takes commands is 0200"),
        pytest.param("operations/file", stat.S_IFDIR | 0o755, id="a directory is 0755"),
    ],
)
def test_modes(served: Served, name: str, mode: int) -> None:
    """Permission bits are those of the table."""
    assert (served.path / name).stat().st_mode == mode


def test_an_attribute_has_the_size_of_a_page_and_no_blocks(served: Served) -> None:
    """A size of 4096 whatever it holds, no blocks, one name, the driver as owner."""
    found = (served.path / RO).stat()

    assert (found.st_size, found.st_blocks, found.st_nlink) == (4096, 0, 1)
    assert (found.st_uid, found.st_gid) == (os.geteuid(), os.getegid())


def test_directories_count_their_directories(served: Served) -> None:
    """find(1) trusts the link count: two, and one for each directory within."""
    assert (served.path / "operations").stat().st_nlink == 2 + 7
    assert (served.path / "errors").stat().st_nlink == 2


def test_the_tree_lists_the_table(served: Served) -> None:
    """Every attribute of the table is found by walking, and nothing else."""
    found = {
        str((Path(directory) / name).relative_to(served.path))
        for directory, _, names in os.walk(served.path)
        for name in names
    }

    assert found == {attribute.path for attribute in attributes()}


def test_every_value_is_one_line_or_word(served: Served) -> None:
    """What can be read is shorter than a page and ends in its only newline."""
    for attribute in attributes():
        if attribute.readable:
            content = served.read(attribute.path)
            assert content.endswith(b"\n"), attribute.path
            assert (content.count(b"\n"), len(content) < 4096) == (1, True), attribute.path


def test_the_reader_reads_what_the_driver_serves(served: Served) -> None:
    """SysfsTree finds the volume present and complete."""
    (volume,) = read_volumes([served.root], timeout_s=BOUND_S)

    assert (volume.name, volume.presence, volume.detail) == ("loop0", Presence.PRESENT, None)
    assert volume.status is not None
    assert volume.status.epoch == 7


def test_content_is_made_anew_by_a_read_from_the_start(served: Served) -> None:
    """An open descriptor shows the new value when it is read from offset 0 again."""
    descriptor = os.open(served.path / RW, os.O_RDONLY)
    try:
        before = os.pread(descriptor, 4096, 0)
        served.write(RW, b"42\n")
        after = os.pread(descriptor, 4096, 0)
    finally:
        os.close(descriptor)
        served.write(RW, before)

    assert (before, after) == (b"3\n", b"42\n")


def test_a_value_read_in_pieces_is_one_value(served: Served) -> None:
    """A change between two reads does not tear a value."""
    descriptor = os.open(served.path / "access_mode", os.O_RDONLY)
    try:
        first = os.read(descriptor, 1)
        served.write("access_mode", b"ro\n")
        rest = os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
        served.write("access_mode", b"rw\n")

    assert first + rest == b"rw\n"


def test_the_end_is_the_end_of_the_value(served: Served) -> None:
    """A read past the value gives nothing, though the size says 4096."""
    descriptor = os.open(served.path / RO, os.O_RDONLY)
    try:
        assert os.read(descriptor, 4096) == b"0\n"
        assert os.read(descriptor, 4096) == b""
        assert os.pread(descriptor, 4096, 100) == b""
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"9\n", id="with a newline"),
        pytest.param(b"9", id="without one"),
    ],
)
def test_a_good_value_is_taken(served: Served, data: bytes) -> None:
    """The whole write is taken, and the value read back at once."""
    try:
        assert served.write(RW, data) == len(data)
        assert served.read(RW) == b"9\n"
    finally:
        served.write(RW, b"3\n")


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        pytest.param(RW, b"nine\n", errno.EINVAL, id="no number"),
        pytest.param(RW, b"\n", errno.EINVAL, id="nothing"),
        pytest.param(RW, b"9\0", errno.EINVAL, id="a NUL"),
        pytest.param(RW, b"101\n", errno.ERANGE, id="a number out of range"),
        pytest.param("access_mode", b"RO\n", errno.EINVAL, id="an unknown word"),
        pytest.param(WO, b"melt\n", errno.EINVAL, id="an unknown command"),
        pytest.param(WO, b"observer\n", errno.EINVAL, id="a command that there is not"),
        pytest.param(WO, b"probe\n", errno.EBUSY, id="a command not possible in this state"),
        pytest.param(WO, b"trip if-generation 99\n", errno.ESTALE, id="a generation moved on"),
        pytest.param(RW, b"9" * 4096, errno.EINVAL, id="a page"),
        pytest.param(RW, b"9" * 3_000_000, errno.EINVAL, id="many pages"),
    ],
)
def test_a_bad_value_is_refused_by_the_write_itself(
    served: Served, name: str, data: bytes, error: int
) -> None:
    """write(2) fails with the specified errno, not close(2), and nothing changes."""
    descriptor = os.open(served.path / name, os.O_WRONLY)
    before = served.read("operations/file/breaker/generation")
    try:
        with pytest.raises(OSError) as refused:
            os.write(descriptor, data)
    finally:
        os.close(descriptor)

    assert refused.value.errno == error
    assert served.read(RW) == b"3\n"
    assert served.read("access_mode") == b"rw\n"
    assert served.read("operations/file/breaker/generation") == before


def test_a_provider_in_error_takes_no_writes(served: Served) -> None:
    """In state error a write is EIO, and reading goes on."""
    served.facts.move_to(ModuleState.ERROR, served.events.append)
    try:
        assert errno_of(lambda: served.write(RW, b"9\n")) == errno.EIO
        assert served.read("state") == b"error\n"
    finally:
        served.facts.move_to(ModuleState.INITIALIZED, served.events.append)


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(os.O_WRONLY | os.O_TRUNC, id="with O_TRUNC"),
        pytest.param(os.O_WRONLY | os.O_APPEND, id="with O_APPEND"),
        pytest.param(os.O_WRONLY | os.O_CREAT | os.O_TRUNC, id="as a shell's redirection"),
        pytest.param(os.O_RDWR, id="for both"),
    ],
)
def test_how_it_was_opened_is_no_matter(served: Served, flags: int) -> None:
    """O_TRUNC, O_APPEND and O_CREAT of what exists are taken and mean nothing."""
    descriptor = os.open(served.path / RW, flags, 0o644)
    try:
        assert served.read(RW) == b"3\n"
        assert os.write(descriptor, b"9\n") == 2
        assert served.read(RW) == b"9\n"
    finally:
        os.close(descriptor)
        served.write(RW, b"3\n")


def test_a_write_at_an_offset_is_a_write_of_the_value(served: Served) -> None:
    """The offset is ignored: each write is one whole value."""
    descriptor = os.open(served.path / RW, os.O_WRONLY)
    try:
        assert os.pwrite(descriptor, b"9\n", 100) == 2
        assert served.read(RW) == b"9\n"
        assert os.pwrite(descriptor, b"3\n", 0) == 2
        assert served.read(RW) == b"3\n"
    finally:
        os.close(descriptor)


def test_truncating_is_ignored(served: Served) -> None:
    """truncate(2) succeeds and changes neither value nor size."""
    os.truncate(served.path / RW, 0)

    assert served.read(RW) == b"3\n"
    assert (served.path / RW).stat().st_size == 4096


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        pytest.param(RO, os.O_WRONLY, id="a read-only one for writing"),
        pytest.param(RO, os.O_RDWR, id="a read-only one for both"),
        pytest.param(RO, os.O_WRONLY | os.O_TRUNC, id="a read-only one to truncate"),
        pytest.param(WO, os.O_RDONLY, id="a write-only one for reading"),
        pytest.param(WO, os.O_RDWR, id="a write-only one for both"),
    ],
)
def test_modes_hold_for_root(served: Served, name: str, flags: int) -> None:
    """What the mode does not allow cannot be opened, by root neither."""
    assert errno_of(lambda: os.close(os.open(served.path / name, flags))) == errno.EACCES


@pytest.mark.parametrize(
    ("name", "flags", "error"),
    [
        pytest.param(RW, os.O_RDONLY, 0, id="read a setting"),
        pytest.param(RW, os.O_WRONLY, errno.EACCES, id="not write a setting"),
        pytest.param(WO, os.O_WRONLY, errno.EACCES, id="not give a command"),
    ],
)
def test_other_users_may(served: Served, name: str, flags: int, error: int) -> None:
    """User nobody may look and not touch."""
    path = served.path / name

    def as_nobody() -> int | None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        return errno_of(lambda: os.close(os.open(path, flags))) or 0

    assert run_in_children([as_nobody], BOUND_S) == [error]


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        pytest.param(
            lambda at: os.open(at / "new", os.O_WRONLY | os.O_CREAT), errno.EACCES, id="create"
        ),
        pytest.param(lambda at: os.mknod(at / "new"), errno.EPERM, id="mknod"),
        pytest.param(lambda at: os.mkdir(at / "new"), errno.EPERM, id="mkdir"),
        pytest.param(lambda at: os.symlink("x", at / "new"), errno.EPERM, id="symlink"),
        pytest.param(lambda at: os.link(at / RO, at / "new"), errno.EPERM, id="link"),
        pytest.param(lambda at: os.unlink(at / RO), errno.EPERM, id="unlink"),
        pytest.param(lambda at: os.rmdir(at / "inject"), errno.ENOENT, id="no such name"),
        pytest.param(lambda at: os.rmdir(at / "errors"), errno.EPERM, id="rmdir"),
        pytest.param(lambda at: os.rename(at / RO, at / "new"), errno.EPERM, id="rename"),
        pytest.param(lambda at: os.chmod(at / RO, 0o666), errno.EPERM, id="chmod"),
        pytest.param(lambda at: os.chown(at / RO, 1, 1), errno.EPERM, id="chown"),
        pytest.param(lambda at: os.utime(at / RO), errno.EPERM, id="utime"),
        pytest.param(lambda at: os.setxattr(at / RO, "user.x", b""), errno.EOPNOTSUPP, id="xattr"),
        pytest.param(lambda at: map_shared(at / RO), errno.ENODEV, id="mmap"),
        pytest.param(lambda at: os.stat(at / "inject"), errno.ENOENT, id="inject is not there"),
    ],
)
def test_nothing_else_can_be_done(
    served: Served, attempt: Callable[[Path], object], error: int
) -> None:
    """The tree has no other files than its own, and they stay what they are."""
    assert errno_of(lambda: attempt(served.path)) == error


def test_syncing_is_harmless(served: Served) -> None:
    """A program that calls fsync after its write is not told of an error."""
    descriptor = os.open(served.path / RW, os.O_WRONLY)
    try:
        os.write(descriptor, b"3\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def test_a_command_has_acted_when_its_write_returns(served: Served) -> None:
    """The state is there at once, and the operator's record names the writing process."""
    served.write(WO, b'trip reason="a test"\n')
    try:
        assert served.read("operations/file/breaker/state") == b"forced_open\n"
    finally:
        served.write(WO, b"reset\n")

    trip, _reset = [event for event in served.events if isinstance(event, OperatorActed)][-2:]
    assert (trip.action, trip.reason) == ("trip", "a test")
    assert (trip.uid, trip.pid) == (0, threading.get_native_id())


def test_an_attribute_not_read_yet_counts_as_changed(served: Served) -> None:
    """poll(2) before the first read answers at once, as in the kernel."""
    with Watch(served.path / "state") as watch:
        assert watch.poll(0) == EVERYTHING


def test_a_value_that_was_read_is_calm(served: Served) -> None:
    """After a read, nothing is urgent until the value changes."""
    with Watch(served.path / "state") as watch:
        watch.read()

        assert watch.poll(0) == CALM
        assert watch.poll(0, select.POLLPRI) == 0


@pytest.mark.parametrize(
    ("name", "change", "after"),
    [
        pytest.param(
            "state",
            lambda it: it.facts.move_to(ModuleState.SHUTTING_DOWN, it.events.append),
            b"shutting_down\n",
            id="state",
        ),
        pytest.param(
            "degradation",
            lambda it: it.guard.set_degradation(DegradationLevel.LIGHT),
            b"light\n",
            id="degradation",
        ),
        pytest.param(
            "operations/file/breaker/state",
            lambda it: it.command(BreakerAction.TRIP),
            b"forced_open\n",
            id="breaker",
        ),
    ],
)
def test_a_change_wakes_whoever_polls(
    served: Served, name: str, change: Callable[[Served], None], after: bytes
) -> None:
    """Both who wait in poll(2) wake with POLLPRI and POLLERR, read the new value, and are calm."""
    with Watch(served.path / name) as one, Watch(served.path / name) as other:
        woken: list[int] = []
        for watch in (one, other):
            watch.read()
        waiters = [
            threading.Thread(target=lambda w=watch: woken.append(w.poll(BOUND_S, select.POLLPRI)))
            for watch in (one, other)
        ]
        for waiter in waiters:
            waiter.start()
        try:
            change(served)
            for waiter in waiters:
                waiter.join()

            assert woken == [CHANGED, CHANGED]
            assert one.read() == after
            assert one.poll(0) == CALM
            assert other.poll(0) == EVERYTHING
        finally:
            restore(served)


def test_a_change_before_the_poll_is_not_lost(served: Served) -> None:
    """Between a read and the poll after it, a change still wakes."""
    with Watch(served.path / "degradation") as watch:
        watch.read()
        served.guard.set_degradation(DegradationLevel.HEAVY)
        try:
            assert watch.poll(BOUND_S, select.POLLPRI) == CHANGED
        finally:
            restore(served)


def test_epoll_wakes_too(served: Served) -> None:
    """An event loop is told once for each change."""
    with Watch(served.path / "degradation") as watch, select.epoll() as epoll:
        watch.read()
        epoll.register(watch.descriptor, select.EPOLLPRI | select.EPOLLET)
        assert epoll.poll(0) == []

        served.guard.set_degradation(DegradationLevel.HEAVY)
        try:
            assert epoll.poll(BOUND_S) == [(watch.descriptor, CHANGED)]
        finally:
            restore(served)


def test_the_reader_waits_for_a_state(served: Served) -> None:
    """SysfsTree.wait_until returns when the breaker changes."""
    there = SysfsTree(served.root, timeout_s=BOUND_S)
    timer = threading.Timer(0.05, served.command, (BreakerAction.TRIP,))
    timer.start()
    try:
        state = there.wait_until(
            "loop0",
            "operations/file/breaker/state",
            lambda state: state is not BreakerState.CLOSED,
            timeout_s=BOUND_S,
        )
    finally:
        timer.join()
        restore(served)

    assert state is BreakerState.FORCED_OPEN


def test_the_writer_reaches_the_engine(served: Served) -> None:
    """SysfsTree.write sets what the engine uses."""
    there = SysfsTree(served.root, timeout_s=BOUND_S)
    there.write("loop0", "access_mode", AccessMode.READ_ONLY)
    try:
        assert served.guard.access_mode is AccessMode.READ_ONLY
    finally:
        there.write("loop0", "access_mode", AccessMode.READ_WRITE)


@pytest.fixture
def process(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that serves a tree at `tmp_path/loop0`; mount and process are gone afterwards."""
    path = tmp_path / "loop0"
    path.mkdir()
    argv = [sys.executable, "-m", "tests.support.serve_tree", str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()
        process.send_signal(signal.SIGCONT)
    detach_and_force = 2 | 1
    ctypes.CDLL(None).umount2(os.fsencode(path), detach_and_force)


def test_a_killed_provider_is_stale(tmp_path: Path, process: "subprocess.Popen[bytes]") -> None:
    """After kill -9 the mount is left, and the answer says which command clears it."""
    process.kill()
    process.wait()

    (volume,) = read_volumes([tmp_path], timeout_s=BOUND_S)

    assert (volume.name, volume.presence) == ("loop0", Presence.STALE)
    assert volume.detail == "its provider is gone, but its mount is left"
    assert volume.hint == "vexfsctl umount --force loop0"
    there = SysfsTree(tmp_path, timeout_s=BOUND_S)
    with pytest.raises(VolumeStale, match="the provider of loop0 is gone"):
        there.read("loop0", "state")
    with pytest.raises(VolumeStale, match="the provider of loop0 is gone"):
        there.write("loop0", "access_mode", AccessMode.READ_ONLY)


def test_a_wait_ends_with_its_provider(tmp_path: Path, process: "subprocess.Popen[bytes]") -> None:
    """Who waits for a state learns that the provider is gone."""
    timer = threading.Timer(0.1, process.kill)
    timer.start()

    with pytest.raises(VolumeStale):
        SysfsTree(tmp_path).wait_until("loop0", "state", lambda _: False, timeout_s=BOUND_S)

    timer.join()


def test_a_stopped_provider_is_unresponsive(
    tmp_path: Path, process: "subprocess.Popen[bytes]"
) -> None:
    """Its CPU clock stands, so it costs one deadline; when it goes on, it is present."""
    process.send_signal(signal.SIGSTOP)

    (hung,) = read_volumes([tmp_path], timeout_s=0.3)
    process.send_signal(signal.SIGCONT)
    (well,) = read_volumes([tmp_path], timeout_s=BOUND_S)

    assert (hung.presence, hung.abandoned) == (Presence.UNRESPONSIVE, True)
    assert hung.detail == (
        "loop0 does not answer within 0.3 s, and the CPU clock of its driver, "
        f"process {process.pid}, stands"
    )
    assert hung.hint == "vexfsctl umount --force loop0"
    assert well.presence is Presence.PRESENT


class Watch:
    """An open attribute that is polled."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def read(self) -> bytes:
        """Read from the start."""
        return os.pread(self.descriptor, 4096, 0)

    def poll(self, timeout_s: float, events: int = EVERYTHING) -> int:
        """Return the events poll(2) tells of, 0 for none."""
        poll = select.poll()
        poll.register(self.descriptor, events)
        return sum(found for _, found in poll.poll(timeout_s * 1000))


def restore(served: Served) -> None:
    """Bring the volume back to what the other claims expect."""
    served.command(BreakerAction.RESET)
    served.guard.set_degradation(DegradationLevel.NORMAL)
    served.facts.move_to(ModuleState.INITIALIZED, served.events.append)


def errno_of(attempt: Callable[[], object]) -> int | None:
    """Return the errno *attempt* fails with."""
    try:
        attempt()
    except OSError as cause:
        return cause.errno
    return None


def map_shared(path: Path) -> None:
    """Map a file for reading, shared with whoever else maps it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        mmap.mmap(descriptor, 4096, prot=mmap.PROT_READ).close()
    finally:
        os.close(descriptor)

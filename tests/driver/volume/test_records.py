"""Which log a driver writes to, and what becomes of its records where that is full or hangs."""

import contextlib
import fcntl
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EBUSY, EIO
from pathlib import Path

import pytest

from tests.support.clock import VirtualClock
from tests.support.full_disk import file_size_limit
from tests.support.waiting import wait_until
from vexfsctl.driver.volume.records import CALLS_ROOM, RESERVE, RecordLog, open_records
from vexfsctl.exceptions import ActionFailed, StateConflict
from vexfsctl.guard.call import Call
from vexfsctl.guard.guard import Guard
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import DegradationChanged
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, RetrySettings

FILE = OperationType.FILE
CHANGE = DegradationChanged(volume="loop0", before="normal", after="light", cause=None)


@dataclass
class LoggedVolume:
    """A guarded volume whose records go where a driver's go."""

    guard: Guard
    log: RecordLog
    clock: VirtualClock

    def fail(self, attempts: int = 1) -> None:
        """Let one call fail after so many attempts."""
        self.guard.retry = RetrySettings(max_attempts=attempts, base_delay_ms=0, max_delay_ms=1)
        with pytest.raises(OSError, match="from the device"):
            self.guard.run(FILE, "read", fail)

    def command(self, action: BreakerAction) -> None:
        """Be an operator."""
        self.guard.command_breaker(FILE, BreakerCommand(action), uid=0, pid=1)

    def counts(self) -> tuple[int, ...]:
        """Errors in all, and those that are logged, suppressed, lost and queued."""
        counts = self.guard.error_counts()
        return counts.total, counts.logged, counts.suppressed, counts.lost, counts.queued


def fail(_: Call) -> None:
    """Be a device that is broken."""
    raise OSError(EIO, "from the device")


@contextlib.contextmanager
def logged_volume(path: Path, clock: VirtualClock) -> Iterator[LoggedVolume]:
    """A volume that logs to *path* and whose breaker judges nothing."""
    log = open_records(str(path), "loop0", clock)
    guard = Guard("loop0", clock=clock, log=log, ids=CorrelationSource(), random=lambda: 0.0)
    guard.command_breaker(FILE, BreakerCommand(BreakerAction.DISABLE), uid=0, pid=1)
    try:
        yield LoggedVolume(guard, log, clock)
    finally:
        log.close(60)


def stories(text: str) -> list[tuple[str, str]]:
    """Number and kind of each record in *text*."""
    return re.findall(r"^\d+,(\d+),\d+,-;VexFS: (?:\[CORR-\w+\] )?(\w+) ", text, re.MULTILINE)


def test_a_file_is_made_with_its_directory(tmp_path: Path, clock: VirtualClock) -> None:
    """Its records have the times at which they were made, and are numbered from 0."""
    log = open_records(str(tmp_path / "new" / "log.kmsg"), "loop0", clock)
    log.take(CHANGE)
    clock.advance(0.5)
    log.take(CHANGE)
    assert log.close(60)

    assert log.name == str(tmp_path / "new" / "log.kmsg")
    assert (tmp_path / "new" / "log.kmsg").read_text() == (
        "12,0,3600000000,-;VexFS: degradation vol=loop0 from=normal to=light\n"
        "12,1,3600500000,-;VexFS: degradation vol=loop0 from=normal to=light\n"
    )


def test_a_log_has_one_name(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it was asked for."""
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    names = set()
    for target in ("log.kmsg", "./new/../log.kmsg", "link/log.kmsg", str(tmp_path / "log.kmsg")):
        (tmp_path / "new").mkdir(exist_ok=True)
        log = open_records(target, "loop0", clock)
        log.close(60)
        names.add(log.name)

    assert names == {str(tmp_path / "log.kmsg")}


def test_a_directory_is_no_log(tmp_path: Path, clock: VirtualClock) -> None:
    """What was asked for by name must work."""
    with pytest.raises(ActionFailed, match="cannot write the log"):
        open_records(str(tmp_path), "loop0", clock)


def test_what_a_full_disk_does_not_take_is_lost_by_whole_calls(
    tmp_path: Path, clock: VirtualClock
) -> None:
    """It fails no call, it is counted, and the first call with room is told from its beginning."""
    path = tmp_path / "log.kmsg"
    with logged_volume(path, clock) as volume:
        wait_until(lambda: len(path.read_text().splitlines()) == 2)
        with file_size_limit(path.stat().st_size):
            volume.fail(attempts=3)
            wait_until(lambda: volume.counts() == (3, 0, 0, 3, 0))
        volume.fail(attempts=2)

    assert volume.counts() == (5, 2, 0, 3, 0)
    numbers, kinds = zip(*stories(path.read_text()), strict=True)
    assert kinds == ("operator", "breaker", "error", "retry", "error", "failed")
    # What is lost leaves its numbers out.
    assert int(numbers[2]) > int(numbers[1]) + 1


@dataclass
class HangingLog:
    """A log that takes nothing until somebody reads it: a pipe full of empty lines."""

    path: Path
    reading: int

    def drain(self, volume: LoggedVolume) -> str:
        """Be a disk that answers again; return all that was written until the log is closed."""
        text = bytearray()

        def read() -> None:
            while block := os.read(self.reading, 65536):
                text.extend(block)

        os.set_blocking(self.reading, True)
        reader = threading.Thread(target=read)
        reader.start()
        assert volume.log.close(60)
        reader.join()
        return text.decode()


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[HangingLog]:
    """A log on a disk that hangs."""
    path = tmp_path / "log.kmsg"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 4096)
    filling = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(filling, b"\n")
    os.close(filling)
    try:
        yield HangingLog(path, reading)
    finally:
        os.close(reading)


def test_a_log_that_hangs_delays_no_call(hanging: HangingLog, clock: VirtualClock) -> None:
    """Records wait, up to a bound; beyond it calls are left out whole, and all of it is counted."""
    with logged_volume(hanging.path, clock) as volume:
        # 100 errors, 99 retries and the outcome each; the sixth begins with room and ends without.
        for _ in range(8):
            volume.fail(attempts=100)
        total, logged, suppressed, lost, queued = volume.counts()
        assert (total, suppressed, lost) == (800, 0, 200)
        assert logged + queued == 600

        text = hanging.drain(volume)

    assert volume.counts() == (800, 600, 0, 200, 0)
    assert CALLS_ROOM == 1024
    told = stories(text)
    kinds = [kind for _, kind in told]
    one_call = ["error", *["retry", "error"] * 99, "failed"]
    assert kinds == ["operator", "breaker", *one_call * 6]
    assert [int(number) for number, _ in told] == list(range(2 + 6 * 200))


def test_a_reader_sees_that_calls_were_left_out(hanging: HangingLog, clock: VirtualClock) -> None:
    """Each leaves a number out, though none of its records was ever made."""
    with logged_volume(hanging.path, clock) as volume:
        for _ in range(8):
            volume.fail(attempts=100)
        volume.command(BreakerAction.ENABLE)
        text = hanging.drain(volume)

    numbers = [int(number) for number, _ in stories(text)]
    assert numbers[-3:] == [1201, 1204, 1205]


def test_a_change_that_cannot_be_on_record_is_refused(
    hanging: HangingLog, clock: VirtualClock
) -> None:
    """Operators are told EBUSY before the engine's own changes have no room left."""
    with logged_volume(hanging.path, clock) as volume:
        with pytest.raises(StateConflict) as refused:
            for _ in range(RESERVE):
                volume.command(BreakerAction.ENABLE)
                volume.command(BreakerAction.DISABLE)
        before = volume.guard.status(FILE).breaker
        with pytest.raises(StateConflict):
            volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=1)

        assert refused.value.errno == EBUSY
        assert volume.guard.access_mode is AccessMode.READ_WRITE
        assert volume.guard.status(FILE).breaker == before

        for _ in range(RESERVE):
            volume.log.take(CHANGE)
        text = hanging.drain(volume)
        volume.log.take(CHANGE)

    told = stories(text)
    numbers = [int(number) for number, _ in told]
    assert numbers == sorted({*numbers})
    assert len(told) < volume.guard.status(FILE).breaker.generation * 2 + RESERVE
    assert told[-1][1] == "degradation"


def test_calls_and_changes_take_no_room_from_each_other(
    hanging: HangingLog, clock: VirtualClock
) -> None:
    """When the room of calls is used up, a breaker is still on record, and commands are taken."""
    with logged_volume(hanging.path, clock) as volume:
        for _ in range(8):
            volume.fail(attempts=100)
        volume.command(BreakerAction.ENABLE)
        for _ in range(5):
            volume.fail()
        assert volume.guard.status(FILE).breaker.state is BreakerState.OPEN
        text = hanging.drain(volume)

    assert [kind for _, kind in stories(text)][-3:] == ["operator", "breaker", "breaker"]


def test_a_stop_does_not_wait_for_a_log_that_hangs(
    hanging: HangingLog, clock: VirtualClock
) -> None:
    """It is told that records are left; when the disk answers, they are written after all."""
    with logged_volume(hanging.path, clock) as volume:
        for _ in range(8):
            volume.fail(attempts=100)

        assert not volume.log.close(0.1)
        assert len(stories(hanging.drain(volume))) == 1202

"""When the watch has to look next: never on an idle volume, and else never too late."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from errno import EIO

import pytest

from tests.guard.volume import ALWAYS_EIO, FILE, STORAGE, GuardedVolume, failing_call
from vexfsctl.guard.alarm import NEVER_NS, Alarm
from vexfsctl.guard.call import Call
from vexfsctl.guard.guard import Guard
from vexfsctl.guard.records import ImmediateLog
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.correlation import CorrelationSource
from vexfsctl.model.events import ErrorReported
from vexfsctl.model.operations import OperationType
from vexfsctl.system.clock import MonotonicClock

SECOND = 1_000_000_000


def test_an_idle_volume_has_nothing_to_wait_for(volume: GuardedVolume) -> None:
    """Within a second of its last call, however long the deadline of that call was."""
    volume.pass_time(0)
    assert volume.guard.alarm.due_ns == NEVER_NS

    volume.guard.run(OperationType.SUPERBLOCK, "statfs", failing_call(None))
    assert volume.guard.alarm.due_ns == SECOND
    volume.pass_time(1)
    assert volume.guard.alarm.due_ns == NEVER_NS


def test_the_earliest_deadline_is_waited_for(volume: GuardedVolume) -> None:
    """A call that begins brings the alarm forward if it is due sooner, a nested one too."""
    volume.guard.operations[STORAGE].timeout_ms = 300
    seen: list[int] = []

    def look(_: Call) -> None:
        seen.append(volume.guard.alarm.due_ns)
        volume.pass_time(0.2)
        seen.append(volume.guard.alarm.due_ns)

    def outer(call: Call) -> None:
        seen.append(volume.guard.alarm.due_ns)
        call.run(STORAGE, "read", look)
        volume.pass_time(0.2)
        seen.append(volume.guard.alarm.due_ns)

    volume.guard.run(FILE, "read", outer)

    assert seen == [SECOND, 3 * SECOND // 10, 3 * SECOND // 10, 14 * SECOND // 10]


def test_a_failure_that_is_being_recorded_is_looked_at_again_soon(volume: GuardedVolume) -> None:
    """Its deadline has passed and waits for its thread."""
    seen: list[int] = []

    def late() -> None:
        volume.pass_time(5)
        seen.append(volume.guard.alarm.due_ns - volume.clock.now_ns())

    volume.reactions[ErrorReported] = late
    with suppress(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO), repeatable=False)

    assert seen == [SECOND // 100]


def test_an_open_breaker_is_waited_for_until_its_timer(volume: GuardedVolume) -> None:
    """Nothing is looked at before that, and after it there is nothing to wait for."""
    volume.set_breaker(STORAGE, failure_threshold=1)
    with suppress(OSError):
        volume.read(ALWAYS_EIO)
    opened_ns = volume.status(STORAGE).breaker.opened_ns
    volume.pass_time(2)

    assert volume.guard.alarm.due_ns == opened_ns + 60 * SECOND
    volume.pass_time(60)
    assert volume.status(STORAGE).breaker.state is BreakerState.HALF_OPEN
    volume.pass_time(0)
    assert volume.guard.alarm.due_ns == NEVER_NS


def trip(volume: GuardedVolume, for_ms: int | None) -> None:
    """Force a breaker open, for a time or without end."""
    command = BreakerCommand(BreakerAction.TRIP, for_ms=for_ms)
    volume.guard.command_breaker(STORAGE, command, uid=0, pid=1)


def shorten(volume: GuardedVolume) -> None:
    """Let an open breaker wait for 4 s in all."""
    settings = replace(volume.guard.operations[STORAGE].breaker_settings, timeout_ms=4_000)
    volume.guard.set_breaker(STORAGE, settings)


@pytest.mark.parametrize(
    ("before", "change", "due_ns"),
    [
        (None, lambda volume: trip(volume, 7_000), 10 * SECOND),
        (9_000, lambda volume: trip(volume, 5_000), 8 * SECOND),
        (9_000, lambda volume: trip(volume, None), NEVER_NS),
        (9_000, shorten, 9 * SECOND),
    ],
)
def test_who_moves_a_timer_moves_the_alarm(
    volume: GuardedVolume,
    before: int | None,
    change: Callable[[GuardedVolume], None],
    due_ns: int,
) -> None:
    """A command makes the watch look, which finds the timer where it now is."""
    trip(volume, before)
    volume.pass_time(3)

    change(volume)

    assert volume.guard.alarm.due_ns == 0
    volume.pass_time(0)
    assert volume.guard.alarm.due_ns == due_ns


def test_a_shorter_timeout_of_an_open_breaker_counts_at_once(volume: GuardedVolume) -> None:
    """It opened a minute's wait; told that 4 s are enough it is half-open after them."""
    volume.set_breaker(STORAGE, failure_threshold=1)
    with suppress(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO), repeatable=False)
    volume.pass_time(3)

    shorten(volume)
    volume.pass_time(0)

    assert volume.guard.alarm.due_ns == 4 * SECOND


def test_what_the_rate_limit_left_out_is_told_when_its_interval_ends(
    volume: GuardedVolume,
) -> None:
    """A volume that nobody uses any more tells it all the same."""
    volume.guard.retry = replace(volume.guard.retry, max_attempts=1)
    volume.set_breaker(STORAGE, failure_threshold=1000)
    for _ in range(21):
        with suppress(OSError):
            volume.read(ALWAYS_EIO)
    volume.pass_time(2)

    assert volume.guard.alarm.due_ns == 5 * SECOND
    volume.pass_time(3)
    assert volume.lines[-1].startswith("VexFS: suppressed ")
    assert volume.guard.alarm.due_ns == NEVER_NS


def test_a_bug_of_a_listener_is_told_at_once(volume: GuardedVolume) -> None:
    """The watch raises it, and that must not wait for the next call."""
    volume.guard.subscribe(raise_bug)
    volume.pass_time(0)

    trip(volume, None)

    assert volume.guard.alarm.due_ns == 0
    with pytest.raises(ZeroDivisionError):
        volume.pass_time(0)


def raise_bug(_: object) -> None:
    """Fail as code does that is wrong."""
    raise ZeroDivisionError


def test_a_watch_that_only_waits_for_its_alarm_misses_nothing() -> None:
    """On the real clock, with a thread that sleeps until it is woken: deadline, then timer."""
    clock = MonotonicClock()
    guard = Guard("loop0", clock=clock, log=ImmediateLog(lambda _: None), ids=CorrelationSource())
    answered, reopened = threading.Event(), threading.Event()

    def watch() -> None:
        while guard.alarm.wait():
            guard.expire_overdue(clock.now_ns())

    def changed(operation: OperationType | None) -> None:
        if guard.operations[STORAGE].breaker.state is BreakerState.HALF_OPEN:
            reopened.set()

    guard.subscribe(changed)
    watching = threading.Thread(target=watch)
    watching.start()
    guard.operations[STORAGE].timeout_ms = 30
    with suppress(OSError):
        guard.run(STORAGE, "read", lambda _: answered.wait(60), on_timeout=answered.set)
    trip_shortly = BreakerCommand(BreakerAction.TRIP, for_ms=30)
    guard.command_breaker(STORAGE, trip_shortly, uid=0, pid=1)

    assert answered.is_set()
    assert reopened.wait(60)
    guard.alarm.close()
    watching.join(60)
    assert not watching.is_alive()


def test_of_many_askers_the_earliest_is_heard() -> None:
    """Threads that bring it forward at once leave the earliest moment of all."""
    alarm = Alarm(MonotonicClock())
    start = threading.Barrier(8)

    def ask(first_ns: int) -> None:
        start.wait()
        for due_ns in range(first_ns + 8 * 500, first_ns, -8):
            alarm.bring_forward(due_ns)

    threads = [threading.Thread(target=ask, args=(1_000 + n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert alarm.due_ns == 1_008

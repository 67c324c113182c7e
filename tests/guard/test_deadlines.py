"""Calls that run past their deadline: who is answered what and when, and what a late end does."""

from errno import EIO, ETIMEDOUT

import pytest

from tests.guard.volume import FILE, STORAGE, GuardedVolume, failing_call
from tests.support.clock import VirtualClock
from vexfsctl.guard.call import Call, CallAbandoned
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.events import ErrorReported
from vexfsctl.model.operations import OperationType

SECOND = 1_000_000_000
SUPERBLOCK, SYNC = OperationType.SUPERBLOCK, OperationType.SYNC
TRIP, PROBE = BreakerCommand(BreakerAction.TRIP), BreakerCommand(BreakerAction.PROBE)


def gauges(volume: GuardedVolume, operation: OperationType) -> tuple[int, int]:
    """In flight, and overdue of them."""
    status = volume.status(operation)
    return status.in_flight, status.overdue


def test_call_is_answered_at_its_deadline_while_its_thread_is_stuck(volume: GuardedVolume) -> None:
    """The answer comes from the watch; the gauges show the stuck calls until they come back."""
    story: list[object] = []

    def stuck(_: Call) -> str:
        volume.pass_time(4.999)
        story.append("4.999 s")
        volume.pass_time(0.001)
        story.append((gauges(volume, FILE), gauges(volume, STORAGE)))
        volume.pass_time(60)
        return "much too late"

    with pytest.raises(CallAbandoned) as caught:
        volume.guard.run(
            FILE,
            "read",
            lambda call: call.run(STORAGE, "read", stuck),
            on_timeout=lambda: story.append("ETIMEDOUT"),
            on_ended=lambda: story.append("ended"),
        )

    assert caught.value.errno == ETIMEDOUT
    assert story == ["4.999 s", "ETIMEDOUT", ((1, 1), (1, 1)), "ended"]
    assert gauges(volume, FILE) == gauges(volume, STORAGE) == (0, 0)


def test_call_in_time_is_not_told_of_deadlines(volume: GuardedVolume) -> None:
    """Neither on_timeout nor on_ended runs for a call that ends by itself."""
    story: list[str] = []
    for function in (lambda _: "data", failing_call(EIO, None)):
        volume.guard.run(
            FILE,
            "read",
            function,
            on_timeout=lambda: story.append("timeout"),
            on_ended=lambda: story.append("ended"),
        )
    volume.pass_time(60)

    assert story == []


@pytest.mark.parametrize("end", ["data", OSError(EIO, "late"), ValueError("late bug")])
def test_late_result_changes_nothing(volume: GuardedVolume, end: str | Exception) -> None:
    """A timed-out call counts once; what its thread brings back is counted and logged nowhere."""
    after_timeout: list[object] = []

    def stuck(_: Call) -> str:
        volume.pass_time(5)
        after_timeout.append((volume.status(FILE).failures, volume.status(FILE).breaker))
        after_timeout.append(list(volume.events))
        if isinstance(end, Exception):
            raise end
        return end

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", stuck)

    status = volume.status(FILE)
    assert [(status.failures, status.breaker), volume.events] == after_timeout
    assert (status.calls, status.failures, status.timeouts) == (1, 1, 1)


def test_abandoned_call_begins_nothing_new(volume: GuardedVolume) -> None:
    """After the deadline no nested call starts, whatever the function makes of it."""

    def stubborn(call: Call) -> None:
        volume.pass_time(5)
        for _ in range(3):
            with pytest.raises(CallAbandoned):
                call.run(STORAGE, "write", failing_call(None))

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "write", stubborn)

    assert volume.status(STORAGE).calls == 0


def test_deadline_bounds_the_retries(volume: GuardedVolume) -> None:
    """No attempt is scheduled that could only begin past the deadline; the call just fails."""
    volume.guard.operations[STORAGE].timeout_ms = 900

    with pytest.raises(OSError) as caught:
        volume.guard.run(STORAGE, "read", failing_call(EIO))

    assert caught.value.errno == EIO
    assert volume.status(STORAGE).retries == 1
    assert volume.clock.now_ns() == SECOND // 2


def test_nested_call_lives_within_its_callers_time(volume: GuardedVolume) -> None:
    """Storage has 5 s, but its caller has used up 2 of its own."""
    remaining: list[int] = []

    def slow(call: Call) -> None:
        volume.pass_time(2)
        call.run(STORAGE, "read", lambda nested: remaining.append(nested.remaining_ns()))

    volume.guard.run(FILE, "read", slow)

    assert remaining == [3 * SECOND]


def test_shorter_limit_of_a_nested_call_ends_the_whole_call(volume: GuardedVolume) -> None:
    """A thread cannot be interrupted: when its nested call is overdue, the application is told."""
    volume.guard.operations[STORAGE].timeout_ms = 1000

    with pytest.raises(CallAbandoned):
        volume.guard.run(
            SUPERBLOCK, "statfs", lambda call: call.run(STORAGE, "read", volume.hang(1))
        )

    assert volume.lines == [
        "VexFS: [CORR-4000000000000001] timeout vol=loop0 op=storage call=read limit_ms=1000"
        " parent=CORR-4000000000000000",
        "VexFS: [CORR-4000000000000000] failed vol=loop0 op=superblock call=statfs err=Timeout"
        " errno=ETIMEDOUT attempts=1 dur_us=1000000",
    ]


def test_superblock_calls_have_a_minute(volume: GuardedVolume) -> None:
    """Mounting a large volume takes its time."""
    volume.guard.run(SUPERBLOCK, "statfs", volume.hang(59))

    assert volume.status(SUPERBLOCK).timeout_ms == 60_000
    assert volume.status(SUPERBLOCK).timeouts == 0


def test_timeouts_trip_the_breaker_where_the_calls_hung(volume: GuardedVolume) -> None:
    """Five of them inside the window open storage, by the same rule as errors."""
    volume.guard.operations[STORAGE].timeout_ms = 1000
    for _ in range(5):
        with pytest.raises(CallAbandoned):
            volume.read(lambda: volume.pass_time(1))

    assert volume.status(STORAGE).breaker.state is BreakerState.OPEN
    assert volume.status(FILE).breaker.state is BreakerState.CLOSED
    assert volume.lines[-2] == (
        "VexFS: [CORR-4000000000000009] breaker vol=loop0 op=storage from=closed to=open"
        " generation=2 failures=5/5 window_ms=10000 trips=1"
    )


def test_probe_that_never_returns_frees_its_place_at_its_deadline(volume: GuardedVolume) -> None:
    """It failed: storage opens again; file, around it, gets its place back without a verdict."""
    for operation in (FILE, STORAGE):
        volume.guard.command_breaker(operation, TRIP, uid=0, pid=1)
        volume.guard.command_breaker(operation, PROBE, uid=0, pid=1)
    seen: list[object] = []

    def stuck() -> None:
        volume.pass_time(5)
        seen.append(volume.status(STORAGE).breaker.state)
        seen.append(volume.guard.operations[FILE].breaker.would_admit())

    with pytest.raises(CallAbandoned):
        volume.read(stuck)

    assert seen == [BreakerState.OPEN, True]
    assert volume.status(FILE).breaker.state is BreakerState.HALF_OPEN
    assert volume.status(STORAGE).breaker.trips == 2


def test_fallback_that_hangs_is_answered_too(volume: GuardedVolume) -> None:
    """The deadline covers the fallback; it served nobody."""

    def hanging(_: OSError) -> str:
        volume.pass_time(60)
        return "late"

    with pytest.raises(CallAbandoned):
        volume.guard.run(
            SUPERBLOCK, "statfs", failing_call(EIO), repeatable=False, fallback=hanging
        )

    status = volume.status(SUPERBLOCK)
    assert (status.failures, status.timeouts, status.fallbacks) == (1, 1, 0)
    assert volume.kinds == ["superblock ErrorReported", "superblock CallTimedOut"]


def test_answer_that_cannot_be_given_keeps_no_other_from_its_own(volume: GuardedVolume) -> None:
    """Two calls are overdue at once, and telling the first of them raises."""
    answered: list[str] = []

    def unanswerable() -> None:
        answered.append("first")
        raise BrokenPipeError

    def second(_: Call) -> None:
        with pytest.raises(BrokenPipeError):
            volume.pass_time(60)

    def first(_: Call) -> None:
        # Another application call on the same stack stands for another thread.
        with pytest.raises(CallAbandoned):
            volume.guard.run(SYNC, "fsync", second, on_timeout=lambda: answered.append("second"))

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", first, on_timeout=unanswerable)

    assert answered == ["first", "second"]


def test_suspend_trips_nothing(volume: GuardedVolume) -> None:
    """Time that the monotonic clock does not show has not passed for a deadline."""
    volume.guard.run(FILE, "read", lambda _: volume.guard.expire_overdue(volume.clock.now_ns()))

    assert volume.events == []


def test_nested_call_begun_past_its_callers_deadline(volume: GuardedVolume) -> None:
    """Between two rounds of the watch it may begin; it is the one that timed out, after no time."""

    def slow(call: Call) -> None:
        volume.clock.advance(6)
        call.run(STORAGE, "read", volume.hang(0))

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", slow)

    assert volume.kinds == ["storage CallTimedOut", "file CallFailed"]
    assert volume.status(STORAGE).latency_ns_total == 0
    assert volume.status(FILE).latency_ns_total == 6 * SECOND


def test_retry_that_its_deadline_overtakes_never_starts() -> None:
    """The sleep before it lasts longer than asked for; the watch answers, the thread gives up."""

    class SleepyClock(VirtualClock):
        def sleep(self, seconds: float) -> None:
            volume.pass_time(seconds + 60)

    volume = GuardedVolume(clock=SleepyClock(now_ns=0))
    story: list[str] = []

    def attempt(_: Call) -> None:
        story.append("attempt")
        raise OSError(EIO, "from the device")

    with pytest.raises(CallAbandoned):
        volume.guard.run(
            STORAGE,
            "write",
            attempt,
            on_timeout=lambda: story.append("timeout"),
            on_ended=lambda: story.append("ended"),
        )

    assert story == ["attempt", "timeout", "ended"]
    status = volume.status(STORAGE)
    assert (status.failures, status.timeouts, status.retries) == (1, 1, 0)
    assert status.breaker.failures == 0  # the one there was is a minute old
    assert gauges(volume, STORAGE) == (0, 0)


def test_deadline_waits_for_a_failure_that_is_being_written_down(volume: GuardedVolume) -> None:
    """The device answered first: a slow log does not turn its EIO into a timeout."""
    volume.reactions[ErrorReported] = lambda: volume.pass_time(60)

    with pytest.raises(OSError) as caught:
        volume.guard.run(SYNC, "fsync", failing_call(EIO))

    assert (type(caught.value), caught.value.errno) == (OSError, EIO)
    assert volume.kinds == ["sync ErrorReported", "sync CallFailed"]
    assert volume.status(SYNC).timeouts == 0


def test_caller_that_hangs_after_a_nested_failure_is_answered(volume: GuardedVolume) -> None:
    """What is written down of the nested call holds off no later deadline."""

    def stubborn(call: Call) -> None:
        with pytest.raises(OSError):
            call.run(STORAGE, "read", failing_call(EIO), repeatable=False)
        volume.pass_time(5)

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", stubborn)

    assert (volume.status(FILE).timeouts, volume.status(STORAGE).timeouts) == (1, 0)


def test_no_attempt_is_scheduled_for_the_very_deadline(volume: GuardedVolume) -> None:
    """At half a second the call is answered; a retry due then could only be abandoned."""
    volume.guard.operations[STORAGE].timeout_ms = 500

    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO))

    assert volume.status(STORAGE).retries == 0


def test_timeout_names_the_limit_that_ran_out(volume: GuardedVolume) -> None:
    """Storage has 5 s of its own; what ended its call was its caller's second."""
    volume.guard.operations[FILE].timeout_ms = 1000

    with pytest.raises(CallAbandoned):
        volume.read(lambda: volume.pass_time(1))

    assert volume.lines[0] == (
        "VexFS: [CORR-4000000000000001] timeout vol=loop0 op=storage call=read limit_ms=1000"
        " parent=CORR-4000000000000000 ino=12"
    )


def test_round_of_the_watch_from_before_a_call_began(volume: GuardedVolume) -> None:
    """It read the clock before the nested call began: it ends nothing, and no latency is negative.

    The next round does.
    """

    def slow(call: Call) -> None:
        volume.clock.advance(6)
        call.run(STORAGE, "read", meanwhile)

    def meanwhile(_: Call) -> None:
        volume.guard.expire_overdue(SECOND * 11 // 2)
        assert gauges(volume, STORAGE) == (1, 0)
        volume.pass_time(0)

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", slow)

    assert volume.status(STORAGE).latency_ns_total == 0


def test_limit_set_while_a_call_runs_is_for_later_calls(volume: GuardedVolume) -> None:
    """A call keeps the deadline it began with."""

    def patient(_: Call) -> None:
        volume.guard.operations[FILE].timeout_ms = 1000
        volume.pass_time(4)

    volume.guard.run(FILE, "read", patient)
    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", volume.hang(1))

"""The breaker of an operation type as vexfs-sysfs(5) shows it; its machine is tested by itself."""

import contextlib
import tracemalloc
from errno import EINVAL, EIO, ENOENT

import pytest

from tests.guard.volume import FILE, STORAGE, GuardedVolume, failing_call
from vexfsctl.exceptions import GenerationMoved, StateConflict
from vexfsctl.guard.call import Call
from vexfsctl.model.breaker import (
    BreakerAction,
    BreakerCommand,
    BreakerSettings,
    BreakerState,
    BreakerStatus,
)
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.operations import OperationType

SECOND = 1_000_000_000
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
TRIP, PROBE = BreakerAction.TRIP, BreakerAction.PROBE


def fail(volume: GuardedVolume, times: int = 1) -> None:
    """Fail so many attempts at storage."""
    for _ in range(times):
        with contextlib.suppress(OSError):
            volume.guard.run(STORAGE, "read", failing_call(EIO), repeatable=False)


def command(volume: GuardedVolume, *actions: BreakerAction) -> None:
    """Command the breaker of storage."""
    for action in actions:
        volume.guard.command_breaker(STORAGE, BreakerCommand(action), uid=0, pid=1)


def status(volume: GuardedVolume) -> BreakerStatus:
    """The breaker of storage."""
    return volume.status(STORAGE).breaker


def test_status_of_a_new_breaker(volume: GuardedVolume) -> None:
    """Closed, first generation, nothing ever happened."""
    assert status(volume) == BreakerStatus(
        state=CLOSED,
        generation=1,
        failures=0,
        successes=0,
        trips=0,
        opened_ns=0,
        last_failure_ns=0,
        retry_after_ms=0,
        last_error_id=None,
        settings=BreakerSettings(),
    )


def test_status_of_an_open_breaker(volume: GuardedVolume) -> None:
    """It opened at the fifth failure inside the window and names the error that did it."""
    volume.pass_time(3)
    fail(volume, 5)
    volume.pass_time(1.0001)
    fail(volume)

    assert status(volume) == BreakerStatus(
        state=OPEN,
        generation=2,
        failures=5,
        successes=0,
        trips=1,
        opened_ns=3 * SECOND,
        last_failure_ns=3 * SECOND,
        # Rounded up: 0 would say that the wait is over.
        retry_after_ms=59_000,
        last_error_id=CorrelationId((1 << 62) + 4),
        settings=BreakerSettings(),
        until_ms=59_000,
    )
    for name in ("state", "generation", "failures", "retry_after_ms", "last_error_id"):
        assert volume.guard.breaker_value(STORAGE, name) == getattr(status(volume), name)


def test_failed_probe_names_its_error_and_no_rule(volume: GuardedVolume) -> None:
    """One failure while half-open is another trip, for the whole timeout, by no count."""
    command(volume, TRIP, PROBE)
    volume.pass_time(30)
    volume.events.clear()

    fail(volume)
    volume.pass_time(1)

    assert volume.lines[1] == (
        "VexFS: [CORR-4000000000000002] breaker vol=loop0 op=storage from=half_open to=open"
        " generation=4 trips=2"
    )
    assert (status(volume).opened_ns, status(volume).retry_after_ms) == (30 * SECOND, 59_000)
    assert status(volume).last_error_id == CorrelationId((1 << 62) + 2)


@pytest.mark.parametrize("timeout_ms", [4_000, 90_000])
def test_timeout_set_while_open_is_that_of_this_outage(
    volume: GuardedVolume, timeout_ms: int
) -> None:
    """It is measured from the trip, be it shorter or longer than it was."""
    fail(volume, 5)
    volume.pass_time(3)

    volume.set_breaker(STORAGE, timeout_ms=timeout_ms)

    assert status(volume).retry_after_ms == timeout_ms - 3_000
    volume.pass_time(timeout_ms / 1_000 - 3.001)
    assert status(volume).state is OPEN
    volume.pass_time(0.001)
    assert status(volume).state is HALF_OPEN


def test_threshold_lowered_below_the_count_trips_at_the_next_failure(
    volume: GuardedVolume,
) -> None:
    """Writing a setting judges nothing by itself; the record names the threshold in force."""
    fail(volume, 3)
    volume.set_breaker(STORAGE, failure_threshold=2, window_ms=20_000)
    assert status(volume).state is CLOSED

    fail(volume)

    assert volume.lines[-2] == (
        "VexFS: [CORR-4000000000000003] breaker vol=loop0 op=storage from=closed to=open"
        " generation=2 failures=2/2 window_ms=20000 trips=1"
    )


def test_fewer_places_take_none_away(volume: GuardedVolume) -> None:
    """Probes that are out stay probes; the next one waits until there is room again."""
    volume.set_breaker(STORAGE, half_open_max_calls=2)
    command(volume, TRIP, PROBE)
    breaker = volume.guard.operations[STORAGE].breaker
    seen: list[bool] = []

    def second(_: Call) -> None:
        volume.set_breaker(STORAGE, half_open_max_calls=1)

    def first(_: Call) -> None:
        volume.guard.run(STORAGE, "read", second)
        seen.append(breaker.would_admit())

    volume.guard.run(STORAGE, "read", first)
    seen.append(breaker.would_admit())

    assert seen == [False, True]
    assert status(volume).successes == 2


def test_refused_command_says_what_it_found(volume: GuardedVolume) -> None:
    """With a generation that has moved on no command is accepted, and nothing changes."""
    fail(volume, 5)
    before = status(volume)

    for action in BreakerAction:
        with pytest.raises(GenerationMoved, match="is open at generation 2, not 1") as moved:
            volume.guard.command_breaker(
                STORAGE, BreakerCommand(action, if_generation=1), uid=0, pid=1
            )
        assert moved.value.hint == "look at it again before changing it"
    with pytest.raises(StateConflict, match="it is closed"):
        volume.guard.command_breaker(FILE, BreakerCommand(PROBE), uid=0, pid=1)

    assert status(volume) == before


def test_operation_types_trip_independently(volume: GuardedVolume) -> None:
    """Five failures of one (case K113) leave the other six closed."""
    fail(volume, 5)

    states = {operation: volume.status(operation).breaker.state for operation in OperationType}

    assert states == {**dict.fromkeys(OperationType, CLOSED), STORAGE: OPEN}


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(("errno", "asked", "successes"), [(ENOENT, True, 1), (EINVAL, False, 0)])
def test_answer_of_the_backing_is_a_success_and_any_other_no_verdict(
    volume: GuardedVolume, errno: int, asked: bool, successes: int, nested: bool
) -> None:
    """A request that is refused before the backing is asked proves nothing, and frees its place."""
    volume.guard.operations[FILE].breaker.trip()
    volume.guard.operations[FILE].breaker.probe()
    command(volume, TRIP, PROBE)

    def answering(call: Call) -> None:
        if not asked:
            call.ignore()
        raise OSError(errno, "answer")

    def outer(call: Call) -> None:
        call.run(STORAGE, "write", answering)

    with pytest.raises(OSError, match="answer"):
        volume.guard.run(FILE if nested else STORAGE, "write", outer if nested else answering)

    for operation in (FILE, STORAGE) if nested else (STORAGE,):
        assert volume.status(operation).breaker.successes == successes
        assert volume.guard.operations[operation].breaker.would_admit()
        assert volume.status(operation).failures == 0


def test_result_without_asking_is_no_verdict_of_its_attempt_only(volume: GuardedVolume) -> None:
    """A cache answered the second attempt; the next call is judged again."""
    command(volume, TRIP, PROBE)

    volume.guard.run(STORAGE, "read", lambda call: call.ignore())
    assert status(volume).successes == 0
    volume.guard.run(STORAGE, "read", lambda _: None)
    assert status(volume).successes == 1


def test_device_that_stays_dead_takes_no_memory(volume: GuardedVolume) -> None:
    """A day of failed probes leaves what is in the window, no more."""
    breaker = volume.guard.operations[STORAGE].breaker
    fail(volume, 5)
    tracemalloc.start()
    try:
        for _ in range(24 * 60):
            volume.clock.advance(60)
            fail(volume)
            volume.events.clear()
        taken = sum(
            each.size
            for each in tracemalloc.take_snapshot()
            .filter_traces(
                [
                    tracemalloc.Filter(True, "*/vexfsctl/resilience/*"),
                    tracemalloc.Filter(True, "*/vexfsctl/guard/statistics.py"),
                    tracemalloc.Filter(True, "*/vexfsctl/guard/execution.py"),
                ]
            )
            .statistics("filename")
        )
    finally:
        tracemalloc.stop()

    assert breaker.status().trips == 24 * 60 + 1
    assert taken < 16_384

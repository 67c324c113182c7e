"""Who counts what, case by case."""

from contextlib import suppress
from errno import EIO, ENOENT, ETIMEDOUT

import pytest

from tests.guard.volume import ALWAYS_EIO, FILE, STORAGE, GuardedVolume, failing, failing_call
from vexfsctl.guard.call import Call, CallAbandoned, CallRejected
from vexfsctl.guard.statistics import MANY
from vexfsctl.model.breaker import BreakerAction, BreakerCommand
from vexfsctl.model.operations import OperationType


def counted(volume: GuardedVolume, operation: OperationType) -> tuple[int, ...]:
    """Calls, failures, rejected, timeouts, fallbacks, retries, breaker failures: a table row."""
    status = volume.status(operation)
    return (
        status.calls,
        status.failures,
        status.rejected,
        status.timeouts,
        status.fallbacks,
        status.retries,
        status.breaker.failures,
    )


def test_read_that_fails_three_times(volume: GuardedVolume) -> None:
    """Three attempts at the device are one failed call of each, and three failures of storage."""
    with pytest.raises(OSError) as caught:
        volume.read(ALWAYS_EIO)

    assert caught.value.errno == EIO
    assert counted(volume, STORAGE) == (1, 1, 0, 0, 0, 2, 3)
    assert counted(volume, FILE) == (1, 1, 0, 0, 0, 0, 0)
    assert volume.guard.error_counts().total == 3


def test_read_that_fails_once_then_succeeds(volume: GuardedVolume) -> None:
    """A retry that helps leaves no failed call behind, but one failure in the window."""
    assert volume.read(failing(EIO, None)) == "data"

    assert counted(volume, STORAGE) == (1, 0, 0, 0, 0, 1, 1)
    assert volume.status(STORAGE).retry_successes == 1
    assert counted(volume, FILE) == (1, 0, 0, 0, 0, 0, 0)
    assert volume.status(FILE).retry_successes == 0
    assert volume.guard.error_counts().total == 1


def test_read_that_hangs_past_the_deadline(volume: GuardedVolume) -> None:
    """The timeout is charged to the innermost call; the one around it only failed."""
    with pytest.raises(CallAbandoned) as caught:
        volume.read(lambda: volume.pass_time(5))

    assert caught.value.errno == ETIMEDOUT
    assert counted(volume, STORAGE) == (1, 1, 0, 1, 0, 0, 1)
    assert counted(volume, FILE) == (1, 1, 0, 0, 0, 0, 0)
    assert volume.guard.error_counts().total == 1
    assert volume.kinds == ["storage CallTimedOut", "file CallFailed"]


def test_read_that_storages_open_breaker_rejects(volume: GuardedVolume) -> None:
    """A rejection is no failure of the operation that rejects, and no verdict on its caller."""
    volume.guard.command_breaker(STORAGE, BreakerCommand(BreakerAction.TRIP), uid=0, pid=1)

    with pytest.raises(CallRejected):
        volume.read(failing(None))

    assert counted(volume, STORAGE) == (1, 0, 1, 0, 0, 0, 0)
    assert counted(volume, FILE) == (1, 1, 0, 0, 0, 0, 0)
    assert volume.guard.error_counts().total == 0


def test_statfs_served_from_the_last_good_one(volume: GuardedVolume) -> None:
    """A call that a fallback serves has failed all the same, after all its attempts."""
    served = volume.guard.run(
        OperationType.SUPERBLOCK, "statfs", failing_call(EIO), fallback=lambda _: "last good"
    )

    assert served == "last good"
    assert counted(volume, OperationType.SUPERBLOCK) == (1, 1, 0, 0, 1, 2, 3)
    assert volume.guard.error_counts().total == 3


def test_answer_counts_as_a_call_only(volume: GuardedVolume) -> None:
    """A missing file is the answer to a lookup."""
    with pytest.raises(FileNotFoundError):
        volume.guard.run(OperationType.DIRECTORY, "lookup", failing_call(ENOENT))

    assert counted(volume, OperationType.DIRECTORY) == (1, 0, 0, 0, 0, 0, 0)
    assert volume.events == []


def test_latency_is_that_of_completed_calls(volume: GuardedVolume) -> None:
    """A call past its deadline completes there; a rejected one never ran."""
    volume.guard.run(FILE, "read", lambda _: volume.clock.advance(0.25))
    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", volume.hang(5))
    volume.guard.command_breaker(FILE, BreakerCommand(BreakerAction.TRIP), uid=0, pid=1)
    with pytest.raises(CallRejected):
        volume.guard.run(FILE, "read", failing_call(None))

    status = volume.status(FILE)
    assert (status.latency_ns_total, status.latency_ns_max) == (5_250_000_000, 5_000_000_000)
    assert status.calls - status.rejected == 2


@pytest.mark.parametrize("errno", [None, EIO])
def test_latencies_are_added_up_before_they_are_many(
    volume: GuardedVolume, errno: int | None
) -> None:
    """Whether calls go well or fail, and nobody reads them."""
    volume.set_breaker(FILE, failure_threshold=1_000_000)
    waiting = volume.guard.operations[FILE].statistics.latencies.waiting
    most = 0
    for _ in range(3 * MANY):
        with suppress(OSError):
            volume.guard.run(FILE, "read", failing_call(errno), repeatable=False)
        most = max(most, len(waiting))

    assert most == MANY - 1


def test_calls_inside_are_in_flight(volume: GuardedVolume) -> None:
    """The gauge shows a call and the one around it while they run, and falls afterwards."""
    seen = []

    def look() -> None:
        seen.append([volume.status(operation).in_flight for operation in (FILE, STORAGE)])

    volume.read(look)

    look()
    assert seen == [[1, 1], [0, 0]]


@pytest.mark.parametrize("bug", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_bug_counts_as_failed_call_and_stays_visible(
    volume: GuardedVolume, bug: type[BaseException]
) -> None:
    """An exception that is no OSError passes through; the books stay right, no error is made up."""

    def broken() -> None:
        raise bug

    with pytest.raises(bug):
        volume.read(broken)

    assert counted(volume, STORAGE) == (1, 1, 0, 0, 0, 0, 0)
    assert counted(volume, FILE) == (1, 1, 0, 0, 0, 0, 0)
    assert volume.status(STORAGE).in_flight == volume.status(FILE).in_flight == 0
    assert volume.events == []


def test_bug_gives_its_half_open_place_back(volume: GuardedVolume) -> None:
    """It says nothing about the device, so the probe that met it counts neither way."""
    for action in (BreakerAction.TRIP, BreakerAction.PROBE):
        volume.guard.command_breaker(STORAGE, BreakerCommand(action), uid=0, pid=1)

    with pytest.raises(ZeroDivisionError):
        volume.read(lambda: 1 // 0)

    assert volume.guard.operations[STORAGE].breaker.would_admit()
    assert volume.status(STORAGE).breaker.generation == 3


def test_bug_after_an_error_leaves_no_story_without_an_end(volume: GuardedVolume) -> None:
    """The second attempt meets a bug: the log, which has the first error, gets an outcome."""
    device = failing(EIO, None)

    with pytest.raises(ZeroDivisionError):
        volume.guard.run(STORAGE, "read", lambda _: len(device()) // 0)

    assert volume.kinds == [
        "storage ErrorReported",
        "storage RetryScheduled",
        "storage CallFailed",
    ]
    assert counted(volume, STORAGE)[:2] == (1, 1)


def test_calls_within_a_function_of_another_call_are_their_own(volume: GuardedVolume) -> None:
    """`Guard.run` inside a guarded function is another application call, not a nested one."""

    def function(_: Call) -> str:
        with pytest.raises(OSError):
            volume.guard.run(STORAGE, "write", failing_call(EIO), repeatable=False)
        return "data"

    assert volume.guard.run(FILE, "read", function) == "data"

    assert counted(volume, FILE)[:2] == (1, 0)
    assert all(" parent=" not in line for line in volume.lines)
    assert len(volume.lines) == 2

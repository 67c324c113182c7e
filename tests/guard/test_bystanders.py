"""Listeners, subscribers and callbacks that raise: no call hears of it, and no bug is lost."""

from errno import EIO
from itertools import count

import pytest

from tests.guard.volume import ALWAYS_EIO, FILE, STORAGE, GuardedVolume, failing, failing_call
from vexfsctl.guard.call import Call, CallAbandoned, Terms
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.events import (
    BreakerChanged,
    CallFailed,
    CallRecovered,
    CallTimedOut,
    DegradationChanged,
    ErrorReported,
    Event,
    RetryScheduled,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, DegradationLevel

TRIP, PROBE = BreakerCommand(BreakerAction.TRIP), BreakerCommand(BreakerAction.PROBE)


class Bug(Exception):  # noqa: N818 - it is not about an error
    """What a bystander raises."""


def raise_bug(*_: object) -> None:
    """A bystander with a bug."""
    raise Bug("cannot format that")


@pytest.mark.parametrize("kind", [ErrorReported, RetryScheduled, CallFailed])
def test_listener_that_raises_breaks_no_failing_call(
    volume: GuardedVolume, kind: type[Event]
) -> None:
    """At any record of it, the call has the outcome, the counters and the records it would have."""
    undisturbed = GuardedVolume()
    with pytest.raises(OSError, match="from the device"):
        undisturbed.read(ALWAYS_EIO)
    volume.reactions[kind] = raise_bug

    with pytest.raises(OSError, match="from the device"):
        volume.read(ALWAYS_EIO)

    assert volume.lines == undisturbed.lines
    for operation in (FILE, STORAGE):
        assert volume.status(operation) == undisturbed.status(operation)


def test_listener_that_raises_breaks_no_successful_call(volume: GuardedVolume) -> None:
    """What the device gave reaches the application, though its recovery could not be recorded."""
    volume.reactions[CallRecovered] = raise_bug

    assert volume.read(failing(EIO, None)) == "data"


def test_probe_closes_its_breaker_whoever_raises(volume: GuardedVolume) -> None:
    """Neither the record of the change nor somebody who polls the state gets in its way."""
    volume.set_breaker(STORAGE, success_threshold=1)
    for command in (TRIP, PROBE):
        volume.guard.command_breaker(STORAGE, command, uid=0, pid=1)
    volume.reactions[BreakerChanged] = raise_bug
    volume.guard.subscribe(raise_bug)
    told: list[OperationType | None] = []
    volume.guard.subscribe(told.append)

    assert volume.read(failing(None)) == "data"

    assert volume.status(STORAGE).breaker.state is BreakerState.CLOSED
    assert told == [STORAGE]


def test_judgement_stands_whoever_raises(volume: GuardedVolume) -> None:
    """The volume is read-only even if the log does not get to hear of it."""
    volume.reactions[DegradationChanged] = raise_bug

    volume.guard.set_degradation(DegradationLevel.READ_ONLY)

    assert volume.guard.refuses_writes


def test_bug_of_a_listener_comes_out_of_the_watch_once(volume: GuardedVolume) -> None:
    """Who runs the watch can report it; the round itself was done, and the next one is quiet."""
    volume.reactions[ErrorReported] = raise_bug
    with pytest.raises(OSError):
        volume.read(ALWAYS_EIO)
    volume.guard.command_breaker(
        FILE, BreakerCommand(BreakerAction.TRIP, for_ms=1_000), uid=0, pid=1
    )

    with pytest.raises(Bug):
        volume.pass_time(1)

    assert volume.status(FILE).breaker.state is BreakerState.HALF_OPEN
    volume.pass_time(1)


def test_listener_that_raises_takes_no_deadline_away(volume: GuardedVolume) -> None:
    """The watch answers, counts and lets the breaker know, though none of it can be recorded."""
    answered: list[str] = []
    volume.guard.subscribe(raise_bug)
    volume.set_breaker(FILE, failure_threshold=1)
    for kind in (CallTimedOut, BreakerChanged):
        volume.reactions[kind] = raise_bug

    def stuck(_: Call) -> None:
        with pytest.raises(Bug):
            volume.pass_time(5)

    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "read", stuck, on_timeout=lambda: answered.append("timeout"))

    assert answered == ["timeout"]
    assert volume.status(FILE).breaker.state is BreakerState.OPEN


def test_call_that_cannot_tell_its_terms_takes_no_answer_from_others(
    volume: GuardedVolume,
) -> None:
    """Two calls are overdue at once; the watch comes to the one with the bug first."""
    answered: list[str] = []

    def tell_terms() -> Terms:
        raise Bug

    def stuck(_: Call) -> None:
        with pytest.raises(Bug):
            volume.pass_time(5)

    def other(_: Call) -> None:
        volume.guard.run(FILE, "read", stuck, on_timeout=lambda: answered.append("timeout"))

    with pytest.raises(CallAbandoned):
        volume.guard.bind(FILE, "write")(other, tell_terms)

    assert answered == ["timeout"]


def test_end_that_cannot_be_told_is_still_an_abandoned_call(volume: GuardedVolume) -> None:
    """The caller must learn that it may not answer, whatever on_ended raises."""
    with pytest.raises(CallAbandoned):
        volume.guard.run(FILE, "write", volume.hang(5), on_ended=raise_bug)

    assert volume.status(FILE).in_flight == 0
    with pytest.raises(Bug):
        volume.pass_time(0)


def test_many_bugs_are_one_report(volume: GuardedVolume) -> None:
    """A listener that fails at every record leaves the latest exception and no heap of them."""
    numbers = count(1)

    def number_bug(_: object) -> None:
        raise Bug(f"number {next(numbers)}")

    volume.guard.subscribe(number_bug)
    for command in (TRIP, PROBE, TRIP):
        volume.guard.command_breaker(FILE, command, uid=0, pid=1)

    with pytest.raises(Bug, match="number 3"):
        volume.pass_time(0)
    volume.pass_time(0)


def test_fallback_with_a_bug_has_failed(volume: GuardedVolume) -> None:
    """Its exception passes through; log and counters tell how the call it was to serve failed."""
    with pytest.raises(Bug):
        volume.guard.run(
            OperationType.SUPERBLOCK,
            "statfs",
            failing_call(EIO),
            repeatable=False,
            fallback=raise_bug,
        )

    status = volume.status(OperationType.SUPERBLOCK)
    assert (status.failures, status.fallbacks, status.fallback_failures) == (1, 0, 1)
    assert volume.kinds == ["superblock ErrorReported", "superblock CallFailed"]


def test_rejected_call_with_a_buggy_fallback_is_still_a_rejected_one(volume: GuardedVolume) -> None:
    """`rejected` is its outcome in the log, and where it is counted; it has no second one."""
    volume.guard.command_breaker(FILE, TRIP, uid=0, pid=1)
    volume.events.clear()

    with pytest.raises(Bug):
        volume.guard.run(FILE, "read", failing_call(None), fallback=raise_bug)

    status = volume.status(FILE)
    assert (status.rejected, status.failures, status.fallback_failures) == (1, 0, 1)
    assert volume.kinds == ["file CallRejected"]


def test_listener_may_command_the_guard(volume: GuardedVolume) -> None:
    """No lock is held while it runs; what it does is told after what it was told."""
    for kind, act in {
        DegradationChanged: lambda: volume.guard.set_access_mode(
            AccessMode.READ_ONLY, uid=0, pid=1
        ),
        BreakerChanged: lambda: volume.guard.command_breaker(
            STORAGE, BreakerCommand(BreakerAction.RESET), uid=0, pid=1
        ),
        ErrorReported: lambda: volume.guard.set_degradation(DegradationLevel.LIGHT),
    }.items():
        volume.reactions[kind] = act
    volume.set_breaker(STORAGE, failure_threshold=1)

    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO), repeatable=False)

    assert volume.kinds == [
        "storage ErrorReported",
        "- DegradationChanged",
        "- OperatorActed",
        "storage BreakerChanged",
        "storage OperatorActed",
        "storage BreakerChanged",
        "storage CallFailed",
    ]
    assert volume.status(STORAGE).breaker.state is BreakerState.CLOSED
    volume.pass_time(0)

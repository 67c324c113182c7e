"""What an operator does to a volume, and who hears of changes."""

import contextlib
from errno import EIO, EUCLEAN

import pytest

from tests.guard.volume import STORAGE, GuardedVolume, failing_call
from vexfsctl.exceptions import GenerationMoved, StateConflict
from vexfsctl.guard.call import Call
from vexfsctl.model.breaker import BreakerAction, BreakerCommand, BreakerState
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import AccessMode, DegradationLevel

TRIP, RESET = BreakerAction.TRIP, BreakerAction.RESET


def test_command_writes_two_records_with_one_id(volume: GuardedVolume) -> None:
    """Who did what and why, then what it changed."""
    command = BreakerCommand(TRIP, reason="disk replaced")

    before_after = volume.guard.command_breaker(STORAGE, command, uid=1000, pid=4242)

    assert before_after == ("closed", "forced_open")
    assert volume.lines == [
        "VexFS: [CORR-4000000000000000] operator vol=loop0 op=storage action=trip before=closed"
        ' after=forced_open uid=1000 pid=4242 reason="disk replaced"',
        "VexFS: [CORR-4000000000000000] breaker vol=loop0 op=storage from=closed to=forced_open"
        " generation=2 trips=1 by=operator",
    ]


def test_command_that_changes_nothing_is_recorded_all_the_same(volume: GuardedVolume) -> None:
    """An accepted command always leaves its record; without a change there is no second one."""
    volume.guard.command_breaker(STORAGE, BreakerCommand(RESET), uid=0, pid=1)

    assert volume.lines == [
        "VexFS: [CORR-4000000000000000] operator vol=loop0 op=storage action=reset before=closed"
        " after=closed uid=0 pid=1",
    ]


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (BreakerCommand(BreakerAction.PROBE), StateConflict),
        (BreakerCommand(RESET, if_generation=7), GenerationMoved),
    ],
)
def test_refused_command_leaves_no_record(
    volume: GuardedVolume, command: BreakerCommand, refusal: type[Exception]
) -> None:
    """Nothing changes and nothing is written."""
    with pytest.raises(refusal):
        volume.guard.command_breaker(STORAGE, command, uid=0, pid=1)

    assert volume.events == []


def test_two_operators_cannot_undo_each_other_unseen(volume: GuardedVolume) -> None:
    """Both looked at generation 2; the second command finds it gone."""
    volume.guard.command_breaker(STORAGE, BreakerCommand(TRIP), uid=0, pid=1)
    reset = BreakerCommand(RESET, if_generation=2)

    volume.guard.command_breaker(STORAGE, reset, uid=0, pid=2)
    with pytest.raises(GenerationMoved):
        volume.guard.command_breaker(STORAGE, reset, uid=0, pid=3)


def test_timer_opens_the_way_back(volume: GuardedVolume) -> None:
    """The watch moves an open breaker to half-open; no id, for nobody did it."""
    volume.set_breaker(STORAGE, failure_threshold=1)
    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO))
    volume.events.clear()

    volume.pass_time(59.999)
    assert volume.events == []
    volume.pass_time(0.001)

    assert volume.lines == [
        "VexFS: breaker vol=loop0 op=storage from=open to=half_open generation=3 trips=1 by=timer",
    ]


def test_call_finds_a_timer_that_is_due(volume: GuardedVolume) -> None:
    """Even before the watch comes round, a call after the timeout is a probe, not a rejection."""
    command = BreakerCommand(TRIP, for_ms=1000)
    volume.guard.command_breaker(STORAGE, command, uid=0, pid=1)
    volume.set_breaker(STORAGE, success_threshold=1)
    volume.clock.advance(1)

    assert volume.guard.run(STORAGE, "read", failing_call(None)) == "data"

    assert volume.lines[2:] == [
        "VexFS: breaker vol=loop0 op=storage from=forced_open to=half_open generation=3 trips=1"
        " by=timer",
        "VexFS: [CORR-4000000000000001] breaker vol=loop0 op=storage from=half_open to=closed"
        " generation=4 trips=1",
    ]


def test_writing_rw_ends_the_hold_of_a_corruption(volume: GuardedVolume) -> None:
    """Even when the mode was rw already; back to what was judged before, in the operator's name."""
    volume.guard.set_degradation(DegradationLevel.LIGHT)
    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EUCLEAN))
    assert volume.guard.degradation is DegradationLevel.READ_ONLY
    volume.events.clear()

    volume.guard.set_access_mode(AccessMode.READ_WRITE, uid=0, pid=9)

    assert volume.lines == [
        "VexFS: [CORR-4000000000000001] operator vol=loop0 action=access_mode before=rw after=rw"
        " uid=0 pid=9",
        "VexFS: degradation vol=loop0 from=read_only to=light cause=CORR-4000000000000001",
    ]
    assert volume.guard.run(STORAGE, "write", failing_call(None), writes=True) == "data"


def test_access_mode_and_degradation_leave_each_other_alone(volume: GuardedVolume) -> None:
    """`ro` is no degradation, and leaving it ends no judgement but the hold."""
    volume.guard.set_degradation(DegradationLevel.READ_ONLY)
    volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=1)
    volume.guard.set_access_mode(AccessMode.READ_WRITE, uid=0, pid=1)

    assert volume.guard.access_mode is AccessMode.READ_WRITE
    assert volume.guard.degradation is DegradationLevel.READ_ONLY
    assert volume.guard.refuses_writes


def test_subscribers_hear_of_what_can_be_polled(volume: GuardedVolume) -> None:
    """Breaker states by operation, degradation by none, once for each change and after it."""
    heard: list[tuple[OperationType | None, object]] = []

    def hear(changed: OperationType | None) -> None:
        heard.append((changed, volume.status(STORAGE).breaker.state))

    volume.guard.subscribe(hear)
    volume.guard.command_breaker(STORAGE, BreakerCommand(TRIP, for_ms=1), uid=0, pid=1)
    volume.guard.command_breaker(STORAGE, BreakerCommand(TRIP, for_ms=1), uid=0, pid=1)
    volume.pass_time(0.001)
    volume.guard.set_degradation(DegradationLevel.LIGHT)
    volume.guard.set_degradation(DegradationLevel.LIGHT)

    assert heard == [
        (STORAGE, BreakerState.FORCED_OPEN),
        (STORAGE, BreakerState.HALF_OPEN),
        (None, BreakerState.HALF_OPEN),
    ]


@pytest.mark.parametrize("late", [None, EIO])
@pytest.mark.parametrize(
    ("action", "state"),
    [
        (BreakerAction.TRIP, BreakerState.FORCED_OPEN),
        (BreakerAction.RESET, BreakerState.CLOSED),
        (BreakerAction.DISABLE, BreakerState.DISABLED),
    ],
)
def test_command_while_a_probe_is_out(
    volume: GuardedVolume, action: BreakerAction, state: BreakerState, late: int | None
) -> None:
    """Success or failure, what the probe brings back is no word on the state that followed."""
    volume.set_breaker(STORAGE, failure_threshold=1, success_threshold=1)
    for before in (TRIP, BreakerAction.PROBE):
        volume.guard.command_breaker(STORAGE, BreakerCommand(before), uid=0, pid=1)

    def interfered(_: Call) -> None:
        volume.guard.command_breaker(STORAGE, BreakerCommand(action), uid=0, pid=1)
        if late is not None:
            raise OSError(late, "from the device")

    with contextlib.suppress(OSError):
        volume.guard.run(STORAGE, "read", interfered, repeatable=False)

    breaker = volume.status(STORAGE).breaker
    assert (breaker.state, breaker.generation) == (state, 4)
    assert (breaker.failures, breaker.successes, breaker.last_error_id) == (0, 0, None)


def test_enabled_again_while_calls_run(volume: GuardedVolume) -> None:
    """A failure of an attempt begun while disabled does not count once the breaker judges again."""
    volume.set_breaker(STORAGE, failure_threshold=1)
    volume.guard.command_breaker(STORAGE, BreakerCommand(BreakerAction.DISABLE), uid=0, pid=1)

    def interfered(_: Call) -> None:
        volume.guard.command_breaker(STORAGE, BreakerCommand(BreakerAction.ENABLE), uid=0, pid=1)
        raise OSError(EIO, "from the device")

    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", interfered, repeatable=False)

    assert volume.status(STORAGE).breaker.state is BreakerState.CLOSED
    assert volume.status(STORAGE).breaker.failures == 0


def test_command_finds_a_timer_that_is_due(volume: GuardedVolume) -> None:
    """The watch has not come round yet: the breaker is half-open all the same, a generation on."""
    volume.set_breaker(STORAGE, failure_threshold=1)
    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EIO), repeatable=False)
    volume.clock.advance(60)

    with pytest.raises(GenerationMoved):
        volume.guard.command_breaker(STORAGE, BreakerCommand(RESET, if_generation=2), uid=0, pid=1)

    assert volume.status(STORAGE).breaker.state is BreakerState.HALF_OPEN


def test_writing_ro_ends_no_hold(volume: GuardedVolume) -> None:
    """Only `rw` says that the operator has seen to the corruption."""
    with pytest.raises(OSError):
        volume.guard.run(STORAGE, "read", failing_call(EUCLEAN))

    volume.guard.set_access_mode(AccessMode.READ_ONLY, uid=0, pid=1)

    assert volume.guard.degradation is DegradationLevel.READ_ONLY

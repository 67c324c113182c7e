"""What a breaker's status tells."""

from dataclasses import replace

import pytest

from tests.analysis.volumes import BREAKER, OPERATION
from vexfsctl.analysis.breakers import (
    doubts_about_reset,
    explain_breaker,
    is_as_asked,
)
from vexfsctl.model.breaker import (
    BreakerAction,
    BreakerSettings,
    BreakerState,
    BreakerStatus,
    state_after,
)
from vexfsctl.model.volume import OperationStatus
from vexfsctl.resilience import CircuitBreaker, StateConflict

S = 1_000_000_000
NOW = 3_600 * S

OPEN = replace(
    BREAKER,
    state=BreakerState.OPEN,
    failures=5,
    opened_ns=NOW - 12 * S,
    last_failure_ns=NOW - 12 * S,
    retry_after_ms=48_000,
)


@pytest.mark.parametrize(
    ("breaker", "why"),
    [
        (BREAKER, None),
        (replace(BREAKER, failures=1), "1 failure in the last 10s"),
        (OPEN, "opened 12s ago, half-open in 48s"),
        (replace(OPEN, retry_after_ms=0), "opened 12s ago, half-open next"),
        (replace(OPEN, opened_ns=NOW + S), "opened, half-open in 48s"),
        (
            replace(OPEN, state=BreakerState.FORCED_OPEN, retry_after_ms=0),
            "tripped by an operator 12s ago, stays until reset",
        ),
        (
            replace(OPEN, state=BreakerState.FORCED_OPEN, retry_after_ms=888_000),
            "tripped by an operator 12s ago, half-open in 14m48s",
        ),
        (
            replace(BREAKER, state=BreakerState.HALF_OPEN, successes=1),
            "probing, 1 of 3 successes",
        ),
        (
            replace(BREAKER, state=BreakerState.DISABLED),
            "switched off by an operator: judges nothing",
        ),
        (
            replace(BREAKER, state=BreakerState.METRICS_ONLY),
            "set by an operator: judges but lets all pass",
        ),
        (replace(BREAKER, state="wobbly"), "state 'wobbly' is not known to this version"),
    ],
)
def test_a_state_is_explained(breaker: BreakerStatus, why: str | None) -> None:
    """In a few words, with an age only where the clocks allow one."""
    assert explain_breaker(breaker, NOW) == why


@pytest.mark.parametrize(
    ("breaker", "overdue", "doubts"),
    [
        (BREAKER, 0, ()),
        (OPEN, 0, ("5 failures in the last 10s: would trip again in about 10s",)),
        (
            replace(OPEN, failures=6, settings=BreakerSettings(window_ms=10_000)),
            0,
            ("6 failures in the last 10s: would trip again in about 8.3s",),
        ),
        (replace(OPEN, failures=3), 0, ("3 failures in the last 10s: 5 trip it",)),
        (
            replace(OPEN, failures=0),
            2,
            (
                "2 calls are past the deadline and still running",
                "nothing was tried since the last failure 12s ago",
            ),
        ),
        (
            replace(BREAKER, state=BreakerState.FORCED_OPEN),
            1,
            ("1 call is past the deadline and still running",),
        ),
    ],
)
def test_a_reset_is_warned_of_by_what_is_known(
    breaker: BreakerStatus, overdue: int, doubts: tuple[str, ...]
) -> None:
    """Failures in the window, calls that hang, and that nothing was tried meanwhile."""
    assert doubts_about_reset(_operation(breaker, overdue), NOW) == doubts


@pytest.mark.parametrize("way", ["", "trip", "trip probe", "disable"])
def test_what_is_foretold_is_what_the_engine_does(way: str) -> None:
    """A second reading of the table in vexfs-sysfs(5): the engine's own agrees in every cell."""
    foretold: dict[BreakerAction, BreakerState | None] = {}
    done: dict[BreakerAction, BreakerState | None] = {}
    for action in BreakerAction:
        breaker = CircuitBreaker()
        for step in way.split():
            breaker.command(BreakerAction(step))
        foretold[action] = state_after(breaker.state, action)
        try:
            breaker.command(action)
        except StateConflict:
            done[action] = None
        else:
            done[action] = breaker.state
            assert is_as_asked(breaker.state, action), action

    assert done == foretold


def test_an_open_breaker_follows_the_same_columns() -> None:
    """The states that only calls lead to."""
    after = {action: state_after(BreakerState.OPEN, action) for action in BreakerAction}

    assert after == {
        BreakerAction.TRIP: BreakerState.FORCED_OPEN,
        BreakerAction.RESET: BreakerState.CLOSED,
        BreakerAction.PROBE: BreakerState.HALF_OPEN,
        BreakerAction.DISABLE: BreakerState.DISABLED,
        BreakerAction.OBSERVE: BreakerState.METRICS_ONLY,
        BreakerAction.ENABLE: BreakerState.OPEN,
    }
    assert state_after(BreakerState.METRICS_ONLY, BreakerAction.ENABLE) is BreakerState.CLOSED


def test_a_probe_that_closed_it_already_is_as_asked() -> None:
    """Half-open was a means; closed is what it was for."""
    assert is_as_asked(BreakerState.CLOSED, BreakerAction.PROBE)
    assert not is_as_asked(BreakerState.OPEN, BreakerAction.PROBE)


def _operation(breaker: BreakerStatus, overdue: int) -> OperationStatus:
    return replace(OPERATION, overdue=overdue, breaker=breaker)

"""A circuit breaker seen from outside: its state, settings, status, and the commands it takes."""

from dataclasses import dataclass
from typing import NamedTuple, overload

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.resilience.states import (
    TIMED_ACTIONS,
    TRANSITIONS,
    BreakerAction,
    BreakerState,
)

__all__ = [
    "TIMED_ACTIONS",
    "BreakerAction",
    "BreakerCommand",
    "BreakerSettings",
    "BreakerState",
    "BreakerStatus",
    "state_after",
]


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When it trips and how it recovers; defaults and ranges are in the attribute table.

    It opens when any of the trip rules fires: enough failures, or a rate that is reached.
    """

    failure_threshold: int = 5
    """Failures inside the window that open the breaker."""
    success_threshold: int = 3
    """Successes in half-open that close it."""
    timeout_ms: int = 60_000
    """How long it stays open before it lets a probe through."""
    window_ms: int = 10_000
    """Age at which a failure no longer counts."""
    half_open_max_calls: int = 1
    """Attempts admitted at a time while half-open."""
    failure_rate_pct: int = 0
    """Share of failed attempts inside the window that opens it; 0: rule off."""
    minimum_calls: int = 10
    """Attempts inside the window below which there is no rate."""
    slow_call_ms: int = 0
    """Duration from which an attempt is slow; 0: none is."""
    slow_rate_pct: int = 0
    """Share of slow attempts inside the window that opens it; 0: rule off."""
    open_backoff_pct: int = 100
    """Open time each time it opens again without closing, in percent of the one before."""
    max_open_ms: int = 3_600_000
    """Limit to which the open time grows; never below `timeout_ms`."""


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """One breaker at one moment. Times are CLOCK_MONOTONIC nanoseconds, 0 = never."""

    state: BreakerState | str
    """A plain string is a state this version does not know; show `?` and say so."""
    generation: int
    """Rises by one at every state change."""
    failures: int
    """Failures inside the current window."""
    successes: int
    """Successes since half-open."""
    trips: int
    """Entries into open and forced_open."""
    opened_ns: int
    last_failure_ns: int
    retry_after_ms: int
    """Until half-open; 0 when not open."""
    last_error_id: CorrelationId | None
    """The error that last counted against it."""
    settings: BreakerSettings
    until_ms: int | None = 0
    """Until time ends the state; 0 when it will not. None: the provider does not say."""
    reason: str | None = None
    """Why an operator put it into this state."""
    author: int | None = None
    """User id of that operator; None when it was not an operator who did."""


class BreakerCommand(NamedTuple):
    """One write to `breaker/control`: `COMMAND [for <ms>] [if-generation <n>] [reason="…"]`."""

    action: BreakerAction
    for_ms: int | None = None
    """Only with trip, disable and observe: how long that is to last."""
    if_generation: int | None = None
    """Refuse (ESTALE) unless the breaker is at this generation."""
    reason: str | None = None


@overload
def state_after(state: BreakerState, action: BreakerAction) -> BreakerState | None: ...
@overload
def state_after(state: str, action: BreakerAction) -> BreakerState | str | None: ...
def state_after(state: BreakerState | str, action: BreakerAction) -> BreakerState | str | None:
    """Return the state that *action* leads to from *state*; None if it is not possible (EBUSY).

    The table of commands in vexfs-sysfs(5): the engine obeys it, and readers use it to predict what
    a command would do. From a state this version does not know, a plain string, each action is
    taken to lead where it leads from `open`.
    """
    if state in TRANSITIONS:
        return TRANSITIONS[BreakerState(state)][action]
    after = TRANSITIONS[BreakerState.OPEN][action]
    return state if after is BreakerState.OPEN else after

"""A circuit breaker seen from outside: its state, settings, status, and the commands it takes."""

from dataclasses import dataclass
from typing import NamedTuple, overload

from vexfsctl.model.correlation import CorrelationId
from vexfsctl.resilience.states import TRANSITIONS, BreakerAction, BreakerState

__all__ = [
    "DELIVERED_ACTIONS",
    "BreakerAction",
    "BreakerCommand",
    "BreakerSettings",
    "BreakerState",
    "BreakerStatus",
    "state_after",
]


DELIVERED_ACTIONS = tuple(action for action in BreakerAction if action is not BreakerAction.OBSERVE)
"""The actions that a provider takes; `observe` comes with `metrics_only`."""


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When it trips and how it recovers; defaults and ranges are in the attribute table."""

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


class BreakerCommand(NamedTuple):
    """One write to `breaker/control`: `COMMAND [for <ms>] [if-generation <n>] [reason="…"]`."""

    action: BreakerAction
    for_ms: int | None = None
    """Only with trip: how long to hold it."""
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

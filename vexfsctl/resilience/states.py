"""The states of a circuit breaker, what an operator may ask of it, and what either leads to.

Declared here once: the machine obeys these tables, and documents and readers print them.
"""

from collections.abc import Mapping
from enum import StrEnum


class BreakerState(StrEnum):
    """State of a breaker; `disabled` judges nothing, `metrics_only` judges but lets all pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"

    @property
    def rejects(self) -> bool:
        """Whether calls are refused in this state."""
        return self in (BreakerState.OPEN, BreakerState.FORCED_OPEN)


class BreakerAction(StrEnum):
    """What an operator can ask of a breaker."""

    TRIP = "trip"
    RESET = "reset"
    PROBE = "probe"
    DISABLE = "disable"
    OBSERVE = "observe"
    ENABLE = "enable"


TIMED_ACTIONS = (BreakerAction.TRIP, BreakerAction.DISABLE, BreakerAction.OBSERVE)
"""Actions that can be given a time, after which the state they lead to ends."""

_C, _O, _H = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
_F, _D, _M = BreakerState.FORCED_OPEN, BreakerState.DISABLED, BreakerState.METRICS_ONLY

_ROWS: Mapping[BreakerState, tuple[BreakerState | None, ...]] = {
    # from: trip, reset, probe, disable, observe, enable; None: not possible
    _C: (_F, _C, None, _D, _M, _C),
    _O: (_F, _C, _H, _D, _M, _O),
    _H: (_F, _C, _H, _D, _M, _H),
    _F: (_F, _C, _H, _D, _M, _F),
    _D: (_F, _C, None, _D, _M, _C),
    _M: (_F, _C, None, _D, _M, _C),
}

TRANSITIONS: Mapping[BreakerState, Mapping[BreakerAction, BreakerState | None]] = {
    state: dict(zip(BreakerAction, row, strict=True)) for state, row in _ROWS.items()
}
"""State after each action; the same state: nothing changes; None: not possible."""

AFTER_TIME: Mapping[BreakerState, BreakerState] = {_O: _H, _H: _O, _F: _H, _D: _C, _M: _C}
"""State that follows when the time of a state is over; all but `open` have one only if given."""

AFTER_OUTCOMES: Mapping[BreakerState, Mapping[str, BreakerState]] = {
    _C: {"a trip rule fires": _O},
    _H: {"enough successes": _C, "a failure": _O},
}
"""State that follows when calls end in a certain way."""


def state_after(state: BreakerState, action: BreakerAction) -> BreakerState | None:
    """Return the state that *action* leads to from *state*; None if it is not possible."""
    return TRANSITIONS[state][action]

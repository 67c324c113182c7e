"""The breaker of an operation type in the terms of vexfs-sysfs(5): settings, status, commands.

Only this module translates between these and `vexfsctl.resilience`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from vexfsctl.exceptions import GenerationMoved, StateConflict
from vexfsctl.model.breaker import BreakerCommand, BreakerSettings, BreakerState, BreakerStatus
from vexfsctl.resilience import exceptions as refusals
from vexfsctl.resilience.breaker import CircuitBreaker, Status

_NS_PER_MS = 1_000_000
_LEASE_S = 1e9
"""The guard settles every attempt itself, at its deadline at the latest."""


def library_settings(settings: BreakerSettings) -> dict[str, Any]:
    """Return what the library is to go by, for `CircuitBreaker(**…)` and `configure(**…)`.

    Attributes are written one by one, so a setting that makes no sense yet beside another one is
    taken as what makes the least difference.
    """
    slow_rate_pct = settings.slow_rate_pct if settings.slow_call_ms else 0
    return {
        "failures": settings.failure_threshold,
        "within": settings.window_ms / 1_000,
        "open_for": settings.timeout_ms / 1_000,
        "successes": settings.success_threshold,
        "half_open_calls": settings.half_open_max_calls,
        "failure_rate": settings.failure_rate_pct / 100 or None,
        "slow": settings.slow_call_ms / 1_000 or None,
        "slow_rate": slow_rate_pct / 100 or None,
        "minimum_calls": settings.minimum_calls,
        "open_backoff": settings.open_backoff_pct / 100,
        "max_open": max(settings.max_open_ms, settings.timeout_ms) / 1_000,
        "lease": _LEASE_S,
    }


_VALUES: Mapping[str, Callable[[Status, int], Any]] = {
    "state": lambda status, _: status.state,
    "generation": lambda status, _: status.generation,
    "failures": lambda status, _: status.failures,
    "successes": lambda status, _: status.successes,
    "trips": lambda status, _: status.trips,
    "opened_ns": lambda status, _: status.opened_ns,
    "last_failure_ns": lambda status, _: status.last_failure_ns or 0,
    "retry_after_ms": lambda status, now_ns: (
        _until_ms(status, now_ns) if status.state.rejects else 0
    ),
    # The guard hands in the id of the error with each failure.
    "last_error_id": lambda status, _: status.last_failure,
    "until_ms": lambda status, now_ns: _until_ms(status, now_ns),
    "reason": lambda status, _: status.reason,
    "author": lambda status, _: None if status.author is None else int(status.author),
}
"""What a BreakerStatus has under each name, but for the settings."""


def read_status(breaker: CircuitBreaker, settings: BreakerSettings, now_ns: int) -> BreakerStatus:
    """Return everything about *breaker*, which goes by *settings*; *now_ns* is on its clock."""
    status = breaker.status()
    values = {name: value(status, now_ns) for name, value in _VALUES.items()}
    return BreakerStatus(settings=settings, **values)


def read_value(breaker: CircuitBreaker, name: str, now_ns: int) -> object:
    """Return only what `read_status` has under *name*, which must not be a setting."""
    return _VALUES[name](breaker.status(), now_ns)


def carry_out(
    breaker: CircuitBreaker, command: BreakerCommand, uid: int, context: object
) -> BreakerState:
    """Carry out an operator's command and return the state before; listeners get *context*.

    Raises GenerationMoved when the breaker is not at the generation asked for, StateConflict when
    its state does not allow the command; nothing changes then.
    """
    try:
        return breaker.command(
            command.action,
            None if command.for_ms is None else command.for_ms / 1_000,
            reason=command.reason,
            author=str(uid),
            if_generation=command.if_generation,
            context=context,
        )
    except refusals.GenerationMoved as moved:
        raise GenerationMoved(str(moved), hint="look at it again before changing it") from None
    except refusals.StateConflict as conflict:
        raise StateConflict(str(conflict)) from None


def _until_ms(status: Status, now_ns: int) -> int:
    if status.until_ns is None:
        return 0
    # Rounded up: 0 would say that the wait is over.
    return max(0, -((now_ns - status.until_ns) // _NS_PER_MS))

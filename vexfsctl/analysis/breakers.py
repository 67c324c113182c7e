"""What a breaker's status says: why it is in its state, and what a command would risk.

Times are CLOCK_MONOTONIC nanoseconds of the host that the status is from. A status from elsewhere
(a saved tree) may lie in our future: then no age is given.
"""

from vexfsctl.model.breaker import BreakerAction, BreakerState, BreakerStatus, state_after
from vexfsctl.model.units import format_duration
from vexfsctl.model.volume import OperationStatus

_NS_PER_MS = 1_000_000


def explain_breaker(breaker: BreakerStatus, now_ns: int) -> str | None:
    """Say in a few words why *breaker* is in its state; None when it is closed and untroubled."""
    match breaker.state:
        case BreakerState.CLOSED:
            return _count_failures(breaker) if breaker.failures else None
        case BreakerState.OPEN:
            return f"opened{_ago(breaker.opened_ns, now_ns)}, {_half_open_in(breaker)}"
        case BreakerState.FORCED_OPEN:
            end = _half_open_in(breaker) if breaker.retry_after_ms else "stays until reset"
            by = f"tripped by an operator{_ago(breaker.opened_ns, now_ns)}, {end}"
            return by + _reason(breaker)
        case BreakerState.HALF_OPEN:
            needed = breaker.settings.success_threshold
            return f"probing, {breaker.successes} of {needed} successes"
        case BreakerState.DISABLED:
            return f"switched off by an operator{_for(breaker)}: judges nothing{_reason(breaker)}"
        case BreakerState.METRICS_ONLY:
            lets_pass = "judges but lets all pass"
            return f"set by an operator{_for(breaker)}: {lets_pass}{_reason(breaker)}"
        case unknown:
            return f"state {unknown!r} is not known to this version"


def is_as_asked(state: BreakerState | str, action: BreakerAction) -> bool:
    """Whether *state* is what *action* asks for, no matter who brought it about."""
    if action is BreakerAction.PROBE and state == BreakerState.CLOSED:
        return True  # its probes have succeeded meanwhile
    return state_after(state, action) == state


def doubts_about_reset(operation: OperationStatus, now_ns: int) -> tuple[str, ...]:
    """Return the reasons not to close the breaker of *operation* now; empty if there are none."""
    doubts = [_overdue(operation), _recent_failures(operation.breaker, now_ns)]
    return tuple(doubt for doubt in doubts if doubt is not None)


def _overdue(operation: OperationStatus) -> str | None:
    if not operation.overdue:
        return None
    calls = "call is" if operation.overdue == 1 else "calls are"
    return f"{operation.overdue} {calls} past the deadline and still running"


def _recent_failures(breaker: BreakerStatus, now_ns: int) -> str | None:
    if breaker.failures:
        return f"{_count_failures(breaker)}: {_would_trip(breaker)}"
    if breaker.state is BreakerState.OPEN:
        return f"nothing was tried since the last failure{_ago(breaker.last_failure_ns, now_ns)}"
    return None


def _would_trip(breaker: BreakerStatus) -> str:
    """Extrapolate, assuming that failures keep coming as they did during the last window."""
    settings = breaker.settings
    if breaker.failures < settings.failure_threshold:
        return f"{settings.failure_threshold} trip it"
    after_ms = settings.window_ms * settings.failure_threshold / breaker.failures
    return f"would trip again in about {format_duration(after_ms)}"


def _count_failures(breaker: BreakerStatus) -> str:
    failures = "1 failure" if breaker.failures == 1 else f"{breaker.failures} failures"
    return f"{failures} in the last {format_duration(breaker.settings.window_ms)}"


def _half_open_in(breaker: BreakerStatus) -> str:
    if not breaker.retry_after_ms:
        return "half-open next"
    return f"half-open in {format_duration(breaker.retry_after_ms)}"


def _for(breaker: BreakerStatus) -> str:
    return f" for another {format_duration(breaker.until_ms)}" if breaker.until_ms else ""


def _reason(breaker: BreakerStatus) -> str:
    return "" if breaker.reason is None else f" ({breaker.reason})"


def _ago(then_ns: int, now_ns: int) -> str:
    if not 0 < then_ns <= now_ns:
        return ""
    return f" {format_duration((now_ns - then_ns) // _NS_PER_MS)} ago"

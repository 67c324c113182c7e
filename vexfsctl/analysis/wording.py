"""What a VexFS event means, in a phrase for people. The wording of the log itself is in `logs`."""

from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.degradation import Resource
from vexfsctl.model.errnos import errno_name
from vexfsctl.model.events import (
    BreakerChanged,
    CallEvent,
    CallFailed,
    CallRecovered,
    CallRejected,
    CallTimedOut,
    DegradationChanged,
    ErrorReported,
    Event,
    FallbackUsed,
    OperatorActed,
    RecordsSuppressed,
    RecoveryStepTaken,
    RetryScheduled,
    StateChanged,
)
from vexfsctl.model.units import format_duration, format_size
from vexfsctl.model.upstream import Significance, UpstreamEvent


def describe(event: Event | UpstreamEvent, answered: str | None = None) -> str:
    """Return what *event* says, without volume, operation and id.

    *answered* is who got what an application's call ended in, if not the application.
    """
    match event:
        case UpstreamEvent():
            return _upstream(event)
        case CallEvent():
            return _describe_call(event, answered)
        case _:
            return _describe_volume(event)


def _describe_call(event: CallEvent, answered: str | None) -> str:
    caller = answered or "the application" if event.parent is None else "its caller"
    match event:
        case ErrorReported():
            return _failed_attempt(event)
        case RetryScheduled():
            wait = format_duration(event.delay_ms)
            return f"waits {wait}, then attempt {event.attempt} of {event.max_attempts}"
        case CallRecovered():
            return f"succeeded on attempt {event.attempts}, after {call_time(event.duration_us)}"
        case CallFailed():
            tries = "1 attempt" if event.attempts == 1 else f"{event.attempts} attempts"
            lasted = f"{tries} and {call_time(event.duration_us)}"
            return f"failed after {lasted}: {caller} got {errno_name(event.errno)}"
        case FallbackUsed():
            return _fallback(event)
        case CallTimedOut():
            limit = format_duration(event.limit_ms)
            return f"still running after {limit}: abandoned, {caller} got ETIMEDOUT"
        case CallRejected():
            return _rejection(event)
        case _:
            raise _no_wording(event)


def _describe_volume(event: Event) -> str:
    match event:
        case BreakerChanged():
            return _breaker_change(event)
        case OperatorActed():
            why = f", “{event.reason}”" if event.reason else ""
            who = f"uid {event.uid}, pid {event.pid}"
            return f"{event.action}: {event.before} → {event.after} ({who}){why}"
        case RecoveryStepTaken():
            detail = f", {event.message}" if event.message else ""
            return f"{event.step}: {event.result} after {call_time(event.duration_us)}{detail}"
        case StateChanged():
            return f"state {event.before} → {event.after} ({event.driver} {event.version})"
        case DegradationChanged():
            return f"degradation {event.before} → {event.after}{_want(event)}"
        case RecordsSuppressed():
            left_out = f"{event.calls} calls with {event.errors} errors left out of the log"
            return f"{left_out} in {format_duration(event.interval_ms)}"
        case _:
            raise _no_wording(event)


def _no_wording(event: Event) -> TypeError:
    return TypeError(f"no wording for {type(event).__name__}")


def _failed_attempt(event: ErrorReported) -> str:
    what = f"{event.error} ({errno_name(event.errno)}, {event.severity})"
    return f"attempt {event.attempt} of {event.max_attempts} failed: {what}{_place(event)}"


def _fallback(event: FallbackUsed) -> str:
    if event.result == "ok":
        return f"served from {event.via} instead"
    return f"could not be served from {event.via} either: {event.result}"


def _rejection(event: CallRejected) -> str:
    if event.limit is not None:
        return f"refused: no place for it ({event.limit})"
    # 0 means never: a breaker in forced_open without a time lets no probe through.
    later = f", next probe in {format_duration(event.retry_after_ms)}"
    return f"refused by the open breaker{later if event.retry_after_ms else ''}"


def _want(event: DegradationChanged) -> str:
    if event.resource is None or event.used_pct is None:
        return ""
    of = "what is free" if event.resource == Resource.SPACE else "its limit"
    what = "the reserve" if event.resource == Resource.SPACE else event.resource
    return f", {what} is {event.used_pct} % of {of}"


def _breaker_change(event: BreakerChanged) -> str:
    reason = f" by {event.by}" if event.by else ""
    if event.id is not None and not event.by and event.before is BreakerState.HALF_OPEN:
        outcome = "succeeded" if event.after is BreakerState.CLOSED else "failed"
        reason = f", its probe {event.id} {outcome}"
    if event.failures is not None and event.window_ms is not None:
        window = format_duration(event.window_ms)
        reason = f", {event.failures} failures in {window} (threshold {event.failure_threshold})"
    elif event.rule is not None:
        reason = f", {_RULES.get(event.rule, event.rule)}"
    return f"breaker {event.before} → {event.after}{reason}"


_RULES = {"failure_rate": "too many of its calls failed", "slow_rate": "too many were slow"}


def _upstream(event: UpstreamEvent) -> str:
    parts = [str(event.kind).replace("_", " ")]
    if event.significance is not Significance.ROUTINE:
        parts[0] += f" ({str(event.significance).replace('_', ' ')})"
    if event.error is not None:
        severity = "" if event.severity is None else f" ({event.severity})"
        parts.append(f"{event.error}{severity}")
    if event.before is not None or event.after is not None:
        parts.append(f"{event.before or '?'} → {event.after or '?'}")
    if event.note is not None:
        parts.append(event.note)
    return ": ".join((parts[0], ", ".join(parts[1:]))) if parts[1:] else parts[0]


def _place(event: ErrorReported) -> str:
    parts = []
    if event.length is not None and event.offset is not None:
        parts.append(f"{format_size(event.length)} at {format_size(event.offset)}")
    if event.inode is not None:
        parts.append(f"inode {event.inode}")
    return f", {' of '.join(parts)}" if parts else ""


def call_time(duration_us: int) -> str:
    """Return how long a call took, in words."""
    milliseconds = duration_us / 1_000
    # A call on a healthy device takes microseconds; "0ms" would look like a mistake.
    return f"{duration_us}us" if milliseconds < 1 else format_duration(milliseconds)

"""What a VexFS event means, in a phrase for people. The wording of the log itself is in `logs`."""

from functools import singledispatch

from vexfsctl.model.errnos import errno_name
from vexfsctl.model.events import (
    BreakerChanged,
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


@singledispatch
def describe(event: Event | UpstreamEvent) -> str:
    """Return what *event* says, without volume, operation and id."""
    raise TypeError(f"no wording for {type(event).__name__}")


@describe.register
def _(event: ErrorReported) -> str:
    what = f"{event.error} ({errno_name(event.errno)}, {event.severity})"
    where = _place(event)
    return f"attempt {event.attempt} of {event.max_attempts} failed: {what}{where}"


@describe.register
def _(event: RetryScheduled) -> str:
    wait = format_duration(event.delay_ms)
    return f"waits {wait}, then attempt {event.attempt} of {event.max_attempts}"


@describe.register
def _(event: CallRecovered) -> str:
    return f"succeeded at attempt {event.attempts}, after {_duration(event.duration_us)}"


@describe.register
def _(event: CallFailed) -> str:
    tries = "1 attempt" if event.attempts == 1 else f"{event.attempts} attempts"
    caller = "the application" if event.parent is None else "its caller"
    return (
        f"failed after {tries} and {_duration(event.duration_us)}: "
        f"{caller} got {errno_name(event.errno)}"
    )


@describe.register
def _(event: FallbackUsed) -> str:
    if event.result == "ok":
        return f"served from {event.via} instead"
    return f"could not be served from {event.via} either: {event.result}"


@describe.register
def _(event: CallTimedOut) -> str:
    caller = "the application" if event.parent is None else "its caller"
    limit = format_duration(event.limit_ms)
    return f"still running after {limit}: abandoned, {caller} got ETIMEDOUT"


@describe.register
def _(event: CallRejected) -> str:
    # forced_open without a time never lets a probe through: there 0 means never.
    later = f", next probe in {format_duration(event.retry_after_ms)}"
    return f"refused by the open breaker{later if event.retry_after_ms else ''}"


@describe.register
def _(event: BreakerChanged) -> str:
    reason = f" by {event.by}" if event.by else ""
    if event.failures is not None and event.window_ms is not None:
        window = format_duration(event.window_ms)
        reason = f", {event.failures} failures in {window} (threshold {event.failure_threshold})"
    return f"breaker {event.before} → {event.after}{reason}"


@describe.register
def _(event: OperatorActed) -> str:
    why = f", “{event.reason}”" if event.reason else ""
    who = f"uid {event.uid}, pid {event.pid}"
    return f"{event.action}: {event.before} → {event.after} ({who}){why}"


@describe.register
def _(event: RecoveryStepTaken) -> str:
    detail = f", {event.message}" if event.message else ""
    return f"{event.step}: {event.result} after {_duration(event.duration_us)}{detail}"


@describe.register
def _(event: StateChanged) -> str:
    return f"state {event.before} → {event.after} ({event.driver} {event.version})"


@describe.register
def _(event: DegradationChanged) -> str:
    return f"degradation {event.before} → {event.after}"


@describe.register
def _(event: RecordsSuppressed) -> str:
    interval = format_duration(event.interval_ms)
    return f"{event.calls} calls with {event.errors} errors left out of the log in {interval}"


@describe.register
def _(event: UpstreamEvent) -> str:
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


def _duration(duration_us: int) -> str:
    milliseconds = duration_us / 1_000
    # A call on a healthy device takes microseconds; "0ms" would look like a mistake.
    return f"{duration_us}us" if milliseconds < 1 else format_duration(milliseconds)

"""What is wrong as the log shows it."""

from collections.abc import Iterable, Iterator

from vexfsctl.analysis.findings import Finding, Verdict
from vexfsctl.analysis.incidents import operation_of
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.window import Window
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import CORRUPTION_ERRNOS
from vexfsctl.model.events import (
    CallFailed,
    CallRejected,
    CallTimedOut,
    ErrorReported,
    Event,
    RecordsSuppressed,
    StateChanged,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import Origin
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import ModuleState

_Place = tuple[str | None, OperationType | None]
"""Volume and operation; None: several volumes."""
_Kind = tuple[Verdict, str, str, str]
"""Verdict, code, and what is counted: as one, as many."""


def evidence_in(entries: Iterable[LogEntry], window: Window) -> tuple[LogEntry, ...]:
    """Return the entries of the window whose events may be believed."""
    return tuple(
        entry
        for entry in entries
        if entry.event is not None
        and entry.origin is not Origin.UNVERIFIED
        and window.holds(entry.record)
    )


def judge_log(entries: Iterable[LogEntry], live: Loads) -> Iterator[Finding]:
    """Hand out the findings about believed *entries* of a window, given in the order of time.

    Those of loads that are not *live* any more are counted together: a host may have had many.
    Where no volume is live the log is all there is to judge by, and more of it counts.
    """
    tally = _Tally()
    states: dict[str, StateChanged] = {}
    for entry in entries:
        event = entry.event
        if event is None:
            continue
        if isinstance(event, StateChanged):
            states[event.volume] = event
        if kind := _kind_of(event) or (None if live else _kind_from_log_alone(event)):
            tally.add(kind, event, gone=not live.hold(entry))
    if not live:
        for volume, state in states.items():
            if state.after == ModuleState.ERROR:
                message = "its provider went into state error"
                yield Finding(Verdict.CRITICAL, "state_error", message, volume)
    yield from tally.findings()


class _Tally:
    """Counts what is alike: by operation where the volume is live, else over all volumes."""

    def __init__(self) -> None:
        self._counts: dict[tuple[_Kind, _Place], int] = {}
        self._gone: dict[_Kind, dict[str, None]] = {}

    def add(self, kind: _Kind, event: Event, *, gone: bool) -> None:
        amount = event.calls if isinstance(event, RecordsSuppressed) else 1
        place: _Place = (event.volume, operation_of(event))
        if gone:
            place = (None, None)
            self._gone.setdefault(kind, {})[event.volume] = None
        self._counts[kind, place] = self._counts.get((kind, place), 0) + amount

    def findings(self) -> Iterator[Finding]:
        for (kind, (volume, operation)), count in self._counts.items():
            verdict, code, one, many = kind
            message = f"1 {one}" if count == 1 else f"{count} {many}"
            gone = () if volume is not None else tuple(self._gone[kind])
            if len(gone) == 1:
                (volume,) = gone
                message += " in an earlier mount"
            elif gone:
                message += f" on {len(gone)} volumes that are gone"
            yield Finding(verdict, code, message, volume, operation)


def _kind_of(event: Event) -> _Kind | None:
    match event:
        case ErrorReported(severity=Severity.CRITICAL):
            return _ERROR_CRITICAL
        case ErrorReported(severity=Severity.HIGH):
            return _ERROR_HIGH
        case CallTimedOut():
            return _TIMEOUT
        case RecordsSuppressed():
            return _SUPPRESSED
        case _:
            return None


def _kind_from_log_alone(event: Event) -> _Kind | None:
    match event:
        case ErrorReported() if event.errno in CORRUPTION_ERRNOS:
            return _CORRUPTION
        case CallRejected():
            return _REJECTED
        case CallFailed(parent=None):
            return _FAILED
        case _:
            return None


_ERROR_CRITICAL = (
    *(Verdict.CRITICAL, "error_critical"),
    *("error of critical severity", "errors of critical severity"),
)
_CORRUPTION = (Verdict.CRITICAL, "corruption", "error of damaged data", "errors of damaged data")
_ERROR_HIGH = (
    *(Verdict.WARNING, "error_high"),
    *("error of high severity", "errors of high severity"),
)
_TIMEOUT = (Verdict.WARNING, "timeout", "call timed out", "calls timed out")
_SUPPRESSED = (
    *(Verdict.WARNING, "suppressed"),
    *("failing call left out of the log", "failing calls left out of the log"),
)
_REJECTED = (
    *(Verdict.WARNING, "rejected"),
    *("call refused by a breaker", "calls refused by a breaker"),
)
_FAILED = (Verdict.WARNING, "failed", "failed call", "failed calls")

"""What is wrong as the log shows it."""

from collections.abc import Iterator
from errno import EMFILE, ENFILE
from typing import NamedTuple

from vexfsctl.analysis.errors.groups import is_error
from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.incident.incidents import operation_of
from vexfsctl.analysis.loads import Loads
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
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent
from vexfsctl.model.volume import ModuleState

_Kind = tuple[Verdict, str, str, str]
"""Verdict, code, and what is counted: as one, as many."""


class _Place(NamedTuple):
    """What is counted together."""

    volume: str | None = None
    operation: OperationType | None = None
    gone: bool = False
    """Loads of volumes that are not live any more: a host may have had many."""


class LogJudge:
    """Judges believed entries of a window, taken in the order of time.

    Those of loads that are not *live* any more are counted together: a host may have had many. If
    the log stands *alone*, it is all there is to judge by, and more of it counts. What other VexFS
    builds write always stands alone: they export no tree.
    """

    def __init__(self, live: Loads, *, alone: bool) -> None:
        self._live = live
        self._alone = alone
        self._tally = _Tally(saved=live.saved)
        self._states: dict[str, StateChanged] = {}

    def take(self, entry: LogEntry) -> None:
        """Take the next entry."""
        event, upstream = entry.event, entry.upstream
        if upstream is not None and is_error(entry):
            self._tally.add(_kind_of_upstream(upstream), _Place())
        if event is None:
            return
        if isinstance(event, StateChanged):
            self._states[event.volume] = event
        if kind := (_kind_from_log_alone(event) if self._alone else None) or _kind_of(event):
            amount = event.calls if isinstance(event, RecordsSuppressed) else 1
            if self._live.hold(entry):
                self._tally.add(kind, _Place(event.volume, operation_of(event)), amount)
            else:
                self._tally.add(kind, _Place(gone=True), amount, event.volume)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong."""
        if self._alone:
            for volume, state in self._states.items():
                if state.after == ModuleState.ERROR:
                    message = "its provider went into state error"
                    yield Finding(Verdict.CRITICAL, "state_error", message, volume)
        yield from self._tally.findings()


class _Tally:
    """Counts findings of a kind: by operation if the volume is live, else over all volumes."""

    def __init__(self, *, saved: bool) -> None:
        self._saved = saved
        self._counts: dict[tuple[_Kind, _Place], int] = {}
        self._gone: dict[_Kind, dict[str, None]] = {}

    def add(self, kind: _Kind, place: _Place, amount: int = 1, gone: str | None = None) -> None:
        if gone is not None:
            self._gone.setdefault(kind, {})[gone] = None
        self._counts[kind, place] = self._counts.get((kind, place), 0) + amount

    def findings(self) -> Iterator[Finding]:
        for (kind, place), count in self._counts.items():
            verdict, code, one, many = kind
            message = f"1 {one}" if count == 1 else f"{count} {many}"
            volume, gone = place.volume, self._gone.get(kind, {}) if place.gone else {}
            if len(gone) == 1:
                (volume,) = gone
                message += "" if self._saved else " in an earlier mount"
            elif gone:
                message += f" on {len(gone)} volumes" + ("" if self._saved else " that are gone")
            yield Finding(verdict, code, message, volume, place.operation)


def _kind_of(event: Event) -> _Kind | None:
    match event:
        case ErrorReported(severity=Severity.CRITICAL):
            return _ERROR_CRITICAL
        case ErrorReported(severity=Severity.HIGH):
            return _ERROR_HIGH
        case ErrorReported() if event.errno in (EMFILE, ENFILE):
            return _NO_DESCRIPTOR
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
        case CallRejected(limit=None):
            return _REJECTED
        case CallRejected():
            return _NO_PLACE
        case CallFailed(parent=None):
            return _FAILED
        case _:
            return None


def _kind_of_upstream(event: UpstreamEvent) -> _Kind:
    by_severity = _BY_SEVERITY[event.severity or Severity.LOW]
    return _BY_SIGNIFICANCE.get(event.significance, by_severity)


_ERROR_CRITICAL = (
    *(Verdict.CRITICAL, "error_critical"),
    *("error of critical severity", "errors of critical severity"),
)
_CORRUPTION = (Verdict.CRITICAL, "corruption", "error of damaged data", "errors of damaged data")
_ERROR_HIGH = (
    *(Verdict.WARNING, "error_high"),
    *("error of high severity", "errors of high severity"),
)
_NO_DESCRIPTOR = (
    *(Verdict.WARNING, "no_descriptor"),
    *("call refused for want of a file descriptor", "calls refused for want of a file descriptor"),
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
_NO_PLACE = (
    *(Verdict.WARNING, "no_place"),
    *("call refused for want of a place", "calls refused for want of a place"),
)
_FAILED = (Verdict.WARNING, "failed", "failed call", "failed calls")
_ERROR_MEDIUM = (
    *(Verdict.WARNING, "error_medium"),
    *("error of medium severity", "errors of medium severity"),
)
_ERROR_LOW = (
    *(Verdict.WARNING, "error_low"),
    *("error of low severity", "errors of low severity"),
)
_DATA_LOSS = (
    *(Verdict.CRITICAL, "data_loss"),
    *("write acknowledged and not stored", "writes acknowledged and not stored"),
)
_BY_SEVERITY: dict[Severity, _Kind] = {
    Severity.CRITICAL: _ERROR_CRITICAL,
    Severity.HIGH: _ERROR_HIGH,
    Severity.MEDIUM: _ERROR_MEDIUM,
    Severity.LOW: _ERROR_LOW,
}
_BY_SIGNIFICANCE: dict[Significance, _Kind] = {
    Significance.CORRUPTION: _CORRUPTION,
    Significance.DATA_LOSS: _DATA_LOSS,
    Significance.BLOCKED: _REJECTED,
    Significance.TIMEOUT: _TIMEOUT,
}

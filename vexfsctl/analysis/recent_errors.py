"""Errors of a window, those alike counted together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.window import Window
from vexfsctl.model.catalogue import TIMEOUT
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import CallTimedOut, ErrorReported
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import Origin
from vexfsctl.model.severity import Severity


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """How often one error arose in one place."""

    severity: Severity
    volume: str
    operation: OperationType
    error: str
    """Catalogue name, `IoError.ReadError`."""
    errno: int
    verified: bool
    """False: its records may be forgeries; they are counted apart and are no evidence."""
    live: bool
    """Whether they are of the volume as it is mounted now, not of an earlier one of its name."""
    count: int
    first_us: int | None
    last_us: int | None
    last_id: CorrelationId
    first: datetime | None = None
    """Wall-clock time of *first_us*; None where the window has none."""
    last: datetime | None = None


def group_errors(
    entries: Iterable[LogEntry], window: Window, live: Loads
) -> tuple[ErrorGroup, ...]:
    """Count the errors of *window* that are alike.

    Those of *live* loads come first, among them the most severe, then the latest.
    """
    groups: dict[tuple[object, ...], ErrorGroup] = {}
    for each in entries:
        group = _group_of_one(each, live.hold(each)) if window.holds(each.record) else None
        if group is not None:
            key = (
                group.volume,
                group.operation,
                group.error,
                group.errno,
                group.verified,
                group.live,
            )
            known = groups.get(key)
            groups[key] = group if known is None else _add(known, group)
    dated = (
        replace(group, first=window.moment(group.first_us), last=window.moment(group.last_us))
        for group in groups.values()
    )
    return tuple(
        sorted(
            dated,
            key=lambda group: (not group.live, -group.severity, -(group.last_us or 0)),
        )
    )


def _group_of_one(each: LogEntry, live: bool) -> ErrorGroup | None:
    match each.event:
        case ErrorReported() as event:
            severity, error, errno = event.severity, event.error, event.errno
        case CallTimedOut() as event:
            severity, error, errno = TIMEOUT.severity, TIMEOUT.name, TIMEOUT.errno
        case _:
            return None
    return ErrorGroup(
        severity=severity,
        volume=event.volume,
        operation=event.operation,
        error=error,
        errno=errno,
        verified=each.origin is not Origin.UNVERIFIED,
        live=live,
        count=1,
        first_us=each.record.uptime_us,
        last_us=each.record.uptime_us,
        last_id=event.id,
    )


def _add(known: ErrorGroup, later: ErrorGroup) -> ErrorGroup:
    return replace(known, count=known.count + 1, last_us=later.last_us, last_id=later.last_id)

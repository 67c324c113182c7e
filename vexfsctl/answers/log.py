"""What `log` answers: each record as data, as a table row and as a line; `trace` shows them too."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from operator import itemgetter

from vexfsctl.analysis.incident.incidents import identifier_of, operation_of
from vexfsctl.host.log_view import Picked
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.cursor import Cursor
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent
from vexfsctl.model.value import quick_value
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Rows, Span, Table, Tone

_ERROR_LEVEL, _WARNING_LEVEL = 3, 4
_TOLD_BY_THE_ROW = frozenset({"id", "volume", "operation"})


@quick_value()
class LogRow:
    """One record with everything known about it."""

    time: datetime | None
    """Wall-clock time, if the boot is known."""
    boot_id: str | None
    uptime_us: int | None
    sequence: int | None
    source: str
    host: str | None
    """Name of the host that wrote it, where the source gives one."""
    level: int | None
    facility: int | None
    origin: Origin
    loose: bool
    """Whether it was found in a line of a form that nobody knows."""
    epoch: int | None
    kind: str
    """`error`, `retry` … as in the record; `kernel` for the kernel's lines about a device;
    `call_failed`, `module_state` … for lines of earlier VexFS builds."""
    significance: Significance | None
    """How a line of an earlier build is rated; None for every other record."""
    volume: str | None
    operation: OperationType | None
    id: CorrelationId | None
    text: str
    event: Mapping[str, object]
    """What else the record says; for a kernel line, what it says about the device."""
    fields: Mapping[str, str]
    """Metadata of the record (`DEVICE`, `SUBSYSTEM`)."""
    cursor: str
    """The place after it, for `log --after`."""


def log_row(entry: LogEntry, moment: datetime | None) -> LogRow:
    """Return the row of *entry*, written at *moment*."""
    record, event, upstream = entry.record, entry.event, entry.upstream
    told = event or upstream
    return LogRow(
        time=moment,
        boot_id=record.boot_id,
        uptime_us=record.uptime_us,
        sequence=record.sequence,
        source=record.source,
        host=record.host,
        level=record.level,
        facility=record.facility,
        origin=entry.origin,
        loose=record.loose,
        epoch=entry.epoch,
        kind=_kinds()(entry),
        volume=None if event is None else event.volume,
        significance=None if upstream is None else upstream.significance,
        operation=None if told is None else operation_of(told),
        id=None if told is None else identifier_of(told),
        text=record.text,
        event=_fields_of(told or entry.evidence),
        fields=dict(record.fields),
        cursor=str(Cursor.after(record)),
    )


def log_line(entry: LogEntry, moment: datetime | None) -> Line:
    """Return *entry*, written at *moment*, as one line: time, origin, and its text unchanged."""
    text, origin, upstream = entry.record.text, entry.origin, entry.upstream
    start = (
        Span(f"{_when(entry, moment)}  ", Tone.DIM),
        Span(f"{origin:<10}  ", Tone.NOTICE if origin is Origin.UNVERIFIED else Tone.DIM),
    )
    if upstream is not None and upstream.significance is Significance.NOISE:
        return (*start, Span(text, Tone.DIM), Span("  (expected noise)", Tone.DIM))
    return (*start, Span(text, _tone(entry)))


def log_table(picked: Iterable[Picked]) -> Table:
    """Return the table of the entries *picked*."""
    return Table(_COLUMNS, Rows(picked, lambda each: _cells(*each)))


def log_result(picked: Iterable[Picked], coverage: Coverage) -> CommandResult:
    """Answer `log`: a line for each of the entries *picked*, a table for TSV."""
    rows = Rows(picked, lambda each: log_row(*each))
    lines = Paragraph(Rows(picked, lambda each: log_line(*each)), verbatim=True)
    return CommandResult("log", rows, (lines,), (log_table(picked),), coverage)


@cache
def _kinds() -> Callable[[LogEntry], str]:
    # Deferred, as a log may have no records, and it brings the wordings of all VexFS builds.
    from vexfsctl.logs.interpret import kind_of

    return kind_of


def _fields_of(meaning: object) -> dict[str, object]:
    if meaning is None:
        return {}
    names = _fields_beside_the_row(type(meaning))  # type: ignore[arg-type]
    known = {name: getattr(meaning, name) for name in names}
    extra = dict(getattr(meaning, "extra", ()))
    return known | ({"extra": extra} if extra else {})


@cache
def _fields_beside_the_row(kind: type) -> tuple[str, ...]:
    told = _TOLD_BY_THE_ROW | {"extra"}
    if kind is UpstreamEvent:
        told |= {"kind", "significance"}
    return tuple(each.name for each in fields(kind) if each.name not in told)


def _when(entry: LogEntry, moment: datetime | None) -> str:
    if moment is not None:
        return moment.astimezone().isoformat(" ", "milliseconds")[:-6]
    uptime_us = entry.record.uptime_us
    return "-" if uptime_us is None else f"{uptime_us / 1_000_000:14.6f}"


def _tone(entry: LogEntry) -> Tone | None:
    level, upstream = entry.record.level, entry.upstream
    if upstream is not None:
        # The level of an earlier build means nothing: it logs its traces at ALERT.
        severity = upstream.severity
        bad = severity is not None and severity >= Severity.HIGH
        return None if severity is None else Tone.BAD if bad else Tone.NOTICE
    quiet = entry.evidence is not None and not entry.evidence.is_trouble
    if quiet or level is None or level > _WARNING_LEVEL:
        return None
    return Tone.BAD if level <= _ERROR_LEVEL else Tone.NOTICE


TITLES = (
    *("TIME", "UPTIME US", "ORIGIN", "SOURCE", "KIND"),
    *("VOLUME", "OPERATION", "ID", "TEXT", "SIGNIFICANCE"),
)
_COLUMNS = tuple(Column(title, itemgetter(place)) for place, title in enumerate(TITLES))


def _cells(entry: LogEntry, moment: datetime | None) -> tuple[object, ...]:
    """Return what stands in these columns; all at once, as there may be millions of rows."""
    record, event, upstream = entry.record, entry.event, entry.upstream
    told = event or upstream
    return (
        None if moment is None else format_time(moment),
        record.uptime_us,
        entry.origin,
        record.source,
        _kinds()(entry),
        None if event is None else event.volume,
        None if told is None else operation_of(told),
        None if told is None else identifier_of(told),
        record.text,
        None if upstream is None else upstream.significance,
    )

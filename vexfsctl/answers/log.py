"""What `log` answers: each record as data, as a table row and as a line; `trace` shows them too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache

from vexfsctl.analysis.incident.incidents import identifier_of, operation_of
from vexfsctl.host.log_view import Picked
from vexfsctl.logs.interpret import kind_of
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.operations import OperationType
from vexfsctl.model.severity import Severity
from vexfsctl.model.upstream import Significance, UpstreamEvent
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Rows, Span, Table, Tone

_ERROR_LEVEL, _WARNING_LEVEL = 3, 4
_TOLD_BY_THE_ROW = frozenset({"id", "volume", "operation"})


@dataclass(frozen=True, slots=True)
class LogRow:
    """One record with everything known about it."""

    time: datetime | None
    """Wall-clock time, if the boot is known."""
    boot_id: str | None
    uptime_us: int | None
    sequence: int | None
    source: str
    level: int | None
    facility: int | None
    origin: Origin
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

    @property
    def line(self) -> Line:
        """The record as one line: origin, time, and its text unchanged."""
        doubtful = self.origin is Origin.UNVERIFIED
        origin = Span(f"{self.origin:<10}  ", Tone.NOTICE if doubtful else Tone.DIM)
        when = Span(f"{_when(self)}  ", Tone.DIM)
        if self.significance is Significance.NOISE:
            return (when, origin, Span(self.text, Tone.DIM), Span("  (expected noise)", Tone.DIM))
        return (when, origin, Span(self.text, _tone(self)))


def log_rows(picked: Iterable[Picked]) -> Rows[LogRow]:
    """Return a row for each entry, made when it is shown."""
    return Rows(picked, lambda each: log_row(*each))


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
        level=record.level,
        facility=record.facility,
        origin=entry.origin,
        epoch=entry.epoch,
        kind=kind_of(entry),
        volume=None if event is None else event.volume,
        significance=None if upstream is None else upstream.significance,
        operation=None if told is None else operation_of(told),
        id=None if told is None else identifier_of(told),
        text=record.text,
        event=_fields_of(told or entry.evidence),
        fields=dict(record.fields),
    )


def log_result(rows: Rows[LogRow], coverage: Coverage) -> CommandResult:
    """Answer `log`: a line for each of *rows*, a table for TSV."""
    lines = Paragraph(Rows(rows, lambda row: row.line), verbatim=True)
    return CommandResult("log", rows, (lines,), (log_table(rows),), coverage)


def log_table(rows: Iterable[LogRow]) -> Table:
    """Return the table of *rows*."""
    return Table(_COLUMNS, rows)


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


def _when(row: LogRow) -> str:
    if row.time is not None:
        return row.time.astimezone().isoformat(" ", "milliseconds")[:-6]
    return "-" if row.uptime_us is None else f"{row.uptime_us / 1_000_000:14.6f}"


def _tone(row: LogRow) -> Tone | None:
    if row.significance is not None:
        # The level of an earlier build means nothing: it logs its traces at ALERT.
        severity = row.event["severity"]
        bad = isinstance(severity, Severity) and severity >= Severity.HIGH
        return None if severity is None else Tone.BAD if bad else Tone.NOTICE
    if row.level is None or row.level > _WARNING_LEVEL:
        return None
    return Tone.BAD if row.level <= _ERROR_LEVEL else Tone.NOTICE


_COLUMNS = (
    Column("TIME", lambda row: row.time and format_time(row.time)),
    Column("UPTIME US", lambda row: row.uptime_us),
    Column("ORIGIN", lambda row: row.origin),
    Column("SOURCE", lambda row: row.source),
    Column("KIND", lambda row: row.kind),
    Column("VOLUME", lambda row: row.volume),
    Column("OPERATION", lambda row: row.operation),
    Column("ID", lambda row: row.id),
    Column("TEXT", lambda row: row.text),
    Column("SIGNIFICANCE", lambda row: row.significance),
)

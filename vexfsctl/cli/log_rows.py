"""A log entry as `log` and `trace` show it: as data, as a table row, as a line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from vexfsctl.analysis.incidents import identifier_of
from vexfsctl.logs.grammar import RECORD_FORMS
from vexfsctl.model.correlation import CorrelationId
from vexfsctl.model.entry import LogEntry, Unrecognised
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import Origin
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.result import Column, Line, Span, Table, Tone

_WORDS = {form.event: form.word for form in RECORD_FORMS}
_ERROR_LEVEL, _WARNING_LEVEL = 3, 4
_TOLD_BY_THE_ROW = frozenset({"id", "volume", "operation"})


@dataclass(frozen=True, slots=True)
class LogRow:
    """One record, everything that is known of it."""

    time: datetime | None
    """Wall-clock time, where the boot is known."""
    boot_id: str | None
    uptime_us: int | None
    sequence: int | None
    source: str
    level: int | None
    facility: int | None
    origin: Origin
    epoch: int | None
    kind: str
    """`error`, `retry` … as the record has it; `kernel` for the kernel's lines about a device;
    `prose` for what VexFS says in no form of ours."""
    volume: str | None
    operation: OperationType | None
    id: CorrelationId | None
    text: str
    event: Mapping[str, object]
    """What the record says besides; for a kernel line what it says of the device."""
    fields: Mapping[str, str]
    """Metadata of the record (`DEVICE`, `SUBSYSTEM`)."""

    @property
    def line(self) -> Line:
        """The record as one line: when, written by whom, its text as it stands."""
        doubtful = self.origin is Origin.UNVERIFIED
        origin = Span(f"{self.origin:<10}  ", Tone.NOTICE if doubtful else Tone.DIM)
        return (Span(f"{_when(self)}  ", Tone.DIM), origin, Span(self.text, _tone(self.level)))


def log_row(entry: LogEntry, moment: datetime | None) -> LogRow:
    """Return the row of *entry*, written at *moment*."""
    record, event, evidence = entry.record, entry.event, entry.evidence
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
        kind=_kind(entry),
        volume=None if event is None else event.volume,
        operation=getattr(event, "operation", None),
        id=None if event is None else identifier_of(event),
        text=record.text,
        event=_fields_of(event or evidence),
        fields=dict(record.fields),
    )


def log_table(rows: Iterable[LogRow]) -> Table:
    """Return the table of *rows* for TSV."""
    return Table(_COLUMNS, tuple(rows))


def is_vexfs_record(entry: LogEntry) -> bool:
    """Whether VexFS wrote it, in our form, in a broken one, or in the prose of earlier builds."""
    return isinstance(entry.meaning, Unrecognised) or (
        entry.event is not None or entry.record.text.lower().startswith("vexfs")
    )


def _kind(entry: LogEntry) -> str:
    if entry.event is not None:
        return _WORDS[type(entry.event)]
    if entry.evidence is not None:
        return "kernel"
    return "unrecognised" if isinstance(entry.meaning, Unrecognised) else "prose"


def _fields_of(meaning: object) -> dict[str, object]:
    if meaning is None:
        return {}
    values = {f.name: getattr(meaning, f.name) for f in fields(meaning)}  # type: ignore[arg-type]
    extra = dict(values.pop("extra", ()))
    known = {key: value for key, value in values.items() if key not in _TOLD_BY_THE_ROW}
    return known | ({"extra": extra} if extra else {})


def _when(row: LogRow) -> str:
    if row.time is not None:
        return row.time.astimezone().isoformat(" ", "milliseconds")[:-6]
    return "-" if row.uptime_us is None else f"{row.uptime_us / 1_000_000:14.6f}"


def _tone(level: int | None) -> Tone | None:
    if level is None or level > _WARNING_LEVEL:
        return None
    return Tone.BAD if level <= _ERROR_LEVEL else Tone.NOTICE


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
)

"""A result with everything in it that rendering must get right."""

from dataclasses import dataclass
from datetime import UTC, datetime

from vexfsctl.exceptions import Problem
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.envelope import Provenance
from vexfsctl.render.result import Column, CommandResult, Paragraph, Span, Table, Tone


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    volume: str
    state: str
    trips: int
    note: str | None = None


ROWS = (
    Row("loop0", "open", 1, "disk \x1b[2Jreplaced\t[red]now[/red]"),
    Row("量", "closed", 12),
)

TABLE = Table(
    columns=(
        Column("VOLUME", lambda row: row.volume),
        Column("STATE", lambda row: row.state, tone=lambda row: tone_of_word(row.state)),
        Column("TRIPS SO FAR", lambda row: row.trips, right=True),
        Column("NOTE", lambda row: row.note, wraps=True),
    ),
    rows=ROWS,
    title=("2 breakers, ", Span("1 open", Tone.BAD)),
)

RESULT = CommandResult(
    "breaker.list",
    ROWS,
    body=(TABLE, Paragraph(("next: vexfsctl breaker show \x07loop0",))),
    coverage=Coverage(("/run/vexfs",), (Gap("loop9", "stale"),)),
    problems=(Problem("volume_stale", "loop9: its driver is gone", "vexfsctl umount loop9"),),
)

PROVENANCE = Provenance(
    version="0.1.0",
    generated=datetime(2026, 8, 21, 10, 0, tzinfo=UTC),
    host="host1",
    boot_id="0f3b7c1e-5a7c-4d43-9d0c-5b6f2a1c8e11",
)

"""`vexfsctl recover history`: what was done, as the ledgers have it."""

import os
from functools import partial
from pathlib import Path

from vexfsctl.cli.context import AppContext
from vexfsctl.model.coverage import Coverage
from vexfsctl.recovery.ledger.entries import ReplayBegun
from vexfsctl.recovery.ledger.file import read_ledger
from vexfsctl.recovery.ledger.history import PastReplay, Result, collect_replays, is_asked_for
from vexfsctl.recovery.ledger.lock import is_held
from vexfsctl.render.choices import OutputFormat
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table, Tone
from vexfsctl.render.words import word
from vexfsctl.system.directories import state_directories


def history(asked: str | None, limit: int | None, app: AppContext) -> CommandResult:
    """Return the replays that *asked* means, all without, the latest *limit* of them."""
    directories = state_directories(app.surroundings.environ, os.getuid())
    replays: list[PastReplay] = []
    coverage = Coverage()
    for place in directories:
        reading = read_ledger(place)
        coverage += reading.coverage
        found = collect_replays(reading.entries, partial(_is_running, place))
        replays += [each for each in found if asked is None or is_asked_for(each, asked)]
    replays.sort(key=lambda each: each.begun.time)
    shown = tuple(replays if limit is None else replays[-limit:])
    nothing = Paragraph((_nothing(asked, coverage),))
    return CommandResult(
        "recover.history",
        shown,
        body=(Table(_columns(app.output), shown) if shown else nothing,),
        coverage=coverage,
    )


def _is_running(directory: Path, begun: ReplayBegun) -> bool:
    return is_held(directory, begun.lock)


def _nothing(asked: str | None, coverage: Coverage) -> str:
    if not coverage.complete:
        return "No such replay is in what could be read."
    return "Nothing was replayed yet." if asked is None else f"Nothing was replayed for {asked}."


def _steps(replay: PastReplay) -> str:
    return " ".join(f"{each.hint}:{each.outcome or Result.INTERRUPTED}" for each in replay.steps)


def _on(replay: PastReplay) -> str:
    device = replay.begun.device
    return (replay.begun.volume or "-") if device is None else device.node


def _result(replay: PastReplay) -> str:
    return word(replay.result)


def _tone(replay: PastReplay) -> Tone | None:
    if replay.result is Result.GONE:
        return Tone.GOOD
    return Tone.NOTICE if replay.result is Result.RUNNING else Tone.BAD


def _columns(output: OutputFormat) -> tuple[Column, ...]:
    when = _when_for_programs if output is OutputFormat.TSV else _when
    return (Column("WHEN", when), *_COLUMNS)


def _when(replay: PastReplay) -> str:
    return f"{replay.begun.time.astimezone():%Y-%m-%d %H:%M:%S}"


def _when_for_programs(replay: PastReplay) -> str:
    return format_time(replay.begun.time)


_COLUMNS = (
    Column("REPLAY", lambda each: each.begun.replay),
    Column("SUBJECT", lambda each: each.begun.subject),
    Column("ON", _on),
    Column("RESULT", _result, tone=_tone),
    Column("STEPS", lambda each: _steps(each) or None, wraps=True),
)

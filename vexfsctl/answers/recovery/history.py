"""What `recover history` answers: one line for each replay."""

from vexfsctl.host.recovery.history import History
from vexfsctl.model.coverage import Coverage
from vexfsctl.recovery.ledger.history import PastReplay, Result
from vexfsctl.render.jsonable import format_time
from vexfsctl.render.result import Column, CommandResult, Paragraph, Table, Tone
from vexfsctl.render.words import word


def history_result(history: History, asked: str | None) -> CommandResult:
    """Answer `recover history`: the replays that were *asked* for."""
    shown = history.replays
    nothing = Paragraph((_nothing(asked, history.coverage),))
    return CommandResult(
        "recover.history",
        shown,
        body=(Table((Column("WHEN", _when), *_COLUMNS), shown) if shown else nothing,),
        tables=(Table((Column("WHEN", _when_for_programs), *_COLUMNS), shown),) if shown else (),
        coverage=history.coverage,
    )


def _nothing(asked: str | None, coverage: Coverage) -> str:
    if not coverage.complete:
        return "The ledgers that could be read have no such replay."
    what = "yet" if asked is None else f"for {asked}"
    return f"Nothing has been replayed {what}."


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

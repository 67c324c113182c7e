"""What `guard list` and `guard show` answer, and the table of shared breakers in `status`."""

from collections.abc import Sequence
from dataclasses import fields
from typing import NamedTuple

from vexfsctl.host.guarded.breakers import SharedBreakers, SharedStatus
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.units import format_duration
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Line, Span, Table
from vexfsctl.render.words import word

_MEANINGS = {
    "path": "Its file.",
    "state": "Whether commands run: closed and disabled let all pass, half_open one at a time.",
    "generation": "Rises at every change of state.",
    "failures": "Failures inside within_ms, at most limit.",
    "limit": "Failures inside within_ms that open it, as its last user has set it.",
    "within_ms": "Age at which a failure no longer counts.",
    "open_for_ms": "How long it stays open.",
    "trips": "How often it has opened, since it was made or since the last boot.",
    "retry_after_ms": "Time until a command may run again.",
    "opened_ms_ago": "Time since it last opened.",
    "last_failure_ms_ago": "Time since the last failure that counts.",
    "cause": "The failure that opened it.",
    "reason": "Reason of the last command to it.",
    "author": "User id of who gave that command.",
    "unrecorded": "Outcomes that could not be recorded, as the file was locked for too long.",
}


class _Fact(NamedTuple):
    name: str
    value: object
    meaning: str


def guard_list(found: SharedBreakers) -> CommandResult:
    """Answer `guard list`: one line for each breaker."""
    return CommandResult(
        "guard.list",
        found.statuses,
        body=(shared_table(found.statuses),),
        problems=found.problems,
    )


def guard_show(found: SharedBreakers) -> CommandResult:
    """Answer `guard show`: everything about each breaker, with its meaning."""
    return CommandResult(
        "guard.show",
        found.statuses,
        body=tuple(map(_show_table, found.statuses)),
        problems=found.problems,
    )


def shared_table(statuses: Sequence[SharedStatus]) -> Table:
    """Return one line for each of *statuses*."""
    return Table(_COLUMNS, tuple(statuses))


def _show_table(status: SharedStatus) -> Table:
    state = word(status.state)
    why = _why(status)
    title: Line = (
        Span(f"{status.name}: "),
        Span(state, tone_of_word(state)),
        "" if why is None else f", {why}",
    )
    columns = (
        Column("NAME", lambda _: status.name),
        Column("FACT", lambda fact: fact.name),
        Column("VALUE", lambda fact: fact.value),
        Column("MEANING", lambda fact: fact.meaning, wraps=True),
    )
    facts = [
        _Fact(each.name, getattr(status, each.name), _MEANINGS[each.name])
        for each in fields(status)
        if each.name in _MEANINGS
    ]
    return Table(columns, facts, title)


def _why(status: SharedStatus) -> str | None:
    if status.state is BreakerState.CLOSED:
        return None
    parts = [status.cause, status.reason and f"reason: {status.reason}"]
    if status.retry_after_ms is not None:
        parts.append(f"again in {format_duration(status.retry_after_ms)}")
    return "; ".join(part for part in parts if part) or None


_COLUMNS = (
    Column("BREAKER", lambda status: status.name),
    Column(
        "STATE",
        lambda status: word(status.state),
        tone=lambda status: tone_of_word(status.state),
    ),
    Column("FAILURES", lambda status: status.failures, right=True),
    Column("LIMIT", lambda status: status.limit, right=True),
    Column("TRIPS", lambda status: status.trips, right=True),
    Column("WHY", _why, wraps=True),
)

"""What `status` answers, as it reads in one screen."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from vexfsctl.analysis.health.findings import Verdict
from vexfsctl.analysis.health.summary import Service, Summary, VolumeSummary
from vexfsctl.analysis.window import Window
from vexfsctl.answers.next_steps import next_commands, next_lines
from vexfsctl.answers.upstream import named_error, upstream_blocks
from vexfsctl.answers.verdict import all_well, sentence_of
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.assessment import Assessment
from vexfsctl.model.breaker import BreakerState
from vexfsctl.model.units import format_duration
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import (
    Column,
    CommandResult,
    Line,
    Paragraph,
    Span,
    Table,
    Tone,
)
from vexfsctl.render.words import word

if TYPE_CHECKING:
    from vexfsctl.analysis.errors.groups import ErrorGroup
    from vexfsctl.host.guarded.breakers import SharedBreakers, SharedStatus

_TONES = {
    Verdict.OK: Tone.GOOD,
    Verdict.WARNING: Tone.NOTICE,
    Verdict.CRITICAL: Tone.BAD,
    Verdict.UNKNOWN: Tone.NOTICE,
}
_BREAKER_CODES, _ERROR_CODES = "breaker_", "error_"
"""Prefix of the codes of findings that a table below the headline shows in full."""
_MOST_ERRORS = 10
_MOST_REASONS = 6
"""What one screen has room for; JSON has it all."""


def status_result(
    assessment: Assessment,
    log_words: tuple[str, ...] = (),
    shared: "SharedBreakers | None" = None,
    *,
    only_problems: bool = False,
) -> CommandResult:
    """Answer `status`; with *only_problems*, without healthy volumes and closed *shared* breakers.

    *log_words* make the suggested commands read the same log.
    """
    summary = assessment.summary
    here = bool(summary.volumes)
    in_a_table = (_BREAKER_CODES, _ERROR_CODES) if _errors_shown(summary, here) else _BREAKER_CODES
    headline = Paragraph(tuple(_headline(summary, in_a_table)))
    shown = _without_the_well(summary) if only_problems else summary
    commands = next_commands(summary.next_steps, log_words)
    statuses = () if shared is None else shared.statuses
    if only_problems:
        statuses = tuple(each for each in statuses if each.state is not BreakerState.CLOSED)
    return CommandResult(
        "status",
        {each.name: getattr(shown, each.name) for each in fields(shown)}
        | {"shared_breakers": statuses, "next_steps": commands},
        body=(
            headline,
            *_tables(shown, here),
            *_shared_tables(statuses),
            Paragraph(next_lines(commands)),
        ),
        coverage=assessment.coverage,
        problems=(*assessment.problems, *(() if shared is None else shared.problems)),
        exit_status=ExitStatus.OK if assessment.complete else ExitStatus.INCOMPLETE,
    )


def _without_the_well(summary: Summary) -> Summary:
    ill = tuple(each for each in summary.volumes if each.verdict is not Verdict.OK)
    return replace(summary, volumes=ill)


def _tables(summary: Summary, here: bool) -> tuple[Table | Paragraph, ...]:
    shown = _errors_shown(summary, here)
    tables = (
        Table(_VOLUME_COLUMNS, summary.volumes),
        Table(_BREAKER_COLUMNS, summary.breakers),
        Table(_error_columns(summary.window), shown, _errors_title(summary, len(shown))),
    )
    return (
        *(table for table in tables if table.rows),
        *upstream_blocks(summary.upstream, summary.noise),
        *_trouble_blocks(summary),
    )


def _shared_tables(statuses: "tuple[SharedStatus, ...]") -> tuple[Table, ...]:
    if not statuses:
        return ()
    # Deferred, as few hosts have them.
    from vexfsctl.answers.guard import shared_table

    return (shared_table(statuses),)


def _trouble_blocks(summary: Summary) -> tuple[Paragraph, ...]:
    if not summary.kernel_trouble:
        return ()
    # Deferred, as few hosts have it.
    from vexfsctl.answers.trouble import trouble_blocks

    return trouble_blocks(summary.kernel_trouble)


def _errors_shown(summary: Summary, here: bool) -> "tuple[ErrorGroup, ...]":
    """As many as fit one screen; if volumes are *here*, only theirs and those of no volume."""
    groups = (group for group in summary.errors if group.live or group.volume is None or not here)
    return tuple(groups)[:_MOST_ERRORS]


def _headline(summary: Summary, in_a_table: str | tuple[str, ...]) -> list[Line]:
    """The verdict, its worst reason, and the others whose codes are not *in_a_table*."""
    verdict = Span(str(summary.verdict).upper(), _TONES[summary.verdict])
    if not summary.findings:
        return [(verdict, f": {all_well(summary)}"), *_basis(summary)]
    first, *others = summary.findings
    told = [each for each in others if not each.code.startswith(in_a_table)]
    lines: list[Line] = [(verdict, f": {sentence_of(first)}")]
    lines += [f"also: {sentence_of(each)}" for each in told[:_MOST_REASONS]]
    if len(told) > _MOST_REASONS:
        lines.append(f"also: {len(told) - _MOST_REASONS} more reasons, see --json")
    return [*lines, *_basis(summary)]


def _basis(summary: Summary) -> list[Line]:
    """What the verdict rests on, if not the volumes' attribute trees and a current log."""
    window = summary.window
    lines: list[Line] = []
    if window.saved:
        length = format_duration(window.length_us / 1_000)
        alone = "" if summary.volumes else " alone"
        lines.append(f"this is a saved log, judged{alone} by its last {length}")
    elif summary.log_alone and not summary.volumes:
        lines.append("there is no volume on this host now: judged from the log alone")
    elif summary.log_alone:
        lines.append("no attribute tree answers for what is in the log: judged from it alone")
    elif summary.upstream is not None:
        lines.append("another VexFS here exports no attribute tree: judged from the log alone")
    return lines


def _errors_title(summary: Summary, shown: int) -> Line:
    title = f"errors of the last {format_duration(summary.window.length_us / 1_000)}"
    more = len(summary.errors) - shown
    return f"{title}; {more} more kinds in vexfsctl errors" if more else title


def _of_service(told: Callable[[Service], object]) -> Callable[[VolumeSummary], object]:
    return lambda volume: None if volume.service is None else told(volume.service)


def _state(volume: VolumeSummary) -> str:
    return str(volume.presence) if volume.service is None else word(volume.service.state)


def _running(service: Service) -> str:
    late = f" ({service.overdue} overdue)" if service.overdue else ""
    return f"{service.in_flight}{late}"


def _age(group: "ErrorGroup", window: Window) -> str | None:
    age_us: float | None = None
    if group.last_us is not None:
        age_us = window.now_us - group.last_us
    elif group.last is not None and window.now is not None:
        age_us = (window.now - group.last).total_seconds() * 1e6
    return None if age_us is None or age_us < 0 else format_duration(age_us / 1_000)


def _error_columns(window: Window) -> tuple[Column, ...]:
    return (
        Column(
            "SEVERITY",
            lambda group: group.severity,
            tone=lambda group: tone_of_word(str(group.severity)),
        ),
        Column("WHERE", _where),
        Column("ERROR", named_error, wraps=True),
        Column("COUNT", lambda group: group.count, right=True),
        Column("AGE", lambda group: _age(group, window)),
        Column("ID", lambda group: group.last_id),
    )


def _where(group: "ErrorGroup") -> str | None:
    parts = [str(part) for part in (group.volume, group.operation) if part is not None]
    return "/".join(parts) or None


_VOLUME_COLUMNS = (
    Column("VOLUME", lambda volume: volume.name),
    Column("STATE", _state, tone=lambda volume: tone_of_word(_state(volume))),
    Column("DEGRADATION", _of_service(lambda service: word(service.degradation))),
    Column("ACCESS", _of_service(lambda service: word(service.access_mode))),
    Column("ERRORS", _of_service(lambda service: service.errors and service.errors.total), True),
    Column("CALLS RUNNING", _of_service(_running), right=True),
    Column("MOUNTED ON", _of_service(lambda service: service.mountpoint), wraps=True),
)
_BREAKER_COLUMNS = (
    Column("BREAKER", lambda breaker: breaker.name),
    Column(
        "STATE",
        lambda breaker: word(breaker.state),
        tone=lambda breaker: tone_of_word(breaker.state),
    ),
    Column("WHY", lambda breaker: breaker.why, wraps=True),
    Column("LAST ERROR", lambda breaker: breaker.last_error_id),
)

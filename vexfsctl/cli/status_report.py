"""What `status` answers: a summary, and how it reads in one screen."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from vexfsctl.analysis.findings import Finding, Verdict
from vexfsctl.analysis.recent_errors import ErrorGroup
from vexfsctl.analysis.summary import Service, Summary, VolumeSummary, summarize
from vexfsctl.analysis.window import Window
from vexfsctl.cli.targets import Consulted, Target
from vexfsctl.exceptions import ExitStatus
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.durations import format_duration
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.errnos import errno_name
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import (
    Column,
    CommandResult,
    Line,
    Paragraph,
    Problem,
    Span,
    Table,
    Tone,
)
from vexfsctl.render.words import word

_TONES = {
    Verdict.OK: Tone.GOOD,
    Verdict.WARNING: Tone.NOTICE,
    Verdict.CRITICAL: Tone.BAD,
    Verdict.UNKNOWN: Tone.NOTICE,
}
_IN_A_TABLE = ("breaker_", "error_")
"""Codes of findings that a table below the headline shows in full."""
_MOST_ERRORS = 10
_MOST_REASONS = 6
"""What one screen has room for; JSON has it all."""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """One look at the volumes."""

    summary: Summary
    coverage: Coverage
    complete: bool
    """Whether every volume and root asked for answered; the log is beside the point here."""
    problems: tuple[Problem, ...]

    @classmethod
    def of(
        cls, seen: Consulted, entries: Sequence[LogEntry], log: Coverage, window: Window
    ) -> "StatusAnswer":
        """Sum up what was *seen* of the tree and what the log *entries* say of it."""
        if seen.targets:
            entries = [entry for entry in entries if _is_about(entry, seen.targets)]
        return cls(
            summary=summarize(seen.volumes, entries, log, window),
            coverage=seen.coverage + log,
            complete=seen.coverage.complete,
            problems=seen.problems,
        )

    @property
    def names(self) -> frozenset[str]:
        """The volumes that were looked at."""
        return frozenset(volume.name for volume in self.summary.volumes)

    def result(self, *, only_problems: bool) -> CommandResult:
        """Render it; with *only_problems* without the volumes that are well."""
        headline = Paragraph(tuple(_headline(self.summary)))
        summary = _without_the_well(self.summary) if only_problems else self.summary
        return CommandResult(
            "status",
            summary,
            body=(headline, *_body(summary, self.names)),
            coverage=self.coverage,
            problems=self.problems,
            exit_status=ExitStatus.OK if self.complete else ExitStatus.INCOMPLETE,
        )


def _is_about(entry: LogEntry, targets: Sequence[Target]) -> bool:
    event = entry.event
    return event is not None and any(fnmatchcase(event.volume, each.volume) for each in targets)


def _without_the_well(summary: Summary) -> Summary:
    ill = tuple(each for each in summary.volumes if each.verdict is not Verdict.OK)
    return replace(summary, volumes=ill)


def _body(summary: Summary, here: Collection[str]) -> tuple[Table | Paragraph, ...]:
    shown = _errors_shown(summary, here)
    tables = (
        Table(_VOLUME_COLUMNS, summary.volumes),
        Table(_BREAKER_COLUMNS, summary.breakers),
        Table(_error_columns(summary.window.now_us), shown, _errors_title(summary, len(shown))),
    )
    return (
        *(table for table in tables if table.rows),
        Paragraph(tuple(_next_steps(summary))),
    )


def _errors_shown(summary: Summary, here: Collection[str]) -> tuple[ErrorGroup, ...]:
    """As many as one screen takes; while volumes are *here*, theirs alone."""
    groups = (group for group in summary.errors if group.live or not here)
    return tuple(groups)[:_MOST_ERRORS]


def _headline(summary: Summary) -> list[Line]:
    verdict = Span(str(summary.verdict).upper(), _TONES[summary.verdict])
    if not summary.findings:
        return [(verdict, f": {_all_well(summary)}")]
    first, *others = summary.findings
    told = [each for each in others if not each.code.startswith(_IN_A_TABLE)]
    lines: list[Line] = [(verdict, f": {_sentence(first)}")]
    lines += [f"also: {_sentence(each)}" for each in told[:_MOST_REASONS]]
    if len(told) > _MOST_REASONS:
        lines.append(f"also: {len(told) - _MOST_REASONS} more reasons, see --json")
    if not summary.volumes and first.code != "nothing_found":
        lines.append("there is no volume on this host now")
    return lines


def _all_well(summary: Summary) -> str:
    if not summary.volumes:
        return "no volume on this host, and nothing wrong in the log"
    names = [volume.name for volume in summary.volumes]
    return f"{names[0]} is well" if len(names) == 1 else f"all {len(names)} volumes are well"


def _sentence(finding: Finding) -> str:
    return finding.message if finding.subject is None else f"{finding.subject}: {finding.message}"


def _errors_title(summary: Summary, shown: int) -> Line:
    window_us = summary.window.now_us - summary.window.since_us
    title = f"errors of the last {format_duration(window_us / 1_000)}"
    more = len(summary.errors) - shown
    return f"{title}; {more} kinds more in vexfsctl log" if more else title


def _next_steps(summary: Summary) -> list[Line]:
    width = max((len(step.command) for step in summary.next_steps), default=0)
    return [
        (
            "next: " if at == 0 else "      ",
            Span(f"{step.command:{width}}", Tone.STRONG),
            f"  {step.purpose}",
        )
        for at, step in enumerate(summary.next_steps)
    ]


def _of_service(told: Callable[[Service], object]) -> Callable[[VolumeSummary], object]:
    return lambda volume: None if volume.service is None else told(volume.service)


def _state(volume: VolumeSummary) -> str:
    return str(volume.presence) if volume.service is None else word(volume.service.state)


def _running(service: Service) -> str:
    late = f" ({service.overdue} overdue)" if service.overdue else ""
    return f"{service.in_flight}{late}"


def _age(time_us: int | None, now_us: int) -> str | None:
    if time_us is None or time_us > now_us:
        return None
    return format_duration((now_us - time_us) / 1_000)


def _error_columns(now_us: int) -> tuple[Column, ...]:
    return (
        Column(
            "SEVERITY",
            lambda group: group.severity,
            tone=lambda group: tone_of_word(str(group.severity)),
        ),
        Column("WHERE", lambda group: f"{group.volume}/{group.operation}"),
        Column("ERROR", _named_error, wraps=True),
        Column("COUNT", lambda group: group.count, right=True),
        Column("AGE", lambda group: _age(group.last_us, now_us)),
        Column("ID", lambda group: group.last_id),
    )


def _named_error(group: ErrorGroup) -> str:
    doubt = "" if group.verified else " (unverified)"
    return f"{group.error} ({errno_name(group.errno)}){doubt}"


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

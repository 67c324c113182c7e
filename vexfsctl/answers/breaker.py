"""What `breaker list`, `show` and `wait` answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vexfsctl.analysis.breakers import doubts_about_reset, explain_breaker
from vexfsctl.host.volumes import Consulted
from vexfsctl.model.breaker import BreakerStatus
from vexfsctl.model.operations import OperationType
from vexfsctl.model.volume import OperationStatus
from vexfsctl.render.colour import tone_of_word
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Span, Table
from vexfsctl.render.words import word
from vexfsctl.sysfs.attributes import (
    BREAKER_ATTRIBUTES,
    OPERATION_ATTRIBUTES,
    Attribute,
    Directory,
)

if TYPE_CHECKING:
    from vexfsctl.host.breaker.wait import Reached


@dataclass(frozen=True, slots=True)
class BreakerReport:
    """One breaker, and why it is in its state."""

    volume: str
    root: Path
    operation: OperationType
    why: str | None
    breaker: BreakerStatus


@dataclass(frozen=True, slots=True)
class OperationReport:
    """One operation in full, with its breaker."""

    volume: str
    root: Path
    operation: OperationType
    why: str | None
    doubts: tuple[str, ...]
    """Known reasons not to reset it."""
    status: OperationStatus


class _Setting(NamedTuple):
    path: str
    value: object
    meaning: str


def breaker_list(consulted: Consulted, now_ns: int) -> CommandResult:
    """Answer `breaker list`: one line for each breaker."""
    reports = tuple(
        BreakerReport(
            choice.volume.name,
            choice.volume.root,
            choice.operation,
            explain_breaker(choice.status.breaker, now_ns),
            choice.status.breaker,
        )
        for choice in consulted.operations
    )
    several_roots = len({report.root for report in reports}) > 1
    columns = (_VOLUME, _ROOT, *_COLUMNS) if several_roots else (_VOLUME, *_COLUMNS)
    return _result("breaker.list", reports, (Table(columns, reports),), consulted)


def breaker_show(consulted: Consulted, now_ns: int) -> CommandResult:
    """Answer `breaker show`: every attribute of each operation, with its meaning."""
    reports = tuple(
        OperationReport(
            choice.volume.name,
            choice.volume.root,
            choice.operation,
            explain_breaker(choice.status.breaker, now_ns),
            doubts_about_reset(choice.status, now_ns),
            choice.status,
        )
        for choice in consulted.operations
    )
    return _result("breaker.show", reports, tuple(map(_show_table, reports)), consulted)


def breaker_wait(reached: "Reached") -> CommandResult:
    """Answer `breaker wait`: the state that was waited for."""
    state = Span(word(reached.state), tone_of_word(reached.state))
    return CommandResult(
        "breaker.wait", reached, body=(Paragraph(((f"{reached.name}: ", state),)),)
    )


def _result(
    schema: str,
    reports: tuple[BreakerReport, ...] | tuple[OperationReport, ...],
    body: tuple[Table, ...],
    consulted: Consulted,
) -> CommandResult:
    return CommandResult(
        schema,
        reports,
        body=body,
        coverage=consulted.coverage,
        problems=consulted.problems,
    )


def _show_table(report: OperationReport) -> Table:
    state = word(report.status.breaker.state)
    title: Line = (
        Span(f"{report.volume}/{report.operation}: "),
        Span(state, tone_of_word(state)),
        "" if report.why is None else f", {report.why}",
    )
    columns = (
        Column("TARGET", lambda _: f"{report.volume}/{report.operation}"),
        Column("ATTRIBUTE", lambda setting: setting.path),
        Column("VALUE", lambda setting: setting.value),
        Column("MEANING", lambda setting: setting.meaning, wraps=True),
    )
    return Table(columns, _settings(report.status), title)


def _settings(status: OperationStatus) -> list[_Setting]:
    templates = [a for a in OPERATION_ATTRIBUTES + BREAKER_ATTRIBUTES if a.readable]
    return [_setting(template, status) for template in templates]


def _setting(template: Attribute, status: OperationStatus) -> _Setting:
    path = template.path.removeprefix(f"{Directory.OPERATION}/")
    holder: object = status
    if template.directory is Directory.BREAKER:
        breaker = status.breaker
        holder = breaker.settings if template.writable else breaker
    return _Setting(path, getattr(holder, template.name), template.meaning)


_VOLUME = Column("VOLUME", lambda report: report.volume)
_ROOT = Column("ROOT", lambda report: report.root)
_COLUMNS = (
    Column("OPERATION", lambda report: report.operation),
    Column(
        "STATE",
        lambda report: word(report.breaker.state),
        tone=lambda report: tone_of_word(report.breaker.state),
    ),
    Column("FAILURES", lambda report: report.breaker.failures, right=True),
    Column("LIMIT", lambda report: report.breaker.settings.failure_threshold, right=True),
    Column("TRIPS", lambda report: report.breaker.trips, right=True),
    Column("LAST ERROR", lambda report: report.breaker.last_error_id),
    Column("WHY", lambda report: report.why, wraps=True),
)

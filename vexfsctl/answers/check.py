"""What `check` answers: one line with numbers; JSON and TSV say the same."""

from dataclasses import dataclass

from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.health.gauges import Gauge, read_gauges
from vexfsctl.analysis.window import Window
from vexfsctl.answers.verdict import all_well, reasons_within
from vexfsctl.exceptions import ExitStatus
from vexfsctl.host.assessment import Assessment
from vexfsctl.render.plugin import plugin_line
from vexfsctl.render.result import Column, CommandResult, Line, Paragraph, Table

_ROOM = 150
"""Characters for the reasons: a note and "(+9 more)" still fit into the line."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The verdict on one look."""

    verdict: Verdict
    text: str
    """The reasons, shortened."""
    window: Window
    findings: tuple[Finding, ...]
    """All reasons, the worst first."""
    log_alone: bool
    """Whether no attribute tree covers what the log shows."""
    gauges: tuple[Gauge, ...]
    """The performance data of the line."""

    @classmethod
    def of(cls, assessment: Assessment) -> "CheckReport":
        """Return what a monitoring system needs of *assessment*."""
        summary = assessment.summary
        return cls(
            verdict=summary.verdict,
            text=_text(assessment),
            window=summary.window,
            findings=summary.findings,
            log_alone=summary.log_alone,
            gauges=read_gauges(assessment.observation),
        )

    @property
    def line(self) -> Line:
        """The line as a monitoring plugin prints it."""
        return plugin_line(str(self.verdict).upper(), self.text, self.gauges)


def check_result(assessment: Assessment) -> CommandResult:
    """Answer `check`: a line for people and plugins, tables for TSV.

    The exit status of this answer is not the verdict: giving a bad verdict is not a failure.
    """
    report = CheckReport.of(assessment)
    return CommandResult(
        "check",
        report,
        body=(Paragraph((report.line,), verbatim=True),),
        tables=(
            Table(_FINDING_COLUMNS, report.findings),
            Table(_GAUGE_COLUMNS, report.gauges),
        ),
        coverage=assessment.coverage,
        problems=assessment.problems,
        exit_status=ExitStatus.OK,
    )


def _text(assessment: Assessment) -> str:
    summary = assessment.summary
    findings = summary.findings
    text = reasons_within(findings, _ROOM) if findings else all_well(summary)
    note = _note(assessment)
    return text if note is None else f"{text} ({note})"


def _note(assessment: Assessment) -> str | None:
    """What the verdict rests on, if not the volumes' attribute trees and a current log."""
    if not assessment.observation.coverage.sources and assessment.summary.volumes:
        return "no log could be read: judged from the attribute tree"
    if assessment.summary.log_alone:
        return "judged from the log alone"
    trouble = assessment.summary.kernel_trouble
    if not assessment.summary.volumes and trouble:
        # Deferred, as few hosts have it.
        from vexfsctl.answers.trouble import names_of_troubled

        return f"the kernel reports trouble: {names_of_troubled(trouble)}; see vexfsctl status"
    return None


_FINDING_COLUMNS = (
    Column("VERDICT", lambda finding: finding.verdict),
    Column("SUBJECT", lambda finding: finding.subject),
    Column("CODE", lambda finding: finding.code),
    Column("MESSAGE", lambda finding: finding.message),
)
_GAUGE_COLUMNS = (
    Column("LABEL", lambda gauge: gauge.label),
    Column("VALUE", lambda gauge: gauge.value),
    Column("WARNING", lambda gauge: gauge.warning),
    Column("CRITICAL", lambda gauge: gauge.critical),
    Column("MAXIMUM", lambda gauge: gauge.maximum),
)

"""One look at the volumes and their log, judged: what `status` and `check` both show.

Imported by them when they run: help needs neither tree nor log.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from vexfsctl.analysis.health.summary import Summary, summarize
from vexfsctl.analysis.health.verdict import Evidence
from vexfsctl.analysis.window import Window
from vexfsctl.cli.context import AppContext
from vexfsctl.cli.evidence import (
    LogEvidence,
    log_options,
    read_evidence,
    recent_window,
    select_boot,
    source_names,
    unreadable_log,
)
from vexfsctl.cli.targets import Consulted, Target, consult
from vexfsctl.exceptions import LogUnreadable
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.record import LogEntry
from vexfsctl.render.result import Problem

_LAST_BOOT = "0"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found, and how complete the evidence was."""

    evidence: Evidence
    summary: Summary
    coverage: Coverage
    """Of tree and log."""
    complete: bool
    """Whether every volume and root asked for answered; the log only where it was asked for."""
    problems: tuple[Problem, ...]

    @classmethod
    def of(
        cls,
        seen: Consulted,
        entries: Sequence[LogEntry],
        log: Coverage,
        window: Window,
        *,
        now_us: int,
        log_asked: bool = False,
        log_options: str = "",
        whole_log: Callable[[], Iterable[LogEntry]] = tuple,
    ) -> "Assessment":
        """Judge what was *seen* of the tree at *now_us*, and what the log *entries* say of it.

        *whole_log* gives all that is in the log: it is asked only where no tree tells the device.
        """
        if seen.targets:
            entries = [entry for entry in entries if _is_about(entry, seen.targets)]
        evidence = Evidence(seen.volumes, entries, log, window, now_us)
        return cls(
            evidence=evidence,
            summary=summarize(evidence, whole_log, log_options=log_options),
            coverage=seen.coverage + log,
            complete=seen.coverage.complete and (log.complete or not log_asked),
            problems=seen.problems,
        )


def assess(app: AppContext, targets: Sequence[Target], window_ms: int) -> Assessment:
    """Read the volumes that *targets* mean and the log, and judge the last *window_ms*.

    A log that cannot be read is a gap, unless it was asked for: then LogUnreadable is raised.
    """
    # The tree before the log: what happens between the two readings is then in the log at least.
    consulted = consult(app, targets)
    now_us = app.clock.now_ns() // 1_000
    try:
        read = read_evidence(app, consulted.volumes)
    except LogUnreadable as failure:
        if app.logs:
            raise
        coverage = unreadable_log(source_names(app, consulted.volumes), failure)
        window = recent_window(app, (), window_ms)
        return Assessment.of(consulted, (), coverage, window, now_us=now_us)
    window = recent_window(app, read.reading.records, window_ms)
    if window.saved:
        # It may hold several boots: their clocks cannot be compared, and the last one counts.
        read = LogEvidence(select_boot(read.reading, _LAST_BOOT), read.live_logs)
    coverage = read.reading.coverage(window.since_us)
    return Assessment.of(
        consulted,
        read.own_entries,
        coverage,
        window,
        now_us=now_us,
        log_asked=bool(app.logs),
        log_options=log_options(app, consulted.volumes),
        whole_log=lambda: read.entries,
    )


def _is_about(entry: LogEntry, targets: Sequence[Target]) -> bool:
    event = entry.event
    return event is not None and any(fnmatchcase(event.volume, each.volume) for each in targets)

"""An assessment of the volumes and their log: what `status` and `check` both show."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from vexfsctl.analysis.health.summary import Summary, summarize
from vexfsctl.analysis.health.verdict import Observation
from vexfsctl.analysis.window import Window
from vexfsctl.exceptions import LogUnreadable, Problem, VolumeNotFound
from vexfsctl.host.device_finder import DeviceFinder
from vexfsctl.host.host import Host
from vexfsctl.host.log import HostLog, is_elsewhere, read_log, recent_window, select_boot
from vexfsctl.host.volumes import Consulted, Target, consult
from vexfsctl.logs.kernel.unexplained import UnexplainedLines
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.filtered import Filtered

if TYPE_CHECKING:
    from vexfsctl.logs.reading.wanted import Wanted
    from vexfsctl.model.entry import LogEntry

_LAST_BOOT = "0"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found, and how complete the evidence was."""

    observation: Observation
    summary: Summary
    coverage: Coverage
    """Coverage of tree and log."""
    complete: bool
    """Whether every requested volume and root answered, and the log, if it was requested."""
    problems: tuple[Problem, ...]

    @classmethod
    def of(
        cls,
        seen: Consulted,
        entries: "Iterable[LogEntry]",
        log: Coverage,
        window: Window,
        *,
        now_us: int,
        log_asked: bool = False,
        recent: "Iterable[LogEntry] | None" = None,
        evidence: "Callable[[], Iterable[LogEntry]]" = tuple,
        surroundings: "Callable[[], Iterable[LogEntry]]" = tuple,
        has_text: "Callable[[str], bool]" = bool,
        name_of: Callable[[str], str] = str,
        related: Callable[[str], Collection[str]] = lambda _: (),
    ) -> "Assessment":
        """Judge what was *seen* of the tree at *now_us*, and what the log *entries* say about it.

        *recent*, *surroundings* and *has_text* are as in `Observation`. *evidence* returns what the
        kernel itself says in the window, *name_of* the name of a device in it, *related* what a
        device and those below and above it are called: called only if that may explain anything.
        """
        if seen.targets:
            is_about = partial(_is_about, targets=seen.targets)
            entries = Filtered(entries, is_about)
            recent = None if recent is None else Filtered(recent, is_about)
        observation = Observation(
            *(seen.volumes, entries, log, window, now_us, recent),
            surroundings=surroundings,
            has_text=has_text,
        )
        return cls(
            observation=observation,
            summary=summarize(observation, evidence, name_of, related),
            coverage=seen.coverage + log,
            complete=seen.coverage.complete and (log.complete or not log_asked),
            problems=seen.problems,
        )


def assess(host: Host, targets: Sequence[Target] = (), window_ms: int | None = None) -> Assessment:
    """Read the volumes of *targets* and the log, and judge the last *window_ms*.

    The default is all volumes and the window of `status`. A log that cannot be read is a gap, but
    raises LogUnreadable if it was asked for. A saved log from elsewhere is judged alone, and
    targets are names in it. Raises VolumeNotFound for a target that matches no volume.
    """
    # The tree before the log: what happens between the two readings is then at least in the log.
    # The log may be from elsewhere, so a name need not be that of a volume here.
    consulted = consult(host, () if host.logs else targets)
    now_us = host.now_us
    length_ms = host.windows.status_ms if window_ms is None else window_ms
    try:
        # Volumes here, and names that are asked for, may be in any record.
        alone = host.logs and not targets and not consulted.volumes
        recent_us = length_ms * 1_000 if alone else None
        log = read_log(host, consulted.volumes, recent_us=recent_us)
    except LogUnreadable as failure:
        if host.logs:
            raise
        window = recent_window(host, None, length_ms)
        unread = failure.coverage or Coverage()
        return Assessment.of(consulted, (), unread, window, now_us=now_us)
    elsewhere = is_elsewhere(host, log, consulted.volumes)
    if elsewhere:
        consulted = Consulted(tuple(targets))
        _require_mention(log, targets)
    elif host.logs and targets:
        consulted = consult(host, targets)
    window = recent_window(host, log.reading, length_ms)
    if elsewhere:
        window = replace(window, saved=True)
    if window.saved:
        # It may hold several boots: their clocks cannot be compared, and the last one counts.
        log = HostLog(select_boot(log.reading, _LAST_BOOT), log.live_logs)
    recent = log.only(_since(window)) if host.logs else log
    unexplained = UnexplainedLines()
    finder = DeviceFinder(host, log.reading, elsewhere=elsewhere)
    assessment = Assessment.of(
        consulted,
        log.own_entries,
        log.reading.coverage(window.since_us),
        window,
        now_us=now_us,
        log_asked=bool(host.logs),
        recent=recent.own_entries,
        evidence=lambda: unexplained.passing(recent.evidence),
        surroundings=lambda: recent.entries,
        has_text=log.has_text,
        name_of=finder.suspect,
        related=finder.known_names_of,
    )
    return replace(assessment, coverage=assessment.coverage + unexplained.coverage)


def _since(window: Window) -> "Wanted":
    """Return what of a log a verdict about *window* is about."""
    # Deferred: without a log there is nothing to choose from.
    from vexfsctl.logs.reading.wanted import OfOthers, Since

    # A second more, as such times are not exact.
    now_s = None if window.now is None else window.now.timestamp()
    time_s = None if now_s is None else now_s - window.length_us / 1e6 - 1
    return Since(OfOthers(), window.since_us, time_s)


def _require_mention(log: HostLog, targets: Sequence[Target]) -> None:
    """Raise VolumeNotFound if one of *targets* is not a volume of the log from elsewhere."""
    if not targets:
        return
    names = {entry.event.volume for entry in log.own_entries if entry.event is not None}
    for target in targets:
        if not any(fnmatchcase(name, target.volume) for name in names):
            raise VolumeNotFound(
                f"the log has nothing about a volume {target.volume!a}",
                hint=f"it has {', '.join(sorted(names))}" if names else None,
            )


def _is_about(entry: "LogEntry", targets: Sequence[Target]) -> bool:
    event = entry.event
    return event is not None and any(fnmatchcase(event.volume, each.volume) for each in targets)

"""The verdict of `status` and `check`: how bad it is, and every reason for it.

Judged over a window, never over lifetime counters; unverified records
are never evidence. What is known to be bad outweighs what is not known, and that outweighs OK.
"""

from collections.abc import Iterator, Sequence

from vexfsctl.analysis.findings import Finding, Verdict
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.log_findings import evidence_in, judge_log
from vexfsctl.analysis.volume_findings import judge_volume
from vexfsctl.analysis.window import Window
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import CallTimedOut, ErrorReported, Event, StateChanged
from vexfsctl.model.record import Origin
from vexfsctl.model.volume import ModuleState, Presence, Volume, VolumeStatus


def judge(
    volumes: Sequence[Volume], entries: Sequence[LogEntry], coverage: Coverage, window: Window
) -> tuple[Verdict, tuple[Finding, ...]]:
    """Return the verdict on *window* and its reasons: the worst first, volumes that are here first.

    *entries* are the log, *coverage* says how complete it is for the window: name the sources,
    and no source at all means that no log could be read.
    """
    findings = tuple(sorted(_findings(volumes, entries, coverage, window), key=_worst_first))
    return (findings[0].verdict if findings else Verdict.OK), findings


def _worst_first(finding: Finding) -> tuple[int, bool]:
    return -finding.verdict.weight, finding.volume is None


def _findings(
    volumes: Sequence[Volume], entries: Sequence[LogEntry], coverage: Coverage, window: Window
) -> Iterator[Finding]:
    believed = evidence_in(entries, window)
    live = Loads(volumes)
    for volume in volumes:
        yield from judge_volume(volume, window.now_us * 1_000)
    yield from judge_log(believed, live)
    events = [entry.event for entry in believed if entry.event and live.hold(entry)]
    for volume in volumes:
        if volume.status is not None:
            log = _narrow(coverage, volume.name, volume.status, entries)
            yield from _judge_counters(volume.name, volume.status, events, log, window)
    if not live:
        yield from _judge_log_alone(volumes, entries, coverage)


def _narrow(
    coverage: Coverage, name: str, status: VolumeStatus, entries: Sequence[LogEntry]
) -> Coverage:
    """Leave out what was lost before the volume came up: it cannot have been about this load."""
    born = any(
        isinstance(entry.event, StateChanged)
        and (entry.event.volume, entry.event.epoch) == (name, status.epoch)
        and entry.event.before == ModuleState.UNINITIALIZED
        and entry.origin is not Origin.UNVERIFIED
        for entry in entries
    )
    gaps = (gap for gap in coverage.gaps if not born or gap.reason != "starts_late")
    return Coverage(coverage.sources, tuple(gaps))


def _judge_counters(
    name: str, status: VolumeStatus, events: Sequence[Event], coverage: Coverage, window: Window
) -> Iterator[Finding]:
    """What the log does not show, unless the counters rule it out."""
    missing = _missing_of(status.log, coverage)
    if status.errors is None:
        if missing is not None:
            message = f"its error counters cannot be read, and the log is not complete: {missing}"
            yield Finding(Verdict.UNKNOWN, "log_incomplete", message, name)
        return
    if not window.reaches(status.errors.last_time_ns) or not _grave(status):
        return
    shown = any(
        isinstance(event, ErrorReported | CallTimedOut) and event.volume == name for event in events
    )
    if not shown and not (status.errors.low or status.errors.medium):
        message = "an error of high severity or worse, by the counters"
        yield Finding(Verdict.WARNING, "error_high", message, name)
    elif missing is not None:
        message = f"the log is not complete and the counters rule no error out: {missing}"
        yield Finding(Verdict.UNKNOWN, "log_incomplete", message, name)
    elif not shown:
        message = "the counters have an error that the log does not show"
        hint = "some loggers drop what user space writes to the kernel log: rsyslog's imklog does"
        yield Finding(Verdict.UNKNOWN, "log_disagrees", message, name, hint=hint)


def _grave(status: VolumeStatus) -> bool:
    """Whether this epoch had anything at all that would be worth a warning."""
    counts = status.errors
    timeouts = sum(each.timeouts for each in status.operations.values())
    return bool(counts is None or counts.high or counts.critical or counts.suppressed or timeouts)


def _judge_log_alone(
    volumes: Sequence[Volume], entries: Sequence[LogEntry], coverage: Coverage
) -> Iterator[Finding]:
    """What is not known where no tree answers."""
    seen = any(entry.event and entry.origin is not Origin.UNVERIFIED for entry in entries)
    missing = _missing_of(None, coverage)
    if not seen and not any(volume.presence is not Presence.VANISHED for volume in volumes):
        message = "no volume on this host, and no VexFS record in the log"
        hint = "vexfsctl mount SOURCE MOUNTPOINT, or vexfsctl lab up to try one out"
        yield Finding(Verdict.UNKNOWN, "nothing_found", message, hint=hint)
    elif missing is not None:
        message = f"no volume answers, and the log is not complete: {missing}"
        yield Finding(Verdict.UNKNOWN, "log_incomplete", message)


def _missing_of(log: str | None, coverage: Coverage) -> str | None:
    """Why the log called *log* (None: any) is not complete; None if it is.

    A source given in its place, a saved one, stands for all.
    """
    if not coverage.sources:
        return "none could be read"
    gaps = [gap for gap in coverage.gaps if gap.source == log or log not in coverage.sources]
    return ", ".join(f"{gap.source} {_WORDS.get(gap.reason, gap.reason)}" for gap in gaps) or None


_WORDS = {
    "starts_late": "begins after what was asked for",
    "overrun": "lost records",
    "torn": "has lines that are no records",
    "unreadable": "cannot be read",
}

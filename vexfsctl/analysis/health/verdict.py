"""The verdict of `status` and `check`: how bad it is, and every reason for it.

Judged over a window, never over lifetime counters; unverified records count for nothing. What is
known to be bad outweighs what is not known, and that outweighs OK. Live volumes are judged at the
present moment, the log at the end of its window, which in a saved log is its last record. One that
shows no epoch of a live volume is judged alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vexfsctl.analysis.health.findings import Finding, Verdict
from vexfsctl.analysis.health.volume_findings import judge_volume
from vexfsctl.analysis.loads import Loads
from vexfsctl.analysis.window import Window
from vexfsctl.model.coverage import Coverage
from vexfsctl.model.volume import ErrorCounts, Presence, Volume, VolumeStatus

if TYPE_CHECKING:
    from vexfsctl.analysis.health.log_digest import LogDigest
    from vexfsctl.analysis.upstream.health import UpstreamHealth
    from vexfsctl.model.entry import LogEntry


_NO_RECORD = "no VexFS record in the log"


@dataclass(frozen=True)
class Observation:
    """All that a verdict rests on, and what follows directly from it."""

    volumes: Sequence[Volume]
    """The volumes behind the log: none for a saved log from elsewhere."""
    entries: "Iterable[LogEntry]"
    """The log; it may be iterated over more than once."""
    coverage: Coverage
    """How complete the log is for the window; without sources, no log could be read."""
    window: Window
    """Of the log."""
    now_us: int
    """The present moment, for what the tree says; CLOCK_MONOTONIC."""
    recent: "Iterable[LogEntry] | None" = None
    """Those of the window, and before it those that say something about it: states, and calls of
    builds without a tree. None: *entries*."""
    surroundings: "Callable[[], Iterable[LogEntry]]" = tuple
    """Returns those of the window and what else the kernel says there. That takes long, so it is
    asked for only if the kernel says something of VexFS, or …"""
    has_text: "Callable[[str], bool]" = bool
    """… if a VexFS is in the log that exports no tree, and this says that the log has a text that
    matters then."""

    @cached_property
    def live(self) -> Loads:
        """The loads of the volumes that are here."""
        return Loads(self.volumes, saved=self.window.saved)

    @cached_property
    def digest(self) -> "LogDigest | None":
        """What the log says; None if it has no entry."""
        if next(iter(self.entries), None) is None:
            return None
        # Deferred: most logs have none, and judging them loads every type of event.
        from vexfsctl.analysis.health.log_digest import LogDigest

        digest = LogDigest(self.window, self.live, alone=self.log_alone)
        for entry in self.entries if self.recent is None else self.recent:
            digest.take(entry)
        return digest

    @cached_property
    def upstream(self) -> "UpstreamHealth | None":
        """Health of builds that export no tree; None if none of them is in the log."""
        return None if self.digest is None else self.digest.upstream.result()

    @property
    def log_alone(self) -> bool:
        """Whether there is no tree behind what is in the log."""
        return not self.live

    @cached_property
    def has_records(self) -> bool:
        """Whether the log has any verified record by VexFS, in the window or before."""
        if self.digest is None:
            return False
        return self.digest.has_records or any(e.is_own and e.verified for e in self.entries)


def judge(observation: Observation) -> tuple[Verdict, tuple[Finding, ...]]:
    """Return the verdict and its reasons: the worst first, volumes that are here first."""
    findings = tuple(sorted(_findings(observation), key=_worst_first))
    return (findings[0].verdict if findings else Verdict.OK), findings


def _worst_first(finding: Finding) -> tuple[int, bool]:
    return -finding.verdict.weight, finding.volume is None


def _judge_kernel(observation: Observation, digest: "LogDigest") -> Iterator[Finding]:
    if not digest.traced and observation.upstream is None:
        return
    from vexfsctl.analysis.health.kernel_findings import LOOKUP, judge_kernel_lines

    if digest.traced or observation.has_text(LOOKUP):
        yield from judge_kernel_lines(observation.surroundings(), observation.window)


def _findings(observation: Observation) -> Iterator[Finding]:
    for volume in observation.volumes:
        yield from judge_volume(volume, observation.now_us * 1_000)
    if observation.upstream is not None:
        from vexfsctl.analysis.health.upstream_findings import judge_upstream

        yield from judge_upstream(observation.upstream)
    if observation.digest is not None:
        yield from observation.digest.judge.findings()
        yield from _judge_kernel(observation, observation.digest)
    yield from _judge_counters(observation)
    if observation.log_alone:
        yield from _judge_log_alone(observation)


def _judge_counters(observation: Observation) -> Iterator[Finding]:
    present = Window(observation.now_us - observation.window.length_us, observation.now_us)
    for volume in observation.volumes:
        if volume.status is not None and _may_tell_of_errors(volume.status, present):
            # Deferred for the same reason.
            from vexfsctl.analysis.health.counter_findings import judge_counters

            digest = observation.digest
            yield from judge_counters(
                volume.name,
                volume.status,
                observation.entries,
                observation.coverage,
                shown=digest is not None and volume.name in digest.volumes_with_errors,
            )


def _may_tell_of_errors(status: VolumeStatus, window: Window) -> bool:
    """Whether the counters have anything grave in *window*, or cannot be read."""
    if status.errors is None:
        return True
    return window.reaches(status.errors.last_time_ns) and _is_grave(status, status.errors)


def _is_grave(status: VolumeStatus, counts: ErrorCounts) -> bool:
    """Whether this epoch had anything that deserves a warning."""
    timeouts = sum(each.timeouts for each in status.operations.values())
    left_out = counts.suppressed or counts.lost
    return bool(counts.high or counts.critical or left_out or timeouts)


def _judge_log_alone(observation: Observation) -> Iterator[Finding]:
    """What is not known if no tree answers."""
    here = any(volume.presence is not Presence.VANISHED for volume in observation.volumes)
    missing = observation.coverage.missing(None)
    if not observation.has_records and observation.window.saved:
        # That its beginning is missing explains nothing: all of it was read.
        gaps = [gap for gap in observation.coverage.gaps if gap.reason != "starts_late"]
        message = ": ".join(filter(None, (_NO_RECORD, ", ".join(map(str, gaps)))))
        yield Finding(Verdict.UNKNOWN, "nothing_found", message)
    elif not observation.has_records and not here:
        log = _NO_RECORD if observation.coverage.sources else "no log could be read"
        message = f"no volume on this host, and {log}"
        hint = "vexfsctl mount SOURCE MOUNTPOINT, or vexfsctl lab up to try one out"
        yield Finding(Verdict.UNKNOWN, "nothing_found", message, hint=hint)
    elif missing is not None:
        message = f"no volume answers, and the log is not complete: {missing}"
        yield Finding(Verdict.UNKNOWN, "log_incomplete", message)

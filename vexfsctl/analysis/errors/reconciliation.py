"""The counters against the log: which of the errors that a volume counted are in its log.

The engine counts each `error` and `timeout` record as logged when it is written, as left out by the
rate limit, or as lost; until then it is queued. A call is logged whole or not at all. So what was
counted as logged but is not in the log was lost on the way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from vexfsctl.analysis.load_coverage import coverage_of_load
from vexfsctl.catalogue.lookup import TIMEOUT
from vexfsctl.model.coverage import Coverage, Gap
from vexfsctl.model.entry import LogEntry, Origin
from vexfsctl.model.events import CallTimedOut, ErrorReported, RecordsSuppressed
from vexfsctl.model.severity import Severity
from vexfsctl.model.volume import ErrorCounts, Volume, VolumeStatus


@dataclass(frozen=True, slots=True)
class SeverityCount:
    """Errors of one severity in this epoch."""

    counted: int
    in_log: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One live volume: what it counted since it was mounted, and how much of that its log shows."""

    volume: str
    epoch: int
    counted: int
    """Errors by the counter `errors/total`."""
    in_log: int
    """Error and timeout records of this epoch in the log."""
    suppressed: int
    """Errors that the rate limit left out of the log, by the counter."""
    announced: int
    """Those of them that `suppressed` records in the log report; the rest is reported when the
    interval ends, or was lost."""
    lost: int
    """Errors whose record could not be written or found no room, by the counter."""
    queued: int
    """Errors whose record was still to be written when the counters were read."""
    unaccounted: int
    """Counted as logged, but not in the log. Negative: the log has more than was counted,
    since the counters are read first."""
    other_epochs: int
    """Error records in the log of earlier mounts of that name."""
    unverified: int
    """Unverified error records."""
    severities: Mapping[Severity, SeverityCount]
    causes: tuple[str, ...]
    """Likely causes if something is unaccounted for, likeliest first."""


def reconcile(
    volumes: Iterable[Volume], entries: Iterable[LogEntry], coverage: Coverage
) -> tuple[Reconciliation, ...]:
    """Compare each of *volumes* whose counters are known with *entries*, the whole log.

    *entries* are iterated over several times, or not at all if there is nothing to compare.
    *coverage* is that of the log for all time.
    """
    counting = [
        (volume.name, volume.status, volume.status.errors)
        for volume in volumes
        if volume.status is not None and volume.status.errors is not None
    ]
    found = _find(entries) if counting else {}
    return tuple(
        _reconcile(name, status, counts, found, coverage_of_load(name, status, entries, coverage))
        for name, status, counts in counting
    )


@dataclass(slots=True)
class _Found:
    """What the log has of one volume, by epoch; None is an unknown epoch."""

    by_severity: dict[int | None, dict[Severity, int]] = field(default_factory=dict)
    announced: dict[int | None, int] = field(default_factory=dict)
    unverified: int = 0

    def errors(self, epoch: int | None) -> int:
        return sum(self.by_severity.get(epoch, {}).values())


def _find(entries: Iterable[LogEntry]) -> dict[str, _Found]:
    volumes: dict[str, _Found] = {}
    for entry in entries:
        event = entry.event
        if not isinstance(event, ErrorReported | CallTimedOut | RecordsSuppressed):
            continue
        found = volumes.setdefault(event.volume, _Found())
        if entry.origin is Origin.UNVERIFIED:
            found.unverified += 0 if isinstance(event, RecordsSuppressed) else entry.record.weight
        elif not isinstance(event, RecordsSuppressed):
            severity = TIMEOUT.severity if isinstance(event, CallTimedOut) else event.severity
            counts = found.by_severity.setdefault(entry.epoch, {})
            counts[severity] = counts.get(severity, 0) + entry.record.weight
        else:
            announced = event.errors * entry.record.weight
            found.announced[entry.epoch] = found.announced.get(entry.epoch, 0) + announced
    return volumes


def _reconcile(
    name: str,
    status: VolumeStatus,
    counts: ErrorCounts,
    found_of: Mapping[str, _Found],
    coverage: Coverage,
) -> Reconciliation:
    found = found_of.get(name, _Found())
    # A live volume vouches for records of unknown epoch: they are of its own.
    own = (status.epoch, None)
    in_log = sum(map(found.errors, own))
    unaccounted = counts.total - counts.suppressed - counts.lost - counts.queued - in_log
    others = sum(map(found.errors, found.by_severity.keys() - set(own)))
    return Reconciliation(
        volume=name,
        epoch=status.epoch,
        counted=counts.total,
        in_log=in_log,
        suppressed=counts.suppressed,
        announced=sum(found.announced.get(epoch, 0) for epoch in own),
        lost=counts.lost,
        queued=counts.queued,
        unaccounted=unaccounted,
        other_epochs=others,
        unverified=found.unverified,
        severities={
            severity: SeverityCount(
                getattr(counts, str(severity)),
                sum(found.by_severity.get(epoch, {}).get(severity, 0) for epoch in own),
            )
            for severity in reversed(Severity)
        },
        causes=tuple(_causes(status, unaccounted, in_log, found, coverage)),
    )


def _causes(
    status: VolumeStatus, unaccounted: int, in_log: int, found: _Found, coverage: Coverage
) -> Iterator[str]:
    if unaccounted < 0:
        yield "they came after the counters were read, or the counters are of another mount"
    if unaccounted <= 0:
        return
    elsewhere = status.log not in coverage.sources
    gaps = [gap for gap in coverage.gaps if elsewhere or gap.source == status.log]
    yield from map(_cause_of, gaps)
    if elsewhere:
        yield f"the volume writes to {status.log}, which was not read"
    if found.unverified:
        yield f"{found.unverified} more in the log are unverified and were not counted"
    if status.may_be_dropped and not gaps and not in_log:
        yield (
            "a logger may drop what user space writes to the kernel log: "
            "rsyslog's imklog does by default"
        )


def _cause_of(gap: Gap) -> str:
    lost = "" if gap.lost is None else f", {gap.lost} records of all kinds are missing"
    return f"{gap}{lost}"

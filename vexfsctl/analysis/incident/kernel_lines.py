"""Which of the kernel's lines about devices belong to an incident: by time and by device."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vexfsctl.analysis.incident.incidents import (
    AnyEvent,
    Incident,
    Occurrence,
    is_abandoned,
    operation_of,
    tells_error,
)
from vexfsctl.analysis.incident.numbered_calls import NumberedCall
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import (
    CallEvent,
    CallFailed,
    CallRecovered,
    CallTimedOut,
    KernelEvidence,
)
from vexfsctl.model.operations import OperationType
from vexfsctl.model.record import LogRecord
from vexfsctl.model.upstream import UpstreamEvent

MARGIN_US = 20_000
"""Reach beyond the beginning and the end of the calls. The kernel prints its line when a request
ends, before the call hears of it: hardly any is needed if one log has both."""
DRIFT_US = 1_000_000
"""More of it where the records are in a file: those carry CLOCK_MONOTONIC, from which the clock of
printk drifts."""
SECOND_US = 1_000_000
"""What the coarsest times are cut to that are compared: `dmesg -T`, syslog files."""
SOON_US = 1_000_000
"""How much earlier a line is that may still be about a call which does not say how long it took."""
THREADS_US = 1_000_000
"""Reach for lines that come from threads of their own: those of filesystems (journal, writeback),
of arrays and pools, and of error handlers of adapters and links."""
_OF_THREADS = frozenset(
    {"filesystem", "md", "device_mapper", "ata", "usb", "iscsi", "fc", "sas", "hba", "aer"}
)
WRITEBACK_US = 36_000_000
"""Reach back where an fsync failed: it reports what writeback lost earlier, which takes data that
is 30 s old and looks every 5 s (vm.dirty_expire_centisecs, vm.dirty_writeback_centisecs)."""
ABANDONED_US = 240_000_000
"""Reach forward where a call was abandoned: its request ends whenever the device lets go, and the
hung task detector speaks between one and two of its periods (kernel.hung_task_timeout_secs, 120).
"""
EARLIER_US = 180_000_000
"""Reach back for trouble that lasts: a device that went offline stays so, and a command of a disk
is tried six times for 30 s each (SD_TIMEOUT, SD_MAX_RETRIES in drivers/scsi/sd.h)."""

AT_ONCE_US = 2_000_000
"""Reach for errors of other volumes that arose at once: a retry and its delay may come between."""


class When(StrEnum):
    """When a line was written, as against the calls of an incident."""

    BEFORE = "before"
    SOON_BEFORE = "soon_before"
    """Within what lines of its kind may come late or early."""
    DURING = "during"
    AFTER = "after"
    EARLIER = "earlier"
    """Before all of that."""


@dataclass(frozen=True, slots=True)
class Vicinity:
    """When the calls of an incident ran, and what went wrong in them.

    A log has uptimes, wall-clock times, or both. Lines are compared by uptime where both sides have
    it, else by wall-clock time, as closely as that is printed.
    """

    uptimes: "Span | None"
    """Microseconds since boot; None if its records have none."""
    moments: "Span | None"
    """Microseconds of Unix time."""
    boot_id: str | None
    sources: frozenset[str]
    """The logs that have its records."""
    synced: bool
    """Whether it has an fsync, which reports writes that failed earlier."""
    abandoned: bool
    """Whether a call of it never came back in time."""
    failed: bool = True
    """Whether anything failed in it; a call that was only refused did not."""

    @property
    def undated(self) -> bool:
        """Whether its records have no time at all."""
        return self.uptimes is None and self.moments is None

    def has_clock_of(self, record: LogRecord) -> bool:
        """Whether the time of *record*, of its boot or of an unknown one, can be compared."""
        if record.wall_time_s is not None and self.moments is not None:
            return True
        has_uptime = record.uptime_us is not None and self.uptimes is not None
        return has_uptime and record.boot_id == self.boot_id

    @property
    def reach_us(self) -> tuple[int, int] | None:
        """The uptimes between which any line that it holds is."""
        return None if self.uptimes is None else self._reach_of(self.uptimes)

    @property
    def reach_s(self) -> tuple[float, float] | None:
        """The Unix times between which any line that it holds is that has no uptime."""
        if self.moments is None:
            return None
        begin, end = self._reach_of(self.moments)
        return begin / 1_000_000, end / 1_000_000

    @property
    def at_once_us(self) -> tuple[int, int] | None:
        """The uptimes between which errors of other volumes arose at once."""
        return None if self.uptimes is None else self.uptimes.widened(AT_ONCE_US)

    @property
    def at_once_s(self) -> tuple[float, float] | None:
        """The Unix times between which those did that have no uptime."""
        if self.moments is None:
            return None
        begin, end = self.moments.widened(AT_ONCE_US + SECOND_US)
        return begin / 1_000_000, end / 1_000_000

    def holds(self, entry: LogEntry, devices: Collection[str] | None) -> bool:
        """Whether *entry* is a kernel line of that time about one of *devices* (None: any)."""
        evidence, record = entry.evidence, entry.record
        if evidence is None:
            return False
        return self._is_near(record, evidence) and self.concerns(evidence, devices)

    def holds_earlier(self, entry: LogEntry, devices: Collection[str] | None) -> bool:
        """Whether *entry* tells of trouble of before, of one of *devices*, that may last."""
        evidence, record = entry.evidence, entry.record
        if evidence is None or not (self.failed and evidence.is_trouble and evidence.devices):
            return False
        if (placed := self._placed(record)) is None:
            return False
        span, time_us, rough = placed
        early_us = span.begin - time_us - rough
        return 0 < early_us <= EARLIER_US and self.concerns(evidence, devices)

    def when(self, record: LogRecord, evidence: KernelEvidence) -> "When | None":
        """Return when *record* was written, as against the calls; None if that is not known."""
        if (placed := self._placed(record)) is None:
            return None
        span, time_us, rough = placed
        drift_us = self._drift_us(record)
        early_us = span.begin - rough - drift_us - time_us
        if early_us > MARGIN_US:
            if early_us <= SOON_US:
                return When.SOON_BEFORE
            return When.BEFORE if self._is_near(record, evidence) else When.EARLIER
        return When.DURING if time_us <= span.end + MARGIN_US + drift_us else When.AFTER

    def is_at_once(self, record: LogRecord) -> bool:
        """Whether *record* was written while the calls ran, or about then."""
        if (placed := self._placed(record)) is None:
            return False
        span, time_us, rough = placed
        return span.begin - AT_ONCE_US - rough <= time_us <= span.end + AT_ONCE_US

    def _is_near(self, record: LogRecord, evidence: KernelEvidence) -> bool:
        if (placed := self._placed(record)) is None:
            return False
        span, time_us, rough = placed
        drift_us = self._drift_us(record)
        usual = THREADS_US if evidence.kind in _OF_THREADS else MARGIN_US
        lost_write = self.synced and evidence.direction != "read" and evidence.is_trouble
        before = (WRITEBACK_US if lost_write else usual) + drift_us
        after = (ABANDONED_US if self.abandoned else usual) + drift_us
        # A time is cut, not rounded: the line was written up to *rough* later than it says.
        return span.begin - before - rough <= time_us <= span.end + after

    def _placed(self, record: LogRecord) -> "tuple[Span, int, int] | None":
        """Return what to compare *record* with, its time by that clock, and how rough that is."""
        if record.uptime_us is not None and self.uptimes is not None:
            return (self.uptimes, record.uptime_us, 0) if record.boot_id == self.boot_id else None
        if record.wall_time_s is not None and self.moments is not None:
            time_us = round(record.wall_time_s * 1_000_000)
            return self.moments, time_us, resolution_us(record.wall_time_s)
        return None

    def _reach_of(self, calls: "Span") -> tuple[int, int]:
        """Return between what any line lies that may belong to the *calls*."""
        usual = max(THREADS_US, MARGIN_US, AT_ONCE_US)
        before = max(usual, WRITEBACK_US * self.synced, EARLIER_US * self.failed)
        after = ABANDONED_US if self.abandoned else usual
        return calls.begin - before - DRIFT_US - SECOND_US, calls.end + after + DRIFT_US

    def _drift_us(self, record: LogRecord) -> int:
        return 0 if record.source in self.sources else DRIFT_US

    def concerns(self, evidence: KernelEvidence, devices: Collection[str] | None) -> bool:
        """Whether a line of its time is about one of *devices* (None: any), or about no device."""
        if not evidence.devices:
            # Such lines say how many the kernel's rate limit left out, and which tasks hang.
            return evidence.lost is not None or self.abandoned
        return devices is None or any(name in devices for name in evidence.devices)


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of the first call to the end of the last, in microseconds of one clock."""

    begin: int
    end: int

    def widened(self, by_us: int) -> tuple[int, int]:
        """Return begin and end, with that much more at both."""
        return self.begin - by_us, self.end + by_us


def resolution_us(wall_time_s: float) -> int:
    """Return how much later than a time says its record may have been written.

    Most logs without uptimes give whole seconds; of the others few times look so.
    """
    return SECOND_US if wall_time_s.is_integer() else 0


def find_vicinity(subject: Incident | NumberedCall) -> Vicinity | None:
    """Return when the calls of *subject* ran; None if it has none."""
    told = subject.occurrences
    calls = [each for each in told if isinstance(each.event, CallEvent | UpstreamEvent)]
    hangs = isinstance(subject, NumberedCall) and subject.hangs
    uptimes, moments = _uptimes_of(calls), _moments_of(calls)
    if not calls:
        return None
    return Vicinity(
        uptimes=uptimes,
        moments=moments,
        boot_id=subject.boot_id,
        sources=frozenset(each.entry.record.source for each in calls),
        synced=any(operation_of(each.event) is OperationType.SYNC for each in calls),
        abandoned=hangs or any(is_abandoned(each.event) for each in calls),
        failed=hangs or any(tells_error(each.event) for each in calls),
    )


def _uptimes_of(calls: Sequence[Occurrence]) -> Span | None:
    timed = [(each.event, time) for each in calls if (time := each.uptime_us) is not None]
    if not timed:
        return None
    begin = min(time - _took_us(event) for event, time in timed)
    return Span(begin, max(time for _, time in timed))


def _moments_of(calls: Sequence[Occurrence]) -> Span | None:
    known = [(each.event, each.entry.record.wall_time_s) for each in calls]
    timed = [(event, time, round(time * 1_000_000)) for event, time in known if time is not None]
    if not timed:
        return None
    begin = min(time_us - _took_us(event) for event, _, time_us in timed)
    return Span(begin, max(time_us + resolution_us(time) for _, time, time_us in timed))


def _took_us(event: AnyEvent) -> int:
    match event:
        case CallFailed() | CallRecovered():
            return event.duration_us
        case CallTimedOut():
            return event.limit_ms * 1_000
        case _:
            return 0

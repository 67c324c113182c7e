"""Which of the kernel's lines about devices belong to an incident: by time and by device."""

from collections.abc import Collection
from dataclasses import dataclass

from vexfsctl.analysis.incident.incidents import AnyEvent, Incident, operation_of
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
from vexfsctl.model.upstream import Significance, UpstreamEvent

MARGIN_US = 20_000
"""Reach beyond the beginning and the end of the calls. The kernel prints its line when a request
ends, before the call hears of it: hardly any is needed if one log has both."""
DRIFT_US = 1_000_000
"""More of it where the records are in a file: those carry CLOCK_MONOTONIC, from which the clock of
printk drifts."""
FILESYSTEM_US = 1_000_000
"""Reach for lines of the filesystem below, which come from its own threads (journal, writeback)."""
WRITEBACK_US = 36_000_000
"""Reach back where an fsync failed: it reports what writeback lost earlier, which takes data that
is 30 s old and looks every 5 s (vm.dirty_expire_centisecs, vm.dirty_writeback_centisecs)."""
ABANDONED_US = 240_000_000
"""Reach forward where a call was abandoned: its request ends whenever the device lets go, and the
hung task detector speaks between one and two of its periods (kernel.hung_task_timeout_secs, 120).
"""


@dataclass(frozen=True, slots=True)
class Vicinity:
    """When the calls of an incident ran, and what went wrong in them."""

    begin_us: int
    end_us: int
    boot_id: str | None
    sources: frozenset[str]
    """The logs that have its records."""
    synced: bool
    """Whether it has an fsync, which reports writes that failed earlier."""
    abandoned: bool
    """Whether a call of it never came back in time."""

    @property
    def reach_us(self) -> tuple[int, int]:
        """The uptimes between which any line that it holds is."""
        return self.begin_us - WRITEBACK_US - DRIFT_US, self.end_us + ABANDONED_US + DRIFT_US

    def holds(self, entry: LogEntry, devices: Collection[str] | None) -> bool:
        """Whether *entry* is a kernel line of that time about one of *devices* (None: any)."""
        evidence, record = entry.evidence, entry.record
        if evidence is None or record.uptime_us is None or record.boot_id != self.boot_id:
            return False
        drift = 0 if record.source in self.sources else DRIFT_US
        return self._is_near(record.uptime_us, evidence, drift) and self._is_about(
            evidence, devices
        )

    def _is_near(self, uptime_us: int, evidence: KernelEvidence, drift_us: int) -> bool:
        usual = FILESYSTEM_US if evidence.kind == "filesystem" else MARGIN_US
        lost_write = self.synced and evidence.direction != "read"
        before = (WRITEBACK_US if lost_write else usual) + drift_us
        after = (ABANDONED_US if self.abandoned else usual) + drift_us
        return self.begin_us - before <= uptime_us <= self.end_us + after

    def _is_about(self, evidence: KernelEvidence, devices: Collection[str] | None) -> bool:
        if not evidence.devices:
            # Such lines say how many the kernel's rate limit left out, and which tasks hang.
            return evidence.lost is not None or self.abandoned
        return devices is None or any(name in devices for name in evidence.devices)


def find_vicinity(subject: Incident | NumberedCall) -> Vicinity | None:
    """Return when the calls of *subject* ran; None if unknown."""
    told = subject.occurrences
    calls = [each for each in told if isinstance(each.event, CallEvent | UpstreamEvent)]
    hangs = isinstance(subject, NumberedCall) and subject.hangs
    timed = [(each.event, time) for each in calls if (time := each.uptime_us) is not None]
    if not timed:
        return None
    return Vicinity(
        begin_us=min(time - _took_us(event) for event, time in timed),
        end_us=max(time for _, time in timed),
        boot_id=subject.boot_id,
        sources=frozenset(each.entry.record.source for each in calls),
        synced=any(operation_of(event) is OperationType.SYNC for event, _ in timed),
        abandoned=hangs or any(_is_abandoned(event) for event, _ in timed),
    )


def _is_abandoned(event: AnyEvent) -> bool:
    if isinstance(event, UpstreamEvent):
        return event.significance is Significance.TIMEOUT
    return isinstance(event, CallTimedOut)


def _took_us(event: AnyEvent) -> int:
    match event:
        case CallFailed() | CallRecovered():
            return event.duration_us
        case CallTimedOut():
            return event.limit_ms * 1_000
        case _:
            return 0

"""When replays of recoveries read a device: what fails then shows no new trouble.

A step is recorded when it has ended, with how long it took; the kernel's lines about its reads
stand before that record. Before the first step and after each, a replay looks whether the fault is
there.
"""

from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence, RecoveryStepTaken
from vexfsctl.model.hints import HintKind
from vexfsctl.model.intervals import Intervals

_STEPS = frozenset(map(str, HintKind))
"""Steps of a replay; those of a driver that shuts down have other names."""
_AROUND_US = 1_000_000
"""How long before and after a step the replay may look at the fault, and write its ledger."""


class Replays:
    """Takes the entries of a log, and knows when each volume was recovered."""

    def __init__(self) -> None:
        self._spans: dict[str, Intervals] = {}
        """Uptimes (µs) at which a step was under way, by volume."""

    @property
    def volumes(self) -> tuple[str, ...]:
        """The volumes that were recovered."""
        return tuple(self._spans)

    def take(self, entry: LogEntry) -> None:
        """Take the next entry."""
        event, ended_us = entry.event, entry.record.uptime_us
        if isinstance(event, RecoveryStepTaken) and event.step in _STEPS and ended_us is not None:
            begun_us = ended_us - event.duration_us - _AROUND_US
            spans = self._spans.setdefault(event.volume, Intervals())
            spans.add_all(begun_us, ended_us + _AROUND_US)

    def may_have_read(self, volume: str, entry: LogEntry, evidence: KernelEvidence) -> bool:
        """Whether a replay for *volume* was under way when that line about reading came."""
        spans = self._spans.get(volume)
        if spans is None or evidence.direction not in (None, "read"):
            return False
        return entry.record.uptime_us in spans

"""Records that a source did not give, found by sequence numbers and lines that are not records.

A hole has a place in time, so that coverage can be judged for the window asked: a ring buffer that
begins after boot is not a gap in the last hour, if it covers that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vexfsctl.model.coverage import Gap
from vexfsctl.model.record import LogRecord


@dataclass(frozen=True, slots=True)
class Hole:
    """Records that were there once and are missing from a source."""

    reason: str
    """As in `Gap`."""
    lost: int | None
    """How many; None when the source keeps no count."""
    until_us: int | None = None
    """Uptime of the first record after it; None when no record followed."""


class HoleFinder:
    """Watches the records of one source go by, oldest first, and notes which are missing."""

    def __init__(self) -> None:
        self._holes: list[Hole] = []
        self._expected: int | None = None
        self._torn = 0
        self._begun = False

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing so far."""
        pending = [Hole("torn", self._torn)] if self._torn else []
        return (*self._holes, *pending)

    def observe(self, record: LogRecord | None) -> None:
        """Note the next record, or with None a line that is not a record.

        A sequence number that falls back has restarted: nothing is lost.
        """
        if record is None:
            self._torn += 1
            return
        if self._torn:
            self._holes.append(Hole("torn", self._torn, record.uptime_us))
            self._torn = 0
        if not self._begun:
            self._begun = True
            self._observe_start(record)
        elif record.sequence is not None and self._expected is not None:
            self._observe_step(record, record.sequence - self._expected)
        self._expected = None if record.sequence is None else record.sequence + 1

    def passing(self, items: Iterable[LogRecord | None]) -> Iterator[LogRecord]:
        """Observe each item and yield the records."""
        for item in items:
            self.observe(item)
            if item is not None:
                yield item

    def _observe_start(self, record: LogRecord) -> None:
        # The kernel numbers from 0 and dates its first records 0.000000.
        if record.sequence or (record.sequence is None and record.uptime_us):
            self._holes.append(Hole("starts_late", record.sequence, record.uptime_us))

    def _observe_step(self, record: LogRecord, lost: int) -> None:
        if lost > 0:
            self._holes.append(Hole("overrun", lost, record.uptime_us))


def gaps_since(source: str, holes: Iterable[Hole], since_us: int | None = None) -> tuple[Gap, ...]:
    """Return one gap for each reason among the holes that reach past *since_us* (None: all)."""
    gaps: dict[str, Gap] = {}
    for hole in holes:
        if since_us is not None and hole.until_us is not None and hole.until_us <= since_us:
            continue
        known = gaps.get(hole.reason, Gap(source, hole.reason, 0))
        gaps[hole.reason] = replace(known, lost=_add(known.lost, hole.lost))
    return tuple(gaps.values())


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

"""Records that a source did not give, found by sequence numbers and lines that are not records.

A hole has a place in time, so that coverage can be judged for the window asked: a ring buffer that
begins after boot is not a gap in the last hour, if it covers that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from vexfsctl.logs.sources.boots import first_record
from vexfsctl.model.coverage import Gap
from vexfsctl.model.record import LogRecord

if TYPE_CHECKING:
    from vexfsctl.logs.formats.stretches import Stretch

_Item = TypeVar("_Item", bound="LogRecord | Stretch")


@dataclass(frozen=True, slots=True)
class Hole:
    """Records that were there once and are missing from a source."""

    reason: str
    """As in `Gap`."""
    lost: int | None
    """How many; None when the source keeps no count."""
    until_us: int | None = None
    """Uptime of the first record after it; None when no record followed."""

    def reaches_past(self, since_us: int | None) -> bool:
        """Whether it may matter after that uptime; None: ever."""
        return since_us is None or self.until_us is None or self.until_us > since_us


class HoleFinder:
    """Watches the records of one source go by, oldest first, and notes which are missing."""

    def __init__(self) -> None:
        self._first: LogRecord | None = None
        self._torn_before = 0
        """Lines before the first record that are none."""
        self._holes: list[Hole] = []
        """After the first record."""
        self._expected: int | None = None
        self._torn = 0

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing so far."""
        pending = [Hole("torn", self._torn)] if self._torn else []
        return (*self._start(), *self._holes, *pending)

    def observe(self, item: "LogRecord | Stretch | None") -> None:
        """Note the next record or stretch of records, or with None a line that is not a record.

        A sequence number that falls back has restarted: nothing is lost.
        """
        if item is None:
            self._torn += 1
            return
        if isinstance(item, LogRecord):
            number = last_number = item.sequence
        else:
            number, last_number = item.first_sequence, item.last_sequence
        if self._first is None or self._torn or number != self._expected:
            self._observe_after_hole(first_record(item))
        self._expected = None if last_number is None else last_number + 1

    def passing(self, items: "Iterable[_Item | None]") -> "Iterator[_Item]":
        """Observe each item and yield the records and stretches."""
        for item in items:
            self.observe(item)
            if item is not None:
                yield item

    def join(self, since_us: int | None = None) -> None:
        """Keep one hole for each reason: for `gaps_since` that uptime they are the same."""
        ends = {hole.reason: hole for hole in self._holes if hole.reaches_past(since_us)}
        gaps = gaps_since("", self._holes, since_us)
        self._holes = [replace(ends[gap.reason], lost=gap.lost) for gap in gaps]

    def followed_by(self, later: "HoleFinder") -> "HoleFinder":
        """Return what watched both: *later* went on where this one ended."""
        joined = HoleFinder()
        joined._first, joined._torn_before = self._first, self._torn_before
        joined._holes, joined._expected, joined._torn = [*self._holes], self._expected, self._torn
        joined._torn += later._torn_before
        if later._first is None:
            joined._torn += later._torn
            return joined
        joined.observe(later._first)
        joined._holes += later._holes
        joined._expected, joined._torn = later._expected, later._torn
        return joined

    def _observe_after_hole(self, record: LogRecord) -> None:
        if self._first is None:
            self._first, self._torn_before, self._torn = record, self._torn, 0
            return
        if self._torn:
            self._holes.append(Hole("torn", self._torn, record.uptime_us))
            self._torn = 0
        if record.sequence is not None and self._expected is not None:
            lost = record.sequence - self._expected
            if lost > 0:
                self._holes.append(Hole("overrun", lost, record.uptime_us))

    def _start(self) -> Iterator[Hole]:
        first = self._first
        if first is None:
            return
        if self._torn_before:
            yield Hole("torn", self._torn_before, first.uptime_us)
        # The kernel numbers from 0 and dates its first records 0.000000.
        if first.sequence or (first.sequence is None and first.uptime_us):
            yield Hole("starts_late", first.sequence, first.uptime_us)


def gaps_since(source: str, holes: Iterable[Hole], since_us: int | None = None) -> tuple[Gap, ...]:
    """Return one gap for each reason among the holes that reach past *since_us* (None: all)."""
    gaps: dict[str, Gap] = {}
    for hole in holes:
        if not hole.reaches_past(since_us):
            continue
        known = gaps.get(hole.reason, Gap(source, hole.reason, 0))
        gaps[hole.reason] = replace(known, lost=_add(known.lost, hole.lost))
    return tuple(gaps.values())


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

"""Records that a source did not give, found by sequence numbers and lines that are not records.

A hole has a place in time, so that coverage can be judged for the window asked: a ring buffer that
begins after boot is not a gap in the last hour, if it covers that.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vexfsctl.exceptions import LogUnreadable
from vexfsctl.logs.reading.boots import first_record
from vexfsctl.model.coverage import Gap
from vexfsctl.model.record import LogRecord
from vexfsctl.model.unread import Unread

if TYPE_CHECKING:
    from vexfsctl.logs.stretches.stretch import Stretch

WITHOUT_RECORD = 4 << 20
"""Bytes after which a source without any record is not a log: a disk, /dev/zero, an archive."""
_GAPS = {Unread.TORN: "torn", Unread.MISSED: "not_read"}
"""Lines that are a hole, each by itself."""
_ASSUMED = {
    "zone": ("zone", None, "times without a zone were taken to be in the reader's zone"),
    "year": ("year", None, "times without a year were taken to be of the last twelve months"),
}
"""How a note tells what was assumed."""


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
        self._unread_before = Counter[str]()
        """Lines before the first record that are none, by reason."""
        self._holes: list[Hole] = []
        """After the first record."""
        self._expected: int | None = None
        self._unread = Counter[str]()
        """The same since the last record."""
        self.zones: set[str] = set()
        """Zones that nobody can resolve."""
        self.lacks: set[str] = set()
        """What times do not say and was assumed, as in `_ASSUMED`."""
        self.names_writers = False
        """Whether any record has a facility."""
        self.loose = 0
        """Records that were found in lines whose form nobody knows."""
        self.ordinary = 0
        """Lines that are none and do not look as if they mattered."""

    @property
    def has_records(self) -> bool:
        """Whether any record came so far."""
        return self._first is not None

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What was missing so far."""
        return (*self._start(), *self._holes, *_holes_of(self._unread, None))

    def notes(self, source: str) -> tuple[Gap, ...]:
        """Return what should be known of how *source* was read."""
        notes: list[Gap] = []
        if self.ordinary and self._first is not None:
            notes.append(Gap(source, "not_read", self.ordinary))
        if self.loose:
            notes.append(Gap(source, "loose", self.loose))
        if self.zones:
            zones = ", ".join(sorted(self.zones))
            notes.append(Gap(source, "zone", None, f"{zones} was taken to be the reader's zone"))
        notes += (Gap(source, *told) for name, told in _ASSUMED.items() if name in self.lacks)
        return tuple(notes)

    def observe(self, item: "LogRecord | Stretch | Unread") -> None:
        """Note the next record or stretch of records, or a line that is not a record.

        A sequence number that falls back has restarted: nothing is lost.
        """
        if isinstance(item, Unread):
            if item in _GAPS:
                self._unread[_GAPS[item]] += 1
            else:
                self.ordinary += 1
            return
        if isinstance(item, LogRecord):
            number = last_number = item.sequence
            self.names_writers = self.names_writers or item.facility is not None
            self.loose += item.loose
        else:
            self.names_writers = self.names_writers or item.names_writer
            number, last_number = item.first_sequence, item.last_sequence
        if self._first is None or self._unread or number != self._expected:
            self._observe_after_hole(first_record(item))
        self._expected = None if last_number is None else last_number + 1

    def passing(
        self, items: "Iterable[LogRecord | Stretch | Unread]"
    ) -> "Iterator[LogRecord | Stretch]":
        """Observe each item and yield the records and stretches."""
        for item in items:
            self.observe(item)
            if not isinstance(item, Unread):
                yield item

    def join(self, since_us: int | None = None) -> None:
        """Keep one hole for each reason: for `gaps_since` that uptime they are the same."""
        ends = {hole.reason: hole for hole in self._holes if hole.reaches_past(since_us)}
        gaps = gaps_since("", self._holes, since_us)
        self._holes = [replace(ends[gap.reason], lost=gap.lost) for gap in gaps]

    def followed_by(self, later: "HoleFinder") -> "HoleFinder":
        """Return what watched both: *later* went on where this one ended."""
        joined = HoleFinder()
        joined._first, joined._unread_before = self._first, self._unread_before
        joined._holes, joined._expected = [*self._holes], self._expected
        joined._unread = self._unread + later._unread_before
        joined.ordinary = self.ordinary + later.ordinary
        joined.loose = self.loose + later.loose
        joined.zones = self.zones | later.zones
        joined.lacks = self.lacks | later.lacks
        joined.names_writers = self.names_writers or later.names_writers
        if later._first is None:
            joined._unread += later._unread
            return joined
        joined.observe(later._first)
        joined._holes += later._holes
        joined._expected, joined._unread = later._expected, later._unread
        return joined

    def _observe_after_hole(self, record: LogRecord) -> None:
        if self._first is None:
            self._first, self._unread_before, self._unread = record, self._unread, Counter()
            return
        if self._unread:
            self._holes += _holes_of(self._unread, record.uptime_us)
            self._unread = Counter()
        if record.sequence is not None and self._expected is not None:
            lost = record.sequence - self._expected
            if lost > 0:
                self._holes.append(Hole("overrun", lost, record.uptime_us))

    def _start(self) -> Iterator[Hole]:
        first = self._first
        if first is None:
            # A source of which nothing at all could be read has not been read.
            yield from _holes_of(Counter(not_read=self.ordinary), None)
            return
        yield from _holes_of(self._unread_before, first.uptime_us)
        # The kernel numbers from 0 and dates its first records 0.000000.
        if first.sequence or (first.sequence is None and first.uptime_us):
            yield Hole("starts_late", first.sequence, first.uptime_us)


def no_log() -> LogUnreadable:
    """Return the exception for a source that has no record where a log would have one."""
    return LogUnreadable(f"not a log: no record in the first {WITHOUT_RECORD >> 20} MiB")


def gaps_since(source: str, holes: Iterable[Hole], since_us: int | None = None) -> tuple[Gap, ...]:
    """Return one gap for each reason among the holes that reach past *since_us* (None: all)."""
    reaching = (hole for hole in holes if hole.reaches_past(since_us))
    return summed(Gap(source, hole.reason, hole.lost) for hole in reaching)


def summed(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return one gap for each reason and detail of *gaps*, all of one source."""
    sums: dict[tuple[str, str | None], Gap] = {}
    for gap in gaps:
        key = gap.reason, gap.detail
        known = sums.get(key)
        sums[key] = gap if known is None else replace(gap, lost=_add(known.lost, gap.lost))
    return tuple(sums.values())


def _holes_of(unread: Counter[str], until_us: int | None) -> Iterator[Hole]:
    for reason, count in unread.items():
        if count:
            yield Hole(reason, count, until_us)


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

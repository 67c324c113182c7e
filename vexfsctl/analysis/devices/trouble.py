"""What the kernel's lines of trouble say of devices: by kind, over time, and which sectors.

A fold over a log. The memory for each device is bounded: times and sectors are joined more coarsely
the more of them there are, and of sectors all over a disk those are kept apart that were hit most;
nothing is left out of a count.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from operator import itemgetter
from typing import NamedTuple

from vexfsctl.analysis.histogram import Histogram, OverTime
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence

MOST_RANGES = 256
_BATCH = 4_096
"""Sectors that are joined together: to do so takes long."""
_MOST_KEPT = 8_192
"""So many ranges are kept apart meanwhile, as any of them may yet become one of those hit most."""
PAGE_SECTORS = 8
"""Sectors of a page, which is what the kernel reads at least when it looks for the bad one."""
NEAR_SECTORS = 2_048
"""Those of 1 MiB: where there are many ranges, what is closer is one place of a disk."""


@dataclass(frozen=True, slots=True)
class KindTrouble:
    """Lines of trouble of one kind."""

    kind: str
    """As in `KernelEvidence`."""
    errno: int | None
    direction: str | None
    count: int
    first: datetime | None
    last: datetime | None
    first_us: int | None
    """Uptime of the first."""
    last_us: int | None
    over_time: OverTime
    """In spans that are the same for all devices and kinds."""


@dataclass(frozen=True, slots=True)
class SectorRange:
    """Sectors of 512 bytes, close to each other, at which requests that failed began."""

    first: int
    last: int
    count: int
    """How many lines name one of them."""


@dataclass(frozen=True, slots=True)
class DeviceTrouble:
    """All lines of trouble about one device."""

    kinds: tuple[KindTrouble, ...] = ()
    """The most frequent first."""
    sectors: tuple[SectorRange, ...] = ()
    """In their order; of very many, those that were hit most."""
    scattered: SectorRange | None = None
    """From the first to the last of the others, and how many lines name one of them."""

    @property
    def count(self) -> int:
        """How many lines."""
        return sum(kind.count for kind in self.kinds)

    def most_hit(self, most: int) -> "DeviceTrouble":
        """Return it with *most* ranges of sectors at most: those hit most, joined if need be."""
        if len(self.sectors) <= most:
            return self
        near = _joined(map(_span_of, self.sectors), NEAR_SECTORS)
        spans, others = _most_hit(near, most)
        # Of those that were hit as often as others that are left out, none is worth more.
        least = max(map(_count, others), default=0)
        others += [each for each in spans if _count(each) <= least]
        around = _around(None if self.scattered is None else _span_of(self.scattered), others)
        return replace(
            self,
            sectors=tuple(SectorRange(*each) for each in spans if _count(each) > least),
            scattered=None if around is None else SectorRange(*around),
        )


class TroubleTally:
    """Takes the lines of trouble, in order of time, and counts them for each device."""

    def __init__(self, name_of: Callable[[str], str] = str) -> None:
        """*name_of* gives the kernel's name of what a line calls a device: its number, its port."""
        self._name_of = name_of
        self._over_time = Histogram()
        self._rows: dict[str | None, dict[_Kind, _Row]] = {}
        self._places: dict[tuple[str | int | None, ...], _Place] = {}
        """Where lines that say the same are counted: there may be very many of them."""
        self._sectors: dict[str, Ranges] = {}

    def take(
        self, entry: LogEntry, evidence: KernelEvidence, moment: datetime | None
    ) -> tuple[str, ...]:
        """Take the next line, written at *moment* (None: not known); return what it is about.

        An array has the trouble of its member, too.
        """
        said = (
            *(evidence.kind, evidence.errno, evidence.direction),
            *(evidence.device, evidence.member, evidence.sector_on_member),
        )
        place = self._places.get(said)
        if place is None:
            place = self._places[said] = self._place_for(evidence)
        record = entry.record
        uptime_us, weight = record.uptime_us, record.weight
        for row in place.rows:
            row.take(moment, uptime_us, weight)
            self._over_time.add(row, moment, uptime_us, weight)
        if evidence.sector is not None and place.sectors is not None:
            place.sectors.add(evidence.sector, weight)
        return place.names

    def result(self) -> Mapping[str | None, DeviceTrouble]:
        """Return what was taken of each device; None: of no device that a line names."""
        return {name: self._of(name) for name in self._rows}

    def _place_for(self, evidence: KernelEvidence) -> "_Place":
        names = tuple(dict.fromkeys(map(self._name_of, evidence.devices)))
        kind = _Kind(evidence.kind, evidence.errno, evidence.direction)
        of_names = (self._rows.setdefault(name, {}) for name in names or (None,))
        rows = [rows.setdefault(kind, _Row()) for rows in of_names]
        device = evidence.sector_device
        if device is None:
            return _Place(names, rows, None)
        return _Place(names, rows, self._sectors.setdefault(self._name_of(device), Ranges()))

    def _of(self, name: str | None) -> DeviceTrouble:
        kinds = (
            KindTrouble(
                *(kind.kind, kind.errno, kind.direction, row.count),
                *(row.first, row.last, row.first_us, row.last_us),
                over_time=self._over_time.over_time(row),
            )
            for kind, row in self._rows[name].items()
        )
        ordered = sorted(kinds, key=lambda kind: -kind.count)
        sectors, scattered = self._sectors.get(name or "", Ranges()).result()
        return DeviceTrouble(tuple(ordered), sectors, scattered)


class Ranges:
    """Sectors joined to ranges: those a page apart, or 1 MiB where there are many."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._spans: list[_Span] = []
        self._scattered: _Span | None = None

    def add(self, sector: int, weight: int = 1) -> None:
        """Count *weight* at *sector*."""
        self._counts[sector] = self._counts.get(sector, 0) + weight
        if len(self._counts) > _BATCH:
            self._join(_MOST_KEPT)

    def result(self) -> tuple[tuple[SectorRange, ...], SectorRange | None]:
        """Return the ranges in their order, those hit most, and what is around all others."""
        self._join(MOST_RANGES)
        scattered = None if self._scattered is None else SectorRange(*self._scattered)
        return tuple(SectorRange(*each) for each in self._spans), scattered

    def _join(self, most: int) -> None:
        """Join the ranges; keep *most* of them apart."""
        single = ((sector, sector, count) for sector, count in self._counts.items())
        self._spans = _joined(sorted([*self._spans, *single]), PAGE_SECTORS)
        self._counts = {}
        if len(self._spans) > most:
            self._spans = _joined(self._spans, NEAR_SECTORS)
        if len(self._spans) > most:
            # By half, so that it is not done again at once.
            self._spans, others = _most_hit(self._spans, min(most, _MOST_KEPT // 2))
            self._scattered = _around(self._scattered, others)


_Span = tuple[int, int, int]
"""First, last and count of a `SectorRange`: very many are made."""
_count = itemgetter(2)


def _span_of(each: SectorRange) -> _Span:
    return each.first, each.last, each.count


def _joined(spans: Iterable[_Span], distance: int) -> list[_Span]:
    joined: list[_Span] = []
    end = -inf
    for span in spans:
        first, last, count = span
        if first - end > distance:
            joined.append(span)
            end = last
        else:
            begin, before_last, before = joined[-1]
            end = max(before_last, last)
            joined[-1] = begin, end, before + count
    return joined


def _most_hit(spans: Iterable[_Span], most: int) -> tuple[list[_Span], list[_Span]]:
    """Return *most* of *spans* that were hit most, and the others, each in their order."""
    by_count = sorted(spans, key=_count, reverse=True)
    return sorted(by_count[:most]), sorted(by_count[most:])


def _around(scattered: _Span | None, others: Iterable[_Span]) -> _Span | None:
    """Return what is around all of these; None if there is nothing."""
    known = [*others, *(() if scattered is None else (scattered,))]
    if not known:
        return None
    firsts, lasts, counts = zip(*known, strict=True)
    return min(firsts), max(lasts), sum(counts)


class _Kind(NamedTuple):
    kind: str
    errno: int | None
    direction: str | None


@dataclass(slots=True, eq=False)
class _Row:
    """Lines of one kind about one device."""

    first: datetime | None = None
    first_us: int | None = None
    last: datetime | None = None
    last_us: int | None = None
    count: int = 0

    def take(self, moment: datetime | None, uptime_us: int | None, weight: int) -> None:
        if not self.count:
            self.first, self.first_us = moment, uptime_us
        self.last, self.last_us = moment, uptime_us
        self.count += weight


class _Place(NamedTuple):
    """What lines are about, and where they are counted."""

    names: tuple[str, ...]
    rows: list[_Row]
    sectors: Ranges | None
    """None if they do not say of which device a sector is."""

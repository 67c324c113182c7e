"""What the kernel's lines of trouble say of devices: by kind, over time, and which sectors.

A fold over a log. The memory for each device is bounded: times and sectors are joined more coarsely
the more of them there are, and of sectors all over a disk those are kept apart that were hit most;
nothing is left out of a count.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
        near = _joined(self.sectors, NEAR_SECTORS)
        ranges, others = _most_hit(near, most)
        # Of those that were hit as often as others that are left out, none is worth more.
        least = max((each.count for each in others), default=0)
        others += [each for each in ranges if each.count <= least]
        ranges = [each for each in ranges if each.count > least]
        return replace(self, sectors=tuple(ranges), scattered=_around(self.scattered, others))


def tells_trouble(entry: LogEntry) -> KernelEvidence | None:
    """Return what *entry* says of trouble; None for any other entry, or a doubtful one.

    That the kernel left out lines is no trouble of its own.
    """
    evidence = entry.evidence
    if evidence is None or not entry.verified or not evidence.is_trouble:
        return None
    return evidence if evidence.lost is None else None


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
            *(evidence.device, evidence.member),
        )
        place = self._places.get(said)
        if place is None:
            place = self._places[said] = self._place_for(evidence)
        names, rows = place
        uptime_us, weight = entry.record.uptime_us, entry.record.weight
        for row in rows:
            row.take(moment, uptime_us, weight)
            self._over_time.add(row, moment, uptime_us, weight)
        if evidence.sector is not None and evidence.sector_device is not None:
            device = self._name_of(evidence.sector_device)
            self._sectors.setdefault(device, Ranges()).add(evidence.sector, weight)
        return names

    def result(self) -> Mapping[str | None, DeviceTrouble]:
        """Return what was taken of each device; None: of no device that a line names."""
        return {name: self._of(name) for name in self._rows}

    def _place_for(self, evidence: KernelEvidence) -> "_Place":
        names = tuple(dict.fromkeys(map(self._name_of, evidence.devices)))
        kind = _Kind(evidence.kind, evidence.errno, evidence.direction)
        of_names = (self._rows.setdefault(name, {}) for name in names or (None,))
        return names, [rows.setdefault(kind, _Row()) for rows in of_names]

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
        self._ranges: list[SectorRange] = []
        self._scattered: SectorRange | None = None

    def add(self, sector: int, weight: int = 1) -> None:
        """Count *weight* at *sector*."""
        self._counts[sector] = self._counts.get(sector, 0) + weight
        if len(self._counts) > _BATCH:
            self._join(_MOST_KEPT)

    def result(self) -> tuple[tuple[SectorRange, ...], SectorRange | None]:
        """Return the ranges in their order, those hit most, and what is around all others."""
        self._join(MOST_RANGES)
        return tuple(self._ranges), self._scattered

    def _join(self, most: int) -> None:
        """Join the ranges; keep *most* of them apart."""
        single = (SectorRange(sector, sector, count) for sector, count in self._counts.items())
        ranges = sorted([*self._ranges, *single], key=_first)
        self._counts = {}
        self._ranges = _joined(ranges, PAGE_SECTORS)
        if len(self._ranges) > most:
            self._ranges = _joined(self._ranges, NEAR_SECTORS)
        if len(self._ranges) > most:
            # By half, so that it is not done again at once.
            self._ranges, others = _most_hit(self._ranges, min(most, _MOST_KEPT // 2))
            self._scattered = _around(self._scattered, others)


def _joined(ranges: Iterable[SectorRange], distance: int) -> list[SectorRange]:
    joined: list[SectorRange] = []
    for each in ranges:
        before = joined[-1] if joined else None
        if before is None or each.first - before.last > distance:
            joined.append(each)
        else:
            last = max(before.last, each.last)
            joined[-1] = SectorRange(before.first, last, before.count + each.count)
    return joined


def _most_hit(
    ranges: Sequence[SectorRange], most: int
) -> tuple[list[SectorRange], list[SectorRange]]:
    """Return *most* of *ranges* that were hit most, and the others, each in their order."""
    by_count = sorted(ranges, key=lambda each: -each.count)
    kept, others = by_count[:most], by_count[most:]
    return sorted(kept, key=_first), sorted(others, key=_first)


def _first(each: SectorRange) -> int:
    return each.first


def _around(scattered: SectorRange | None, others: Iterable[SectorRange]) -> SectorRange | None:
    """Return what is around all of these; None if there is nothing."""
    for each in others:
        known = scattered or SectorRange(each.first, each.last, 0)
        scattered = SectorRange(
            min(known.first, each.first), max(known.last, each.last), known.count + each.count
        )
    return scattered


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


_Place = tuple[tuple[str, ...], list[_Row]]
"""What lines are about, and where they are counted."""

"""What the kernel's lines of trouble say of devices: by kind, over time, and which sectors.

A fold over a log. The memory for each device is bounded: times and sectors are joined more coarsely
the more of them there are, and nothing is left out of a count.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from vexfsctl.analysis.histogram import Histogram, OverTime
from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence

MOST_RANGES = 256
_BATCH = 4_096
"""Sectors that are joined together: to do so takes long."""
PAGE_SECTORS = 8
"""Sectors of a page, which is what the kernel reads at least when it looks for the bad one."""


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
    """In their order."""

    @property
    def count(self) -> int:
        """How many lines."""
        return sum(kind.count for kind in self.kinds)


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
        return DeviceTrouble(tuple(ordered), tuple(self._sectors.get(name or "", ())))


class Ranges:
    """Sectors joined to ranges: those a page apart, or more where there are very many."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._joined: list[SectorRange] = []
        self._distance = PAGE_SECTORS

    def add(self, sector: int, weight: int = 1) -> None:
        """Count *weight* at *sector*."""
        self._counts[sector] = self._counts.get(sector, 0) + weight
        if len(self._counts) > _BATCH:
            self._join()

    def __iter__(self) -> Iterator[SectorRange]:
        """Yield the ranges in their order."""
        self._join()
        return iter(self._joined)

    def _join(self) -> None:
        single = (SectorRange(sector, sector, count) for sector, count in self._counts.items())
        ranges = sorted([*self._joined, *single], key=lambda each: each.first)
        self._counts = {}
        self._joined = _joined(ranges, self._distance)
        while len(self._joined) > MOST_RANGES:
            self._distance *= 2
            self._joined = _joined(self._joined, self._distance)


def _joined(ranges: list[SectorRange], distance: int) -> list[SectorRange]:
    joined: list[SectorRange] = []
    for each in ranges:
        before = joined[-1] if joined else None
        if before is None or each.first - before.last > distance:
            joined.append(each)
        else:
            last = max(before.last, each.last)
            joined[-1] = SectorRange(before.first, last, before.count + each.count)
    return joined


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

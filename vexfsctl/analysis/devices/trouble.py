"""What the kernel's lines of trouble say of one device: by kind, over time, and which sectors.

A fold over a log. Its memory is bounded: times and sectors are joined more coarsely the more of
them there are, and nothing is left out of a count.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vexfsctl.model.entry import LogEntry
from vexfsctl.model.events import KernelEvidence

NO_TROUBLE = frozenset({"capacity", "suppressed"})
"""Kinds of kernel lines that do not mean trouble with a device."""
WIDTHS_S = (60, 600, 3_600, 21_600, 86_400, 604_800)
"""How long a span of time may be; then each is twice as long as the one before."""
MOST_SPANS = 24
MOST_RANGES = 256
PAGE_SECTORS = 8
"""Sectors of a page, which is what the kernel reads at least when it looks for the bad one."""


@dataclass(frozen=True, slots=True)
class Span:
    """Lines of trouble in one span of time."""

    begin: datetime | None
    """None if the log does not say; then …"""
    uptime_s: int | None
    """… this tells: seconds since boot."""
    count: int


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
    span_s: int
    """How long each of `spans` is."""
    spans: tuple[Span, ...]
    """Those with any, the earliest first."""


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
    """Return what *entry* says of trouble with a device; None for any other, or a doubtful one."""
    evidence = entry.evidence
    if evidence is None or not entry.verified or evidence.kind in NO_TROUBLE:
        return None
    return evidence


class TroubleTally:
    """Takes the lines of trouble about one device, in order of time."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, int | None, str | None], _Kind] = {}
        self._sectors = Ranges()

    def take(self, entry: LogEntry, evidence: KernelEvidence, moment: datetime | None) -> None:
        """Take the next line, written at *moment* (None: not known)."""
        key = evidence.kind, evidence.errno, evidence.direction
        weight = entry.record.weight
        self._kinds.setdefault(key, _Kind()).take(moment, entry.record.uptime_us, weight)
        if evidence.sector is not None:
            self._sectors.add(evidence.sector, weight)

    def result(self) -> DeviceTrouble:
        """Return what was taken."""
        kinds = (kind.result(*key) for key, kind in self._kinds.items())
        ordered = sorted(kinds, key=lambda kind: -kind.count)
        return DeviceTrouble(tuple(ordered), tuple(self._sectors))


class Timeline:
    """Counts in spans of time, of which it never keeps more than `MOST_SPANS`."""

    def __init__(self) -> None:
        self.width_s = WIDTHS_S[0]
        self._counts: dict[int, int] = {}

    def add(self, second: int, weight: int = 1) -> None:
        """Count *weight* at *second*."""
        place = second // self.width_s
        self._counts[place] = self._counts.get(place, 0) + weight
        while len(self._counts) > MOST_SPANS:
            self._widen()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the second at which a span begins, and its count; the earliest first."""
        return ((place * self.width_s, count) for place, count in sorted(self._counts.items()))

    def _widen(self) -> None:
        width = next((each for each in WIDTHS_S if each > self.width_s), self.width_s * 2)
        counts: dict[int, int] = {}
        for begin, count in self:
            place = begin // width
            counts[place] = counts.get(place, 0) + count
        self.width_s, self._counts = width, counts


class Ranges:
    """Sectors joined to ranges: those a page apart, or more where there are very many."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._joined: list[SectorRange] = []
        self._distance = PAGE_SECTORS

    def add(self, sector: int, weight: int = 1) -> None:
        """Count *weight* at *sector*."""
        self._counts[sector] = self._counts.get(sector, 0) + weight
        if len(self._counts) > MOST_RANGES:
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


@dataclass(slots=True)
class _Kind:
    count: int = 0
    first: tuple[datetime | None, int | None] | None = None
    last: tuple[datetime | None, int | None] = (None, None)
    dated: Timeline = field(default_factory=Timeline)
    undated: Timeline = field(default_factory=Timeline)

    def take(self, moment: datetime | None, uptime_us: int | None, weight: int) -> None:
        self.count += weight
        self.first = self.first or (moment, uptime_us)
        self.last = moment, uptime_us
        if moment is not None:
            self.dated.add(int(moment.timestamp()), weight)
        elif uptime_us is not None:
            self.undated.add(uptime_us // 1_000_000, weight)

    def result(self, kind: str, errno: int | None, direction: str | None) -> KindTrouble:
        width = max(self.dated.width_s, self.undated.width_s)
        undated = (Span(None, second, count) for second, count in self.undated)
        dated = (
            Span(datetime.fromtimestamp(second, UTC), None, count) for second, count in self.dated
        )
        first = self.first or (None, None)
        return KindTrouble(
            kind=kind,
            errno=errno,
            direction=direction,
            count=self.count,
            first=first[0],
            last=self.last[0],
            first_us=first[1],
            last_us=self.last[1],
            span_s=width,
            spans=(*undated, *dated),
        )
